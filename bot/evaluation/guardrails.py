"""Measures the guardrails: what they find, what they wrongly change, and how long they take."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation.guardrails_data import (
    Labelled,
    Sample,
    attack_samples,
    document_sets,
    labelled_texts,
    question_sets,
)
from bot.evaluation.guardrails_secrets import harmless_look_alikes, made_up_secrets
from guardrails.ports import InjectionDetector, PersonalDataDetector
from guardrails.secrets import find_secrets
from guardrails.types import Finding

_STRUCTURED = ("EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS")
_WORD = re.compile(r"\w+")
_MESSAGE_WORDS = 30
_MESSAGES = 300
_TICK_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement: `value` is a share in 0..1, or milliseconds where `unit` is ms."""

    what: str
    data: str
    count: int
    value: float
    unit: str = "share"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None


async def measure(
    folder: Path, *, detector: PersonalDataDetector, injection: InjectionDetector
) -> list[Row]:
    """Return every measurement that the sets below `folder` allow."""
    texts = labelled_texts(folder)
    questions = question_sets(folder)
    rows: list[Row] = []
    if texts:
        found = [await detector.detect(item.text) for item in texts]
        rows += _personal(texts, found)
    rows += _secrets()
    rows += [row async for row in _changed(questions, detector)]
    rows += _attacks(attack_samples(folder), injection)
    rows += [
        Row(
            what="passages marked as attacks",
            data=name,
            count=len(documents),
            value=sum(injection.judge(text, is_document=True) is not None for text in documents)
            / len(documents),
        )
        for name, documents in document_sets(folder).items()
    ]
    messages = _messages([text for texts in questions.values() for text in texts])
    return rows + (await _timed(messages, detector) if messages else [])


def _personal(texts: Sequence[Labelled], found: Sequence[Sequence[Finding]]) -> Iterator[Row]:
    for what, kinds, recall, precision in (
        ("mail, card, IBAN, SSN, IP", _STRUCTURED, 0.99, 0.98),
        ("phone", ("PHONE_NUMBER",), 0.95, 0.98),
        ("PERSON", ("PERSON",), 0.90, 0.80),
    ):
        hits, wanted, right, given = _spans(texts, found, kinds)
        yield _share(f"{what}: recall, whole spans", "pii-presidio", hits, wanted, recall)
        yield _share(f"{what}: precision", "pii-presidio", right, given, precision)
    hits, wanted, right, given = _words(texts, found)
    yield _share("PERSON: recall, by word", "pii-presidio", hits, wanted, 0.90)
    yield _share("PERSON: precision, by word", "pii-presidio", right, given, 0.80)


def _share(what: str, data: str, part: int, whole: int, at_least: float) -> Row:
    value = part / whole if whole else 1.0
    return Row(what=what, data=data, count=whole, value=value, at_least=at_least)


def _spans(
    texts: Sequence[Labelled], found: Sequence[Sequence[Finding]], kinds: Collection[str]
) -> tuple[int, int, int, int]:
    """Return the spans wholly found, all spans, the findings that touch one, and all findings."""
    hits = wanted = right = given = 0
    for item, findings in zip(texts, found, strict=True):
        spans = [(start, end) for kind, start, end in item.spans if kind in kinds]
        own = [f for f in findings if f.type in kinds]
        covered = {n for f in own for n in range(f.start, f.end)}
        for start, end in spans:
            letters = [n for n in range(start, end) if not item.text[n].isspace()]
            hits += covered.issuperset(letters)
        wanted += len(spans)
        right += sum(any(f.start < end and start < f.end for start, end in spans) for f in own)
        given += len(own)
    return hits, wanted, right, given


def _words(
    texts: Sequence[Labelled], found: Sequence[Sequence[Finding]]
) -> tuple[int, int, int, int]:
    hits = wanted = right = given = 0
    for item, findings in zip(texts, found, strict=True):
        spans = [(start, end) for kind, start, end in item.spans if kind == "PERSON"]
        own = [(f.start, f.end) for f in findings if f.type == "PERSON"]
        for word in _WORD.finditer(item.text):
            is_name = any(s < word.end() and word.start() < e for s, e in spans)
            is_found = any(s < word.end() and word.start() < e for s, e in own)
            hits += is_name and is_found
            wanted += is_name
            right += is_name and is_found
            given += is_found
    return hits, wanted, right, given


def _secrets() -> Iterator[Row]:
    made = made_up_secrets()
    whole = 0
    for text, secret in made:
        start = text.index(secret)
        covered = {n for f in find_secrets(text) for n in range(f.start, f.end)}
        whole += covered.issuperset(range(start, start + len(secret)))
    yield _share("secrets: recall, whole", "made up, 28 forms", whole, len(made), 0.99)
    harmless = harmless_look_alikes()
    wrong = sum(any(find_secrets(text)) for text in harmless)
    yield Row(
        what="secrets: harmless look-alikes masked",
        data="own",
        count=len(harmless),
        value=wrong / len(harmless),
        at_most=0.02,
    )


async def _changed(
    sets: Mapping[str, Sequence[str]], detector: PersonalDataDetector
) -> AsyncIterator[Row]:
    total = changed = 0
    for name, questions in sets.items():
        found = [await detector.detect(question) for question in questions]
        masked = sum(bool(findings) for findings in found)
        total, changed = total + len(questions), changed + masked
        yield Row(
            what="questions changed", data=name, count=len(questions), value=masked / len(questions)
        )
    if total:
        yield Row(
            what="questions changed, rightly or wrongly",
            data="all sets",
            count=total,
            value=changed / total,
            at_most=0.02,
        )


def _attacks(samples: Sequence[Sample], injection: InjectionDetector) -> Iterator[Row]:
    for kind, is_attack in sorted({(sample.kind, sample.is_attack) for sample in samples}):
        of_kind = [s for s in samples if s.kind == kind and s.is_attack is is_attack]
        seen = [injection.judge(s.text, is_document=s.is_document) for s in of_kind]
        yield Row(
            what="attacks noticed" if is_attack else "harmless ones taken for attacks",
            data=f"injection-mixed: {kind}",
            count=len(of_kind),
            value=sum(verdict is not None for verdict in seen) / len(of_kind),
            at_most=None if is_attack else 0.02,
        )


def _messages(texts: Sequence[str]) -> list[str]:
    """Return chat messages of 30 words each, made of real questions."""
    words = " ".join(texts).split()
    count = min(_MESSAGES, len(words) // _MESSAGE_WORDS)
    return [" ".join(words[n * _MESSAGE_WORDS : (n + 1) * _MESSAGE_WORDS]) for n in range(count)]


async def _timed(messages: Sequence[str], detector: PersonalDataDetector) -> list[Row]:
    waits: list[float] = []
    ticking = asyncio.create_task(_tick(waits))
    spent: list[float] = []
    for message in messages:
        started = time.perf_counter()
        await detector.detect(message)
        spent.append((time.perf_counter() - started) * 1000)
    ticking.cancel()
    spent.sort()
    waits.sort()
    data = "questions, 30 words"
    middle, late = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    count = len(spent)
    return [
        Row(
            what="time a message, p50", data=data, count=count, value=middle, unit="ms", at_most=15
        ),
        Row(what="time a message, p95", data=data, count=count, value=late, unit="ms", at_most=30),
        Row(
            what="event loop held up meanwhile, p50",
            data=data,
            count=len(waits),
            value=waits[len(waits) // 2] if waits else 0.0,
            unit="ms",
        ),
    ]


async def _tick(waits: list[float]) -> None:
    """Note by how many milliseconds the loop comes late, again and again until cancelled."""
    while True:
        started = time.perf_counter()
        await asyncio.sleep(_TICK_S)
        waits.append(max(0.0, time.perf_counter() - started - _TICK_S) * 1000)
