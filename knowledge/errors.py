"""What can go wrong with documents and their index, named for what the caller can do."""


class KnowledgeUnavailableError(Exception):
    """The index did not answer in time, or could not be reached."""


class UnreadableDocumentError(Exception):
    """A file can't be indexed; `reason` says in one line why, for the person who ingests."""

    def __init__(self, document_id: str, reason: str) -> None:
        super().__init__(f"{document_id}: {reason}")
        self.document_id = document_id
        self.reason = reason


class IndexMismatchError(Exception):
    """The index on disk was built with another embedding model than the one that is configured."""


class UnclearReadersError(UnreadableDocumentError):
    """It is not clear who may read a document, so nobody may: it leaves the index."""


class DocumentGoneError(Exception):
    """A document was listed, and is there no more."""


class SourceError(Exception):
    """A source can't be read; the message says in one line what to do.

    `is_temporary` tells whether trying again later may help.
    """

    def __init__(self, reason: str, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


class CursorExpiredError(SourceError):
    """A source no longer knows what changed since a cursor: everything must be listed again."""


class IndexBusyError(Exception):
    """Documents changed faster than all of them could be read."""

    def __init__(self) -> None:
        super().__init__(
            "documents change faster than they can be read; try again when less is synced"
        )


class SnapshotError(Exception):
    """A snapshot can't be written or restored; the message says in one line what to do."""
