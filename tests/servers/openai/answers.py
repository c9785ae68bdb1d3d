"""What the model server can be told to do with one request."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.servers.openai.requests import ChatRequest

_CHUNK_CHARS = 12


class Gate:
    """Holds a stream before each piece until the test lets it through."""

    def __init__(self) -> None:
        self._permits = 0
        self._is_open = False
        self._changed = asyncio.Event()
        self._arrived = asyncio.Event()

    def let_through(self, pieces: int = 1) -> None:
        """Let the next `pieces` pieces pass."""
        self._permits += pieces
        self._changed.set()

    def open(self) -> None:
        """Hold nothing back any more."""
        self._is_open = True
        self._changed.set()

    async def until_held(self) -> None:
        """Return as soon as a stream stands before the gate."""
        await self._arrived.wait()

    async def pass_piece(self) -> None:
        """Wait, as the server, until one piece may go out."""
        while not self._is_open and not self._permits:
            self._arrived.set()
            self._changed.clear()
            await self._changed.wait()
        self._arrived.clear()
        self._permits = max(0, self._permits - 1)


class Break(StrEnum):
    """How a stream goes wrong in its middle."""

    DROP = "drop"  # the connection is reset
    END = "end"  # the body ends in good order, but without a finish reason and [DONE]
    GARBAGE = "garbage"  # an event that is not JSON
    ERROR = "error"  # an event with an error object
    HANG = "hang"  # nothing comes any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A completion with status 200.

    `pieces` are the stream's deltas to the letter; without them `text` is cut every `chunk_chars`
    characters. A `gate` holds each piece back, `delay_s` seconds pass before each one. The stream
    breaks by `breaks` after `breaks_after` pieces. `packet_bytes` cuts what goes out into packets
    of that size, through events and through UTF-8 sequences.
    """

    text: str = ""
    pieces: tuple[str, ...] = ()
    chunk_chars: int = _CHUNK_CHARS
    finish_reason: str = "stop"
    gate: Gate | None = None
    delay_s: float = 0.0
    breaks: Break | None = None
    breaks_after: int = 0
    packet_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.text and self.pieces:
            raise ValueError("an answer is given as text or as pieces")

    @property
    def content(self) -> str:
        """The whole answer."""
        return self.text or "".join(self.pieces)

    @property
    def deltas(self) -> tuple[str, ...]:
        """The answer as the stream brings it."""
        step = self.chunk_chars
        return self.pieces or tuple(
            self.text[start : start + step] for start in range(0, len(self.text), step)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error status; `retry_after_s` becomes the headers Retry-After and retry-after-ms."""

    status: int
    code: str | None = None
    type: str = "server_error"
    message: str = "The server had an error while processing your request."
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The connection is reset before the first byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Not a byte comes until the client gives up or the server ends."""


Scripted = Answer | Failure | Reset | Hang
Script = Callable[[ChatRequest], Scripted]

RATE_LIMITED = Failure(
    status=429,
    code="rate_limit_exceeded",
    type="requests",
    message="Rate limit reached for requests.",
    retry_after_s=0.01,
)
NO_QUOTA = Failure(
    status=429,
    code="insufficient_quota",
    type="insufficient_quota",
    message="You exceeded your current quota.",
)
BROKEN = Failure(status=500)
OVERLOADED = Failure(
    status=503, type="service_unavailable", message="That model is currently overloaded."
)

EMPTY = Answer()
CUT_SHORT = Answer(text="The allowance is 30 days and", finish_reason="length")
FILTERED = Answer(text="The", finish_reason="content_filter")
CITES_WHAT_WAS_NOT_GIVEN = Answer(text="The allowance is 99 days. [9]")
LINKS_AND_PINGS = Answer(
    text=(
        "See https://evil.example/a?q=secret and [the form](https://evil.example/b). "
        "![chart](https://evil.example/c.png) <https://evil.example/d|here> evil.example/e "
        "<!channel> <!here> <@U0EVIL> @everyone [1]"
    )
)
SPLIT_PLACEHOLDER = Answer(pieces=("Ask <PER", "SON_1", "> for it", ". [", "1", "]"))


def very_long(sentences: int = 4_000) -> Answer:
    """Return an answer of many different sentences, each citing [1]."""
    text = " ".join(f"Rule {n} says that form {n} is due. [1]" for n in range(1, sentences + 1))
    return Answer(text=text, chunk_chars=400)


def in_turn(scripted: Sequence[Scripted], *, then: Script) -> Script:
    """Return a script that gives each of `scripted` once and leaves the rest to `then`."""
    waiting = list(scripted)

    def script(request: ChatRequest) -> Scripted:
        return waiting.pop(0) if waiting else then(request)

    return script
