"""Hands work on the embedded index to the process that owns it, through the durable queue."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta

from docket import Docket
from pydantic import BaseModel, ValidationError
from redis.exceptions import RedisError

from bot.crypto import Cipher, UndecipherableError
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ports import VectorIndex
from knowledge.types import ChunkRecord, HybridQuery, Passage, Principal

_PURPOSE = "index-work"
_TIMEOUT = timedelta(seconds=60)
_TASK = "index_work"


class Work(BaseModel, frozen=True):
    """One call on the index: which method, and its arguments."""

    method: str
    location: str = ""
    locations: tuple[str, ...] = ()
    records: tuple[ChunkRecord, ...] = ()
    query: HybridQuery | None = None
    readers: frozenset[Principal] = frozenset()
    limit: int = 0


class Result(BaseModel, frozen=True):
    """What a call on the index gave."""

    is_done: bool
    passages: tuple[Passage, ...] = ()
    documents: Mapping[str, str] = {}
    count: int = 0


class HandedOverIndex:
    """A `VectorIndex` that asks the owner of the embedded one; what crosses is sealed."""

    def __init__(self, docket: Docket, cipher: Cipher) -> None:
        self._docket = docket
        self._cipher = cipher
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

    async def count(self) -> int:
        return (await self._do(Work(method="count"))).count

    async def _do(self, work: Work) -> Result:
        sealed = self._cipher.seal(work.model_dump_json().encode(), _PURPOSE)
        try:
            execution = await self._docket.add(_TASK)(base64.b64encode(sealed).decode())
            answer = await execution.get_result(timeout=_TIMEOUT)
            result = Result.model_validate_json(
                self._cipher.open(base64.b64decode(answer), _PURPOSE)
            )
        except (RedisError, TimeoutError, OSError, UndecipherableError, ValidationError) as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error
        if not result.is_done:
            raise KnowledgeUnavailableError("the index's owner could not do it")
        return result


async def _done_elsewhere(sealed: str) -> str:
    """Stand for the owner's task: a docket adds only what it knows, and no worker runs here."""
    raise RuntimeError(f"{len(sealed)} bytes of index work reached a process that has no index")


def serve_index(docket: Docket, index: VectorIndex, cipher: Cipher) -> None:
    """Register the task that does index work for other processes."""

    async def index_work(sealed: str) -> str:
        work = Work.model_validate_json(cipher.open(base64.b64decode(sealed), _PURPOSE))
        try:
            result = await _done(index, work)
        except KnowledgeUnavailableError:
            result = Result(is_done=False)
        return base64.b64encode(cipher.seal(result.model_dump_json().encode(), _PURPOSE)).decode()

    docket.register(index_work)


async def _done(index: VectorIndex, work: Work) -> Result:
    if work.method == "replace":
        await index.replace(work.location, work.records)
    elif work.method == "remove":
        await index.remove(work.locations)
    elif work.method == "documents":
        return Result(is_done=True, documents=await index.documents())
    elif work.method == "count":
        return Result(is_done=True, count=await index.count())
    elif work.method == "search" and work.query is not None:
        found = await index.search(work.query, readers=work.readers, limit=work.limit)
        return Result(is_done=True, passages=found)
    return Result(is_done=True)
