"""What the documents are about, learnt at ingestion: words of titles that are no people."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from knowledge.ports import VectorIndex
from knowledge.types import ChunkRecord, HybridQuery, Passage, Principal

log = structlog.get_logger(__name__)

_FILE = "title-words.json"
_MIN_DOCUMENTS = 3
_LOOK_EVERY_S = 5.0
_MAX_WORDS = 60  # of one document
_MAX_DOCUMENTS = 200_000
_WORD = re.compile(r"[^\W\d_][\w-]{1,40}")


class TitleWords:
    """`Terms` from the titles and headings of documents, and the words that the operator gave.

    A word in the titles or headings of at least three documents names a subject of the company;
    a name that stands in fewer stays a name. The words lie beside the index, by document.
    """

    def __init__(self, data_dir: Path, given: Iterable[str] = ()) -> None:
        self._path = data_dir / _FILE
        self._given = frozenset(word.lower() for words in given for word in words.split())
        self._of_document: dict[str, Sequence[str]] = {}
        self._terms = self._given
        self._read_at = -1
        self._looked_at = float("-inf")

    def __contains__(self, word: object, /) -> bool:
        now = time.monotonic()
        if now - self._looked_at > _LOOK_EVERY_S:
            self._looked_at = now
            self.refresh()
        return word in self._terms

    def refresh(self) -> None:
        """Read the words again if another process wrote them; a damaged file counts as empty."""
        try:
            written_at = self._path.stat().st_mtime_ns
            if written_at == self._read_at:
                return
            read = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("title_words_unreadable", error=type(error).__name__)
            return
        if isinstance(read, dict):
            self._read_at = written_at
            self._take({str(key): [str(word) for word in words] for key, words in read.items()})

    def learn(self, added: Mapping[str, Iterable[str]], removed: Iterable[str]) -> None:
        """Take in the titles and headings of documents by location, and forget those removed."""
        self.refresh()
        words = dict(self._of_document)
        for location in removed:
            words.pop(location, None)
        for location, heads in added.items():
            found = {word.lower() for head in heads for word in _WORD.findall(head)}
            words[location] = sorted(found)[:_MAX_WORDS]
        self._take(dict(list(words.items())[-_MAX_DOCUMENTS:]))
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(self._of_document, ensure_ascii=False), encoding="utf-8")
        beside.replace(self._path)
        self._read_at = self._path.stat().st_mtime_ns

    def _take(self, of_document: dict[str, Sequence[str]]) -> None:
        self._of_document = of_document
        counts = Counter(word for words in of_document.values() for word in words)
        subjects = {word for word, count in counts.items() if count >= _MIN_DOCUMENTS}
        self._terms = self._given | subjects


class LearningIndex:
    """An index that notes the titles and headings of what is written to it, for `TitleWords`."""

    def __init__(self, inner: VectorIndex, titles: TitleWords) -> None:
        self._inner = inner
        self._titles = titles
        self._added: dict[str, set[str]] = {}
        self._removed: set[str] = set()

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await self._inner.replace(location, records)
        chunks = [record.chunk for record in records]
        heads = {head for chunk in chunks for head in chunk.heading_path}
        self._added[location] = heads | {chunk.document.title for chunk in chunks}
        self._removed.discard(location)

    async def remove(self, locations: Sequence[str]) -> None:
        await self._inner.remove(locations)
        self._removed.update(locations)
        for location in locations:
            self._added.pop(location, None)

    async def documents(self) -> Mapping[str, str]:
        return await self._inner.documents()

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        return await self._inner.search(query, readers=readers, limit=limit)

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        return await self._inner.passages(chunk_ids, readers=readers)

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        return await self._inner.records(locations)

    async def count(self) -> int:
        return await self._inner.count()

    def learn(self) -> None:
        """Write down what was noted; blocks for as long as the file takes."""
        if self._added or self._removed:
            self._titles.learn(self._added, self._removed)
            self._added, self._removed = {}, set()
