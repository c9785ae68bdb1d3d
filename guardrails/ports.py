"""What a detector of personal data, a list of terms and a detector of attacks must do."""

from collections.abc import Sequence
from typing import Protocol

from guardrails.types import Finding, Verdict


class PersonalDataDetector(Protocol):
    """Finds personal data and secrets, off the event loop."""

    async def detect(self, text: str, *, names: Sequence[str] = ()) -> tuple[Finding, ...]:
        """Return what must be masked in `text`, in order of start, not overlapping.

        `names` are of people who are known to take part: they are found in any case.
        """

    def detect_known(self, text: str, names: Sequence[str]) -> tuple[Finding, ...]:
        """Return where `names` and parts of them stand in a document's text; never slow."""

    async def detect_many(self, texts: Sequence[str]) -> tuple[tuple[Finding, ...], ...]:
        """Return the same for each of `texts` of documents, where names have capital letters."""


class Terms(Protocol):
    """What the company's own documents are about: words that are not taken for names."""

    def __contains__(self, word: object, /) -> bool:
        """Return whether `word`, in lower case, is such a word."""


class InjectionDetector(Protocol):
    """Says whether a text tries to give orders to the model; a signal, not the wall."""

    def judge(self, text: str, *, is_document: bool) -> Verdict | None:
        """Return the verdict on `text`, None where nothing was noticed; never slow."""


class Moderator(Protocol):
    """Says whether a text is one that nobody should be helped with, or left alone with."""

    async def judge(self, text: str, *, is_answer: bool) -> Verdict | None:
        """Return the verdict on `text`, a question or a part of an answer; None where it is fine.

        The verdict's reason is one of the kinds of `guardrails.moderation`; never raises.
        """
