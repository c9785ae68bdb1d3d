"""`citewell ask` and `citewell chat`: questions from the terminal, over the same line."""

import asyncio
import getpass
import json
import sys
import time
import uuid
from dataclasses import asdict
from functools import partial
from typing import Annotated, BinaryIO

import typer
from rich.console import Console

from adapters.terminal.adapter import TerminalAdapter
from adapters.types import (
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.cli.options import JsonOption, ReaderOption, principals
from bot.cli.standard_input import awaited_input, opened_input
from bot.observability.timing import timed_steps
from bot.settings import Settings, load_settings
from bot.types import Answer, Outcome
from bot.wiring import Parts, open_parts
from knowledge.types import Principal

_HELP = """\
Ask in your own words; follow-ups are understood within this conversation.
  /new      begin a new conversation
  /status   what is indexed, and which model writes
  /help     this text
  /quit     leave (Ctrl-D does, too)"""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(ask)
    app.command()(chat)


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    *,
    as_json: JsonOption = False,
    reader: ReaderOption = None,
) -> None:
    """Answer one question and print the answer with its sources."""
    settings = load_settings()
    answer = asyncio.run(_ask(settings, question, principals(reader), as_json=as_json))
    raise typer.Exit(1 if answer.outcome is Outcome.FAILED else 0)


def chat(*, reader: ReaderOption = None) -> None:
    """Talk with Citewell in the terminal."""
    asyncio.run(_chat(load_settings(), principals(reader)))


async def _ask(
    settings: Settings, question: str, also: frozenset[Principal], *, as_json: bool
) -> Answer:
    async with open_parts(settings, also=also) as parts:
        await _warn_when_empty(parts)
        message = incoming(question, new_thread())
        with timed_steps() as steps:
            stream = Silent(message.thread) if as_json else TerminalAdapter().stream(message)
            answer = await parts.answering.answer_through(message, stream)
    if as_json:
        sys.stdout.write(json.dumps(as_object(answer, steps), ensure_ascii=False) + "\n")
    return answer


async def _chat(settings: Settings, also: frozenset[Principal]) -> None:
    async with open_parts(settings, also=also) as parts:
        await talk(parts)


async def _warn_when_empty(parts: Parts) -> None:
    if await parts.index.count() == 0:
        sys.stderr.write("citewell: no documents are indexed yet: citewell ingest PATH\n")


async def talk(parts: Parts) -> None:
    """Read questions from standard input and answer them until it ends or /quit."""
    await _warn_when_empty(parts)
    console = Console(highlight=False)
    console.print(f"[bold]Citewell[/bold] · {parts.about_model}. /help shows what you can type.\n")
    terminal = TerminalAdapter()
    thread = new_thread()
    given = opened_input()
    while (line := await awaited_input(partial(_next_line, given))) is not None:
        text = line.strip()
        if text in {"/quit", "/exit", "/q"}:
            return
        if text == "/new":
            thread = new_thread()
            console.print("A new conversation.\n")
        elif text == "/help":
            console.print(_HELP + "\n", markup=False)
        elif text == "/status":
            count = await parts.index.count()
            console.print(f"{count:,} passages indexed · {parts.about_model}\n")
        elif text.startswith("/"):
            console.print(f"{text.split()[0]} is no command; /help lists them.\n", markup=False)
        elif text:
            message = incoming(text, thread)
            await parts.answering.answer_through(message, terminal.stream(message))


def _next_line(given: BinaryIO) -> str | None:
    """Return the next line of standard input, None at its end."""
    if not sys.stdin.isatty():
        return given.readline().decode(errors="replace") or None
    try:
        return input("› ")  # noqa: RUF001 - a prompt sign
    except EOFError:
        return None


def new_thread() -> ThreadId:
    """Return a thread of its own for one conversation in the terminal."""
    return ThreadId(platform="terminal", workspace="local", channel="chat", thread=uuid.uuid4().hex)


def incoming(text: str, thread: ThreadId) -> IncomingMessage:
    """Return `text` as a message that the person at the terminal wrote."""
    person = Person(id=getpass.getuser(), workspace=thread.workspace)
    return IncomingMessage(
        event_id=uuid.uuid4().hex,
        message_id=uuid.uuid4().hex,
        thread=thread,
        person=person,
        audience=Audience(visibility=Visibility.PERSON, person=person),
        addressed=Addressed.DIRECT,
        text=text,
        sent_at_s=time.time(),
    )


def as_object(answer: Answer, steps: dict[str, float]) -> dict[str, object]:
    """Return what `ask --json` prints."""
    return {
        "answer": answer.text,
        "outcome": answer.outcome.value,
        "citations": [asdict(citation) for citation in answer.citations],
        "closest": [asdict(citation) for citation in answer.closest],
        "redactions": dict(answer.redactions),
        "timings_ms": steps,
        "usage": asdict(answer.usage),
    }


class Silent:
    """A reply stream that shows nothing: the caller prints the whole answer."""

    def __init__(self, thread: ThreadId) -> None:
        self._thread = thread

    async def progress(self, note: str) -> None: ...

    async def append(self, text: str) -> None: ...

    async def finish(self, reply: Reply) -> SentReply:  # noqa: ARG002 - the port's
        return SentReply(thread=self._thread, messages=("1",))
