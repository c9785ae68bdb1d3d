"""Between retrieval and the prompt: personal data out of passages, attacks marked or dropped."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

import structlog

from bot.record import notes
from bot.record.notes import Fired
from bot.types import Evidence, Reading
from guardrails.hidden import hidden_spans, without_spans
from guardrails.placeholders import defused, mask
from guardrails.policy import Policies, Policy
from guardrails.ports import InjectionDetector, PersonalDataDetector
from guardrails.types import Finding, Placeholders
from knowledge.types import Passage

log = structlog.get_logger(__name__)

_MAX_HEADS = 2_000


class InjectionPolicy(StrEnum):
    """What is done with a passage that tries to give the model orders."""

    OFF = "off"
    WARN = "warn"  # the model is told not to follow it
    DROP = "drop"  # the model does not see it


class Reports(Protocol):
    """Tells those who look after the documents."""

    def seen(self, location: str, url: str, kind: str, *, is_dropped: bool) -> None:
        """Report a document that seems to give the model orders; never waits, never raises."""


class PassageReader:
    """Numbers passages from 1, masks what is personal in them, and marks or drops attacks.

    Texts were searched for personal data at ingestion; titles and headings are searched here, and
    what was found in them is kept for the 2,000 latest.
    """

    def __init__(
        self,
        detector: PersonalDataDetector,
        injection: InjectionDetector,
        policy: InjectionPolicy,
        personal: Policies = Policies(),  # noqa: B008 - frozen
        reports: Reports | None = None,
    ) -> None:
        self._detector = detector
        self._injection = injection
        self._policy = policy
        self._personal = personal
        self._reports = reports
        self._heads: OrderedDict[str, tuple[Finding, ...]] = OrderedDict()

    async def notice(self, question: str) -> None:
        """Report a question that seems to give the model orders; it is answered all the same."""
        verdict = await asyncio.to_thread(self._injection.judge, question, is_document=False)
        if verdict is not None:
            kind = verdict.reason.replace(" ", "_")
            log.warning("question_suspicious", kind=kind)
            notes.fired(Fired.QUESTION_SUSPICIOUS, kind)

    async def read(
        self, passages: Sequence[Passage], placeholders: Placeholders, *, workspace: str = ""
    ) -> Reading:
        """Return `passages`, fit for the prompt, in their order."""
        await self._find_in_heads(passages)
        noticed = await asyncio.to_thread(self._noticed, passages)
        evidence: list[Evidence] = []
        for passage, reason in zip(passages, noticed, strict=True):
            if reason:
                self._report(passage, reason.replace(" ", "_"))
            if not reason or self._policy is not InjectionPolicy.DROP:
                item, placeholders = self._masked(
                    passage, placeholders, len(evidence) + 1, self._personal.of(workspace)
                )
                evidence.append(replace(item, is_suspicious=bool(reason)))
        notes.read(item.passage.chunk_id for item in evidence)
        notes.withheld("suspicious", count=len(passages) - len(evidence))
        return Reading(evidence=tuple(evidence), placeholders=placeholders)

    def _report(self, passage: Passage, kind: str) -> None:
        is_dropped = self._policy is InjectionPolicy.DROP
        log.warning("passage_suspicious", chunk=passage.chunk_id, kind=kind, is_dropped=is_dropped)
        notes.fired(Fired.PASSAGE_SUSPICIOUS, kind)
        # What somebody attached is theirs alone: no reader of the index has it.
        if self._reports is not None and passage.readers:
            self._reports.seen(passage.location, passage.url, kind, is_dropped=is_dropped)

    def _noticed(self, passages: Sequence[Passage]) -> list[str]:
        """Return for each passage why it is suspicious, or nothing."""
        if self._policy is InjectionPolicy.OFF:
            return [""] * len(passages)
        texts = ("\n".join((p.title, *p.heading_path, p.text)) for p in passages)
        verdicts = [self._injection.judge(text, is_document=True) for text in texts]
        return [verdict.reason if verdict else "" for verdict in verdicts]

    async def _find_in_heads(self, passages: Sequence[Passage]) -> None:
        heads = {
            head: None for p in passages for head in (p.title, *p.heading_path) if head.strip()
        }
        new = [head for head in heads if head not in self._heads]
        if new:
            # All in one text: a model needs as long for a heading as for a paragraph.
            found = await self._detector.detect("\n".join(new))
            self._heads.update(_split(new, found))
        for head in heads:
            self._heads.move_to_end(head)
        while len(self._heads) > max(_MAX_HEADS, len(heads)):
            self._heads.popitem(last=False)

    def _masked(
        self, passage: Passage, placeholders: Placeholders, number: int, policy: Policy
    ) -> tuple[Evidence, Placeholders]:
        heads: list[str] = []
        for head in (passage.title, *passage.heading_path):
            named = self._detector.detect_known(head, placeholders.people)
            found = policy.masked(_with(self._heads.get(head, ()), named))
            redaction = mask(*_seen(head, found), placeholders)
            placeholders = redaction.placeholders
            heads.append(redaction.text)
        spans = (
            Finding(type=span.type, start=span.start, end=span.end, score=1.0)
            for span in passage.personal
        )
        named = self._detector.detect_known(passage.text, placeholders.people)
        text, findings = _seen(passage.text, policy.masked(_with(tuple(spans), named)))
        redaction = mask(text, findings, placeholders)
        item = Evidence(
            number=number,
            passage=passage,
            text=redaction.text,
            title=heads[0],
            heading_path=tuple(heads[1:]),
        )
        return item, redaction.placeholders


def _with(found: Sequence[Finding], named: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return `found`, and of `named` what does not overlap with it."""
    free = (n for n in named if not any(n.start < f.end and f.start < n.end for f in found))
    return tuple(sorted((*found, *free), key=lambda finding: finding.start))


def _seen(text: str, findings: Sequence[Finding]) -> tuple[str, tuple[Finding, ...]]:
    """Return `text` without invisible characters, and where the findings are then."""
    hidden = hidden_spans(text, comments=False)

    def place(at: int) -> int:
        return at - sum(min(end, at) - start for start, end in hidden if start < at)

    moved = ((found, place(found.start), place(found.end)) for found in findings)
    return defused(without_spans(text, hidden)), tuple(
        replace(found, start=start, end=end) for found, start, end in moved if start < end
    )


def _split(lines: Sequence[str], findings: Sequence[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Return what was found in each of `lines`, which were searched as one text."""
    of_line: dict[str, tuple[Finding, ...]] = {}
    begin = 0
    for line in lines:
        inside = ((max(f.start - begin, 0), min(f.end - begin, len(line)), f) for f in findings)
        of_line[line] = tuple(
            Finding(type=f.type, start=start, end=end, score=f.score)
            for start, end, f in inside
            if start < end
        )
        begin += len(line) + 1
    return of_line
