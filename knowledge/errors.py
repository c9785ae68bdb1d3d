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
