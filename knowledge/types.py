"""What flows from a file to a passage."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

Principal = NewType("Principal", str)
"""Who may read: `everyone`, `public`, `group:<name>`, `user:<workspace>:<id>`, `channel:<key>`."""

EVERYONE = Principal("everyone")
ANYONE = Principal("*")
"""Asks without permissions: for operators, and where they are switched off. No name parses to it,
and no document bears it."""

MAX_LABEL_CHARS = 60
"""Of a label that says how sensitive a document is."""

_NAMESPACE = uuid.UUID("6f0d3b52-54a5-4f5e-9a0c-6a9e6b6f7a11")


class PersonalData(StrEnum):
    """What ingestion does with personal data in a document's text."""

    MASK = "mask"  # taken out for good: `<PERSON>` is stored, and nobody reads the name again
    FLAG = "flag"  # stored as it is, and where it stands: masked on its way to a model
    KEEP = "keep"  # stored and shown to models as it is; secrets are flagged all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document that a source offers: its content is fetched only when its turn comes.

    `location` identifies the document for ever; `id` is what people and answers see; `url` is
    where a reader opens it. `ref` is what the source fetches it by (a path, a page's number).
    Another `version` means other content; an empty one means that only fetching it can tell.
    """

    id: str
    location: str
    url: str
    ref: str
    version: str
    readers: frozenset[Principal]
    problem: str = ""  # why it can't be indexed, since it is not clear who may read it
    is_mirrored: bool = False  # the source knows its readers: what the content says adds none
    modified: str = ""  # ISO 8601: when its content changed last, where the source tells
    thread: str = ""  # the key of the conversation that it is, as `str(ThreadId)` writes it
    personal: PersonalData = PersonalData.FLAG
    sensitivity: str = ""  # the company's label for it, such as "Confidential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A stretch of a document under one heading, as Markdown without that heading.

    `heading_path` goes from the top heading down, without the document's title; `anchor` is what
    follows `#` in a link to it (a heading's id, or `page=3`), empty where there is none.
    """

    heading_path: tuple[str, ...]
    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """What a parser makes of a file's bytes."""

    title: str
    sections: tuple[Section, ...]
    metadata: dict[str, str | list[str]] = field(default_factory=dict)
    unseen_chars: int = 0  # of text that people do not see, and that was left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed document with its identity, its link and its readers."""

    id: str
    location: str
    url: str
    title: str
    sections: tuple[Section, ...]
    readers: frozenset[Principal]
    content_hash: str
    updated: str = ""  # ISO 8601 date, where the document itself names one
    superseded: bool = False
    version: str = ""  # where the document itself names one
    modified: str = ""  # ISO 8601: when its content changed last, where the source tells
    thread: str = ""  # the key of the conversation that it is
    personal: PersonalData = PersonalData.FLAG
    unseen_chars: int = 0  # of text that people do not see, and that was left out
    masked: tuple[str, ...] = ()  # the types of what was masked for good, one for each finding
    sensitivity: str = ""  # the company's label for it

    def __post_init__(self) -> None:
        if not self.readers:
            raise ValueError("a document has at least one reader")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSpan:
    """Personal data in a text: `text[start:end]` is of type `type` (`PERSON`, …)."""

    type: str
    start: int
    end: int


def chunk_id(location: str, position: int) -> str:
    """Return the id of the chunk at `position` of the document at `location`: a UUID."""
    return str(uuid.uuid5(_NAMESPACE, f"{location}#{position}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The unit that is embedded and found; `id` is what `chunk_id` makes of where it stands."""

    id: str
    position: int
    document: Document
    heading_path: tuple[str, ...]
    url: str
    text: str
    personal: tuple[PersonalSpan, ...] = ()

    @property
    def embedded_text(self) -> str:
        """What is embedded: the title and the heading path, then the text."""
        return f"{' > '.join((self.document.title, *self.heading_path))}\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseVector:
    """Term weights: parallel tuples, indices unique."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRecord:
    """A chunk with its two vectors, ready to be written."""

    chunk: Chunk
    dense: tuple[float, ...]
    sparse: SparseVector


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a search looks: at all that may be read, unless it is narrowed.

    `sources` are names of sources, empty for all; `since` is an ISO 8601 date: what changed before
    it, or at a time that nobody knows, is left out; `until` is one as well: what changed on it or
    later, or at a time that nobody knows, is left out; `without_thread` is the key of a
    conversation that is no source for itself.
    """

    sources: frozenset[str] = frozenset()
    since: str = ""
    until: str = ""
    without_thread: str = ""

    def __post_init__(self) -> None:
        for written in filter(None, (self.since, self.until)):
            datetime.fromisoformat(written)


ALL = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridQuery:
    """A question as its two vectors: no text reaches the index.

    With a `version` only documents of that version are looked at.
    """

    dense: tuple[float, ...]
    sparse: SparseVector
    version: str = ""
    scope: Scope = ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that was found, with what a prompt and a citation need; `score` grows with fit.

    `similarity` is the cosine of its meaning to the question's, whatever else was found;
    `repeats` are the documents in which the same words were found too.
    """

    chunk_id: str
    document_id: str
    location: str
    position: int
    title: str
    heading_path: tuple[str, ...]
    url: str
    text: str
    readers: frozenset[Principal]
    score: float
    updated: str = ""
    superseded: bool = False
    personal: tuple[PersonalSpan, ...] = ()
    similarity: float = 0.0
    repeats: tuple[str, ...] = ()
    modified: str = ""  # ISO 8601: what `updated` says, else when its source says it changed
    sensitivity: str = ""  # the company's label for its document

    @property
    def embedded_text(self) -> str:
        """What was embedded of it: see `Chunk`."""
        return f"{' > '.join((self.title, *self.heading_path))}\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a passage stands under: its document's title, and the headings down to it."""

    location: str
    title: str
    heading_path: tuple[str, ...]
    superseded: bool = False
    modified: str = ""  # ISO 8601, as for `Passage`


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What may be read: how many documents each source has, and some heads from all over.

    Documents of no source are counted under the empty name.
    """

    documents: Mapping[str, int]
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One wording of a question; the weights of all its wordings add up to 1.

    `names` are numbers of terms that stand for the placeholders in `text`: they are looked for as
    words are, and nobody reads them.
    """

    text: str
    weight: float = 1.0
    names: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, best first; where it is not enough, the documents don't hold the answer."""

    passages: tuple[Passage, ...]
    is_enough: bool = True
