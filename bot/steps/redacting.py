"""Puts the detector of personal data to work: on messages, and on documents at ingestion."""

from collections.abc import Sequence
from dataclasses import replace

from guardrails.hidden import without_hidden
from guardrails.placeholders import mask, mask_for_good
from guardrails.policy import Action, Policies, Policy
from guardrails.ports import PersonalDataDetector
from guardrails.types import Placeholders, Redaction
from knowledge.types import PersonalSpan

_MAX_PEOPLE = 50
_ALL = Policy()


class DetectingRedactor:
    """Takes out hidden text, then masks what a detector finds."""

    def __init__(self, detector: PersonalDataDetector, policies: Policies) -> None:
        self._detector = detector
        self._policies = policies

    async def redact(
        self,
        text: str,
        known: Placeholders,
        *,
        names: Sequence[str] = (),
        workspace: str = "",
    ) -> Redaction:
        policy = self._policies.of(workspace)
        visible = without_hidden(text)
        new = [name for name in names if name.strip() and name not in known.people]
        people = (*known.people, *new)[-_MAX_PEOPLE:]
        found = policy.masked(await self._detector.detect(visible, names=people))
        redaction = mask(visible, found, replace(known, people=people) if new else known)
        blocked = tuple(kind for kind in redaction.counts if policy.of(kind) is Action.BLOCK)
        return replace(redaction, blocked=blocked) if blocked else redaction


class DetectingFinder:
    """Marks personal data in documents, for `knowledge`, or masks it by `policy`."""

    def __init__(self, detector: PersonalDataDetector, policy: Policy = _ALL) -> None:
        self._detector = detector
        self._policy = policy

    async def find(self, texts: Sequence[str]) -> Sequence[tuple[PersonalSpan, ...]]:
        found = await self._detector.detect_many(texts)
        return [
            tuple(PersonalSpan(type=f.type, start=f.start, end=f.end) for f in findings)
            for findings in found
        ]

    async def mask(self, texts: Sequence[str]) -> Sequence[tuple[str, tuple[str, ...]]]:
        found = await self._detector.detect_many(texts)
        return [
            mask_for_good(text, self._policy.masked(findings))
            for text, findings in zip(texts, found, strict=True)
        ]
