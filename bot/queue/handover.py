"""Hands work on the embedded index to the process that owns it, through the durable queue."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta

from docket import Docket
from pydantic import BaseModel, ValidationError
from redis.exceptions import RedisError

from bot.crypto import Cipher, UndecipherableError
from bot.unquoted import unquoted
from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError
from knowledge.ports import RebuildableIndex, VectorIndex
from knowledge.types import ALL, ChunkRecord, HybridQuery, Passage, Principal, Scope, Shelf

_PURPOSE = "index-work"
_TIMEOUT = timedelta(seconds=60)
_SWITCH_TIMEOUT = timedelta(hours=2)  # a large index gets its graph before
_TASK = "index_work"


class Work(BaseModel, frozen=True):
    """One call on the index: which method, and its arguments.

    `embedding` is the model of who asks; `beside` the one for which an index is being built, where
    the call is on that one.
    """

    method: str
    embedding: str = ""
    beside: str = ""
    size: int = 0
    is_fresh: bool = False
    chunk_ids: tuple[str, ...] = ()
    documents: Mapping[str, str] | None = None
    location: str = ""
    locations: tuple[str, ...] = ()
    records: tuple[ChunkRecord, ...] = ()
    query: HybridQuery | None = None
    readers: frozenset[Principal] = frozenset()
    limit: int = 0
    scope: Scope = ALL


class Result(BaseModel, frozen=True):
    """What a call on the index gave."""

    is_done: bool
    is_of_another_model: bool = False
    is_switched: bool = False
    passages: tuple[Passage, ...] = ()
    records: tuple[ChunkRecord, ...] = ()
    documents: Mapping[str, str] = {}
    count: int = 0
    shelf: Shelf = Shelf(documents={})


class HandedOverIndex:
    """A `RebuildableIndex` that asks the owner of the embedded one; what crosses is sealed.

    With a `beside` it is the one that is being built for that embedding model.
    """

    def __init__(
        self, docket: Docket, cipher: Cipher, *, embedding: str = "", beside: str = ""
    ) -> None:
        self._docket = docket
        self._cipher = cipher
        self._about = {"embedding": embedding, "beside": beside}
        docket.register(_done_elsewhere, names=[_TASK])

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await self._do(Work(method="replace", location=location, records=tuple(records)))

    async def remove(self, locations: Sequence[str]) -> None:
        await self._do(Work(method="remove", locations=tuple(locations)))

    async def documents(self) -> Mapping[str, str]:
        return (await self._do(Work(method="documents"))).documents

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        work = Work(method="search", query=query, readers=readers, limit=limit)
        return (await self._do(work)).passages

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        work = Work(method="passages", chunk_ids=tuple(chunk_ids), readers=readers)
        return (await self._do(work)).passages

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        return (await self._do(Work(method="records", locations=tuple(locations)))).records

    async def shelf(
        self, *, readers: frozenset[Principal], limit: int, scope: Scope = ALL
    ) -> Shelf:
        work = Work(method="shelf", readers=readers, limit=limit, scope=scope)
        return (await self._do(work)).shelf

    async def count(self) -> int:
        return (await self._do(Work(method="count"))).count

    async def begin(
        self, embedding: str, size: int, *, is_fresh: bool = False
    ) -> "HandedOverIndex":
        await self._do(Work(method="begin", beside=embedding, size=size, is_fresh=is_fresh))
        about = self._about["embedding"]
        return HandedOverIndex(self._docket, self._cipher, embedding=about, beside=embedding)

    async def switch(self, embedding: str, documents: Mapping[str, str] | None = None) -> bool:
        work = Work(method="switch", beside=embedding, documents=documents)
        return (await self._do(work, _SWITCH_TIMEOUT)).is_switched

    async def _do(self, work: Work, within: timedelta = _TIMEOUT) -> Result:
        work = work.model_copy(update={n: v for n, v in self._about.items() if v})
        sealed = self._cipher.seal(work.model_dump_json().encode(), _PURPOSE)
        try:
            execution = await self._docket.add(_TASK)(base64.b64encode(sealed).decode())
            answer = await execution.get_result(timeout=within)
            result = Result.model_validate_json(
                self._cipher.open(base64.b64decode(answer), _PURPOSE)
            )
        except (RedisError, TimeoutError, OSError, UndecipherableError, ValidationError) as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error
        if result.is_of_another_model:
            raise IndexMismatchError(
                "the citewell that runs here uses another embedding model; stop it, or set "
                "CITEWELL_EMBEDDING_MODEL as it has it"
            )
        if not result.is_done:
            raise KnowledgeUnavailableError("the index's owner could not do it")
        return result


async def _done_elsewhere(sealed: str) -> str:
    """Stand for the owner's task: a docket adds only what it knows, and no worker runs here."""
    raise RuntimeError(f"{len(sealed)} bytes of index work reached a process that has no index")


def serve_index(
    docket: Docket, index: RebuildableIndex, cipher: Cipher, *, embedding: str = ""
) -> None:
    """Register the task that does work on the index of `embedding` for other processes."""
    building: dict[str, VectorIndex] = {}

    async def index_work(sealed: str) -> str:
        work = Work.model_validate_json(cipher.open(base64.b64decode(sealed), _PURPOSE))
        try:
            if work.embedding and work.embedding != embedding:
                result = Result(is_done=False, is_of_another_model=True)
            elif work.method in {"begin", "switch"}:
                result = await _rebuilt(index, work, building)
            elif work.method == "shelf":
                shelf = await index.shelf(readers=work.readers, limit=work.limit, scope=work.scope)
                result = Result(is_done=True, shelf=shelf)
            else:
                result = await _done(building[work.beside] if work.beside else index, work)
        except (KnowledgeUnavailableError, IndexMismatchError, KeyError):
            result = Result(is_done=False)
        return base64.b64encode(cipher.seal(result.model_dump_json().encode(), _PURPOSE)).decode()

    docket.register(unquoted(index_work))


async def _rebuilt(index: RebuildableIndex, work: Work, building: dict[str, VectorIndex]) -> Result:
    if work.method == "begin":
        built = await index.begin(work.beside, work.size, is_fresh=work.is_fresh)
        building[work.beside] = built
        return Result(is_done=True)
    is_switched = await index.switch(work.beside, work.documents)
    if is_switched:
        del building[work.beside]
    return Result(is_done=True, is_switched=is_switched)


async def _done(index: VectorIndex, work: Work) -> Result:
    if work.method == "replace":
        await index.replace(work.location, work.records)
    elif work.method == "remove":
        await index.remove(work.locations)
    elif work.method == "search" and work.query is not None:
        found = await index.search(work.query, readers=work.readers, limit=work.limit)
        return Result(is_done=True, passages=found)
    return await _read(index, work)


async def _read(index: VectorIndex, work: Work) -> Result:
    if work.method == "documents":
        return Result(is_done=True, documents=await index.documents())
    if work.method == "count":
        return Result(is_done=True, count=await index.count())
    if work.method == "passages":
        found = await index.passages(work.chunk_ids, readers=work.readers)
        return Result(is_done=True, passages=found)
    if work.method == "records":
        return Result(is_done=True, records=await index.records(work.locations))
    return Result(is_done=True)
