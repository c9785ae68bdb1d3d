"""The rows of the table: what people can count on, how it is tried, why platforms differ."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.parity.sides import Side
from tests.servers.openai import ModelServer, Script

LEAVE = "How many days of annual leave do I get?"
CARRY = "And how many of them can I carry over?"
SENTENCES = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",
    "Everyone has it on top of the public holidays. [1] ",
    "Unused days must be taken by 31 March. [1] ",
)
CONSENTED = {"Slack": "yes", "Teams": "yes, with that consent"}
PRIVATELY = {"Slack": "in the thread, to that person alone", "Teams": "in the personal chat"}
Try = Callable[[Side, ModelServer], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One row: what is promised, how it is tried, and why platforms differ where they do."""

    promise: str
    run: Try
    why: str = ""

    @property
    def part(self) -> str:
        """The heading of the part of the page that it stands in: its module's docstring."""
        return (sys.modules[self.run.__module__].__doc__ or "").strip().removesuffix(".")


BEHAVIOURS: list[Behaviour] = []


def behaviour(promise: str, *, why: str = "") -> Callable[[Try], Try]:
    """Add a row."""

    def added(run: Try) -> Try:
        BEHAVIOURS.append(Behaviour(promise=promise, run=run, why=why))
        return run

    return added


@contextmanager
def scripted(model: ModelServer, script: Script) -> Iterator[None]:
    """Let the model answer as `script` says, for a while."""
    before, model.script = model.script, script
    try:
        yield
    finally:
        model.script = before
