"""What a detector of personal data must do."""

from collections.abc import Sequence
from typing import Protocol

from guardrails.types import Finding


class PersonalDataDetector(Protocol):
    """Finds personal data and secrets, off the event loop."""

    async def detect(self, text: str) -> tuple[Finding, ...]:
        """Return what must be masked in `text`, in order of start, not overlapping."""

    async def detect_many(self, texts: Sequence[str]) -> tuple[tuple[Finding, ...], ...]:
        """Return the same for each of `texts`, in batches where that is faster."""
