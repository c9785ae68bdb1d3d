"""Compares what was accepted with what became visible."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.load import Asked
from tests.servers.slack import Message, SlackServer

_TAG = re.compile(r"\btag-[a-z]+-[a-z]+\b")
_APOLOGY = "Error id"


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of the accepted messages."""

    accepted: int
    answered: int
    apologies: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    out_of_order: tuple[str, ...]
    unfinished: int
    slowest_s: float
    median_s: float

    @property
    def visible(self) -> int:
        """How many messages have an outcome that the person sees."""
        return self.answered + self.apologies


def outcomes(asked: Sequence[Asked], slack: SlackServer) -> Outcomes:
    """Return what the threads in `slack` show for each message in `asked`.

    A message's time counts from when it was its turn: accepted, and the one before it answered.
    """
    by_thread: dict[str, list[Message]] = defaultdict(list)
    for message in slack.messages():
        by_thread[message.thread_ts].append(message)
    threads: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        threads[one.thread].append(one)
    lost: list[str] = []
    doubled: list[str] = []
    out_of_order: list[str] = []
    waits: list[float] = []
    apologies = 0
    for thread, questions in threads.items():
        replies = sorted(by_thread[thread], key=lambda m: m.ts)
        shown = [tag for reply in replies for tag in _TAG.findall(reply.words)]
        counts = Counter(shown)
        sorry = sum(_APOLOGY in reply.words for reply in replies)
        missing = [q.tag for q in questions if not counts[q.tag]]
        apologies += min(sorry, len(missing))
        lost += missing[sorry:]
        doubled += [tag for tag, number in counts.items() if number > 1]
        doubled += ["apology"] * max(0, sorry - len(missing))
        if shown != sorted(shown):
            out_of_order.append(thread)
        waits += _waits(questions, replies)
    waits.sort()
    return Outcomes(
        accepted=len(asked),
        answered=len(asked) - len(lost) - apologies,
        apologies=apologies,
        lost=tuple(lost),
        doubled=tuple(doubled),
        out_of_order=tuple(out_of_order),
        unfinished=sum(message.is_streaming for message in slack.messages()),
        slowest_s=waits[-1] if waits else 0.0,
        median_s=waits[len(waits) // 2] if waits else 0.0,
    )


def _waits(questions: Sequence[Asked], replies: Sequence[Message]) -> list[float]:
    done = {tag: m.changed_at_s for m in replies for tag in _TAG.findall(m.words)}
    waits, before_s = [], 0.0
    for question in sorted(questions, key=lambda q: q.tag):
        if question.tag in done:
            waits.append(done[question.tag] - max(question.accepted_at_s, before_s))
            before_s = done[question.tag]
    return waits
