"""What a source of documents offers to ingestion: the one protocol of every connector."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from knowledge.types import Principal, SourceDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A stretch of a listing.

    `gone` are locations; `unsupported` are ids of what is of no kind that can be parsed; `cursor`
    is where a listing continues after this batch, now or at the next sync.
    """

    documents: tuple[SourceDocument, ...] = ()
    gone: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    cursor: str = ""


@runtime_checkable
class KnowsMembers(Protocol):
    """A source whose documents name groups, and that can tell who is in them."""

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        """Return the e-mail addresses of the people in each of `groups`, in nested ones too.

        Who has no address there is left out, and so is a group that is not to be seen.

        Raises:
            SourceError: The source does not answer, or refuses.
        """


class Source(Protocol):
    """Where documents come from."""

    def changes(self, cursor: str) -> AsyncIterator[Batch]:
        """Yield what changed since `cursor`, in batches of bounded size; all there is for "".

        A change of who may read a document is a change of it: `SourceDocument.readers` says so.
        Listed twice is no error. What a listing from "" does not hold is gone.

        Raises:
            CursorExpiredError: Only a listing of everything can tell any more.
            SourceError: The source does not answer, or refuses.
        """

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        """Return a file with the document's content; its suffix says of which kind it is.

        It is in `folder`, which the caller empties, unless the source has it as a file anyway.

        Raises:
            DocumentGoneError: It is there no more.
            UnreadableDocumentError: It is too large, or can't be had at all.
            SourceError: The source does not answer, or refuses.
        """

    async def close(self) -> None:
        """Close what is open."""
