"""A chat adapter that keeps what it was given, for tests of what stands above the platforms."""

import asyncio
from dataclasses import replace

from adapters.terminal.adapter import TerminalAdapter
from adapters.types import Capabilities, Form, Person, Reply, SentReply, ThreadId


class KeepingAdapter(TerminalAdapter):
    """Shows nothing to anybody: queues of what was sent, to one person or to all, and of forms."""

    def __init__(self) -> None:
        super().__init__()
        self.private: asyncio.Queue[Reply] = asyncio.Queue()
        self.sent: asyncio.Queue[tuple[ThreadId, Reply]] = asyncio.Queue()
        self.forms: asyncio.Queue[Form] = asyncio.Queue()
        self.has_forms = False

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, has_forms=self.has_forms)

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        self.sent.put_nowait((thread, reply))
        return SentReply(thread=thread, messages=("9.9",))

    async def send_privately(
        self,
        thread: ThreadId,  # noqa: ARG002 - each test has one
        person: Person,  # noqa: ARG002
        reply: Reply,
    ) -> None:
        self.private.put_nowait(reply)

    async def write_to(self, person: Person, reply: Reply) -> None:  # noqa: ARG002
        self.private.put_nowait(reply)

    async def open_form(self, trigger: str, form: Form) -> None:  # noqa: ARG002
        self.forms.put_nowait(form)
