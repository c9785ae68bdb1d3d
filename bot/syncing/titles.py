"""What the documents are about, learnt as they are indexed: words of titles that are no people."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from knowledge.indexes.wrapped import WrappedIndex
from knowledge.ports import VectorIndex
from knowledge.types import ChunkRecord

log = structlog.get_logger(__name__)

_FILE = "title-words.json"
_MIN_DOCUMENTS = 3
_LOOK_EVERY_S = 5.0
_MIRROR_EVERY_S = 15.0
_MAX_WORDS = 60  # of one document
_MAX_DOCUMENTS = 200_000
_PAGE = 1_000
_WORD = re.compile(r"[^\W\d_][\w-]{1,40}")
_DOCUMENTS = "citewell:titles:documents"
_COUNTS = "citewell:titles:counts"
_VERSION = "citewell:titles:version"

# Puts the words of one document in the place of those that it had.
_LEARN = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old and (ARGV[2] == '' or redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3])) then return 0 end
if old == ARGV[2] then return 0 end
for word in string.gmatch(old or '', '%S+') do
  if redis.call('HINCRBY', KEYS[2], word, -1) <= 0 then redis.call('HDEL', KEYS[2], word) end
end
for word in string.gmatch(ARGV[2], '%S+') do redis.call('HINCRBY', KEYS[2], word, 1) end
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1])
else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return redis.call('INCR', KEYS[3])
"""


class TitleStore:
    """The words of every document's titles and headings, and in how many documents each stands.

    They lie in Redis, so that what any process indexes counts for all, on other machines too.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._learn = redis.register_script(_LEARN)

    async def learn(self, location: str, heads: Iterable[str]) -> None:
        """Take in the title and the headings of a document; without any it is forgotten."""
        found = sorted({word.lower() for head in heads for word in _WORD.findall(head)})
        words = " ".join(found[:_MAX_WORDS])
        keys = [_DOCUMENTS, _COUNTS, _VERSION]
        await self._learn(keys=keys, args=[location, words, _MAX_DOCUMENTS])

    async def version(self) -> str:
        """Return what changes with every change; empty where nothing was learnt yet."""
        version = await self._redis.get(_VERSION)
        return version.decode() if isinstance(version, bytes) else ""

    async def subjects(self) -> list[str]:
        """Return, in order, the words in titles or headings of at least three documents."""
        counts = self._redis.hscan_iter(_COUNTS, count=_PAGE)
        return sorted({word.decode() async for word, n in counts if int(n) >= _MIN_DOCUMENTS})


class TitleWords:
    """`Terms` from the titles and headings of documents, and the words that the operator gave.

    A word in the titles or headings of at least three documents names a subject of the company;
    a name that stands in fewer stays a name. They are read from the data folder's copy, which
    `mirrored` keeps.
    """

    def __init__(self, data_dir: Path, given: Iterable[str] = ()) -> None:
        self._path = data_dir / _FILE
        self._given = frozenset(word.lower() for words in given for word in words.split())
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
        """Read the words again if a process wrote them anew; a damaged file counts as empty."""
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
        self._read_at = written_at
        subjects = read.get("subjects", ()) if isinstance(read, dict) else ()
        self._terms = self._given | {word for word in subjects if isinstance(word, str)}


async def mirror(store: TitleStore, data_dir: Path, known: str = "") -> str:
    """Copy the subjects into the data folder unless their version is `known`; return it."""
    version = await store.version()
    if version and version != known:
        text = json.dumps({"subjects": await store.subjects()}, ensure_ascii=False)
        await asyncio.to_thread(_write, data_dir / _FILE, text)
    return version


@asynccontextmanager
async def mirrored(store: TitleStore, data_dir: Path) -> AsyncIterator[None]:
    """Keep the data folder's copy as the store is while inside."""

    async def keep(known: str) -> None:
        while True:
            await asyncio.sleep(_MIRROR_EVERY_S)
            try:
                known = await mirror(store, data_dir, known)
            except (RedisError, OSError) as error:
                log.warning("title_words_not_copied", error=type(error).__name__)

    keeping = asyncio.create_task(keep(await mirror(store, data_dir)), name="title words")
    try:
        yield
    finally:
        keeping.cancel()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(f".{time.monotonic_ns()}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


class LearningIndex(WrappedIndex):
    """An index that notes the titles and headings of what is written to it."""

    def __init__(self, inner: VectorIndex, titles: TitleStore) -> None:
        super().__init__(inner)
        self._titles = titles

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await super().replace(location, records)
        chunks = [record.chunk for record in records]
        heads = {head for chunk in chunks for head in chunk.heading_path}
        await self._titles.learn(location, heads | {chunk.document.title for chunk in chunks})

    async def remove(self, locations: Sequence[str]) -> None:
        await super().remove(locations)
        for location in locations:
            await self._titles.learn(location, ())
