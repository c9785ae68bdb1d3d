"""Writes replies to a terminal: text as it comes, then its sources, numbered and linked."""

import re
import sys
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from adapters.errors import AdapterError, ThreadUnreadableError
from adapters.files import Attachment
from adapters.ports import Need, OnVisible, ReplyStream
from adapters.types import (
    Audience,
    Capabilities,
    Citation,
    Form,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Transcript,
)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a document must not steer the terminal


class TerminalAdapter:
    """A chat adapter on one text stream; colours, links and progress only on a real terminal."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._console = Console(file=out or sys.stdout, highlight=False, soft_wrap=True)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_chars=100_000,
            can_edit=False,
            can_stream=True,
            can_answer_privately=True,
            has_buttons=False,
            has_forms=False,
        )

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        self._console.print(printable(reply.text))
        print_sources(self._console, reply)
        return SentReply(thread=thread, messages=("1",))

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        return await self.send(sent.thread, reply)

    async def send_privately(
        self,
        thread: ThreadId,
        person: Person,  # noqa: ARG002 - one person sits at it
        reply: Reply,
    ) -> None:
        await self.send(thread, reply)

    async def tell(self, action: IncomingAction, reply: Reply) -> None:
        if action.thread is not None:
            await self.send(action.thread, reply)

    async def read_thread(self, thread: ThreadId, *, limit: int) -> Transcript:  # noqa: ARG002
        raise ThreadUnreadableError("terminal", "thread_not_found")

    async def write_to(self, person: Person, reply: Reply) -> None:  # noqa: ARG002
        self._console.print(printable(reply.text))
        print_sources(self._console, reply)

    async def open_form(self, trigger: str, form: Form) -> None:  # noqa: ARG002 - it has none
        raise AdapterError("terminal", "no_forms")

    async def ping(self) -> None:
        return None

    async def audience_of(self, message: IncomingMessage) -> Audience:
        return message.audience

    async def known(self, person: Person) -> Person | None:
        return person

    async def fetch(
        self,
        file: Attachment,  # noqa: ARG002 - nothing is attached in a terminal
        path: Path,  # noqa: ARG002
        *,
        max_bytes: int,  # noqa: ARG002
    ) -> None:
        raise AdapterError("terminal", "not_handed_over")

    async def places(self, workspace: str) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    async def lacks(self, need: Need) -> str:  # noqa: ARG002
        return ""

    async def acknowledge(
        self,
        message: IncomingMessage,  # who sits at it sees the answer begin
        note: str,
    ) -> None: ...

    async def find_reply(
        self,
        message: IncomingMessage,  # noqa: ARG002 - a terminal can't be asked
        *,
        known: frozenset[str],  # noqa: ARG002
    ) -> SentReply | None:
        return None

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,  # noqa: ARG002 - what was printed stays
        known: frozenset[str] = frozenset(),  # noqa: ARG002
        on_visible: OnVisible | None = None,  # noqa: ARG002 - nobody takes a terminal over
    ) -> ReplyStream:
        return TerminalReplyStream(self._console, message.thread)


class TerminalReplyStream:
    """Prints what is appended; what was printed stays, so `finish` adds only what is missing."""

    def __init__(self, console: Console, thread: ThreadId) -> None:
        self._console = console
        self._thread = thread
        self._shown = ""
        self._status = console.status("…") if console.is_terminal else None

    async def progress(self, note: str) -> None:
        if self._status is not None and not self._shown:
            self._status.update(f"[dim]Citewell {escape(note)}[/dim]")
            self._status.start()

    async def append(self, text: str) -> None:
        if self._status is not None:
            self._status.stop()
        self._shown += text
        self._console.print(printable(text), end="")

    async def finish(self, reply: Reply) -> SentReply:
        if self._status is not None:
            self._status.stop()
        if reply.text.startswith(self._shown):
            rest = reply.text[len(self._shown) :]
            self._console.print(printable(rest))
        else:
            self._console.print()
            self._console.print(printable(reply.text))
        print_sources(self._console, reply)
        return SentReply(thread=self._thread, messages=("1",))


def printable(text: str) -> Text:
    """Return `text` without control characters, as rich prints it: word for word."""
    return Text(_CONTROL.sub("", text))


def print_sources(console: Console, reply: Reply) -> None:
    """Print the sources under a reply."""
    words = reply.words
    for title, citations in ((words.sources, reply.citations), (words.closest, reply.closest)):
        if citations:
            console.print(f"\n[bold]{title}[/bold]")
        for item in citations:
            console.print(_source(item))
    console.print()


def _source(citation: Citation) -> Text:
    heading = f" \u203a {citation.heading}" if citation.heading else ""
    line = Text(f"[{citation.number}] ", style="bold cyan")
    line.append(_CONTROL.sub("", citation.title + heading), style="default")
    line.append(f"\n    {_CONTROL.sub('', citation.url)}", style=f"dim link {citation.url}")
    return line
