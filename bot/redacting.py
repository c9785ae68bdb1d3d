"""Puts the detector of personal data to work: on messages, and on documents at ingestion."""

from collections.abc import Sequence

from guardrails.placeholders import mask
from guardrails.ports import PersonalDataDetector
from guardrails.types import Placeholders, Redaction
from knowledge.types import PersonalSpan


class DetectingRedactor:
    """Masks what a detector finds."""

    def __init__(self, detector: PersonalDataDetector) -> None:
        self._detector = detector

    async def redact(self, text: str, known: Placeholders) -> Redaction:
        return mask(text, await self._detector.detect(text), known)


class DetectingFinder:
    """Marks personal data in documents, for `knowledge`."""

    def __init__(self, detector: PersonalDataDetector) -> None:
        self._detector = detector

    async def find(self, texts: Sequence[str]) -> Sequence[tuple[PersonalSpan, ...]]:
        found = await self._detector.detect_many(texts)
        return [
            tuple(PersonalSpan(type=f.type, start=f.start, end=f.end) for f in findings)
            for findings in found
        ]
