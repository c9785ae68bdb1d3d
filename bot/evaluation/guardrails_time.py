"""Measures how long the guardrails take for a message, and that the event loop goes on."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from bot.evaluation.guardrails_rows import Row
from guardrails.ports import PersonalDataDetector

_MESSAGE_WORDS = 30
_MESSAGES = 300
_TICK_S = 0.002
_DATA = "questions, 30 words"


async def times(
    questions: Mapping[str, Sequence[str]], detector: PersonalDataDetector
) -> list[Row]:
    """Return the times of messages of 30 words, one after the other; none without questions.

    The processor's time is that of the whole process, so of all threads.
    """
    messages = _messages([text for texts in questions.values() for text in texts])
    waits: list[float] = []
    ticking = asyncio.create_task(_tick(waits))
    walls: list[float] = []
    works: list[float] = []
    for message in messages:
        started, worked = time.perf_counter(), time.process_time()
        await detector.detect(message)
        walls.append((time.perf_counter() - started) * 1000)
        works.append((time.process_time() - worked) * 1000)
    ticking.cancel()
    if not messages:
        return []
    return [
        _row("time a message, p50", walls, 0.5, at_most=15),
        _row("time a message, p95", walls, 0.95, at_most=30),
        _row("processor time a message, p50", works, 0.5),
        _row("processor time a message, p95", works, 0.95),
        _row("event loop held up meanwhile, p50", waits, 0.5),
    ]


def _row(what: str, values: Sequence[float], share: float, *, at_most: float | None = None) -> Row:
    ordered = sorted(values) or [0.0]
    value = ordered[int(len(ordered) * share)]
    return Row(what=what, data=_DATA, count=len(values), value=value, unit="ms", at_most=at_most)


def _messages(texts: Sequence[str]) -> list[str]:
    """Return chat messages of 30 words each, made of real questions."""
    words = " ".join(texts).split()
    count = min(_MESSAGES, len(words) // _MESSAGE_WORDS)
    return [" ".join(words[n * _MESSAGE_WORDS : (n + 1) * _MESSAGE_WORDS]) for n in range(count)]


async def _tick(waits: list[float]) -> None:
    """Note by how many milliseconds the loop comes late, again and again until cancelled."""
    while True:
        started = time.perf_counter()
        await asyncio.sleep(_TICK_S)
        waits.append(max(0.0, time.perf_counter() - started - _TICK_S) * 1000)
