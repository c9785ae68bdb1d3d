"""Sources that were added in the chat: opened while we run, and taken out when they are removed."""

import asyncio
import shutil
import time
from pathlib import Path

import structlog
from redis.asyncio import Redis

from bot.controls.chatconfig import AddedSource
from bot.controls.chatsources import ChatSources
from bot.controls.configstore import ConfigStore
from bot.syncing.ledger import ADDED
from bot.syncing.scheduled import Scheduled, scheduled_of
from bot.syncing.tasks import Syncing
from knowledge.errors import KnowledgeUnavailableError, SourceError
from knowledge.ingestion.sources.configuration import FieldsError
from knowledge.ingestion.sources.opening import open_guarded

log = structlog.get_logger(__name__)

_SETTLED_S = 15.0  # by then every process has noticed


class AddedSources:
    """Keeps a `Syncing`'s sources as the configuration has them; what the file names goes before.

    Each process does so for itself. Which sources there ever were is kept until all that came from
    them is gone, so that whoever goes on after a crash finishes a removal.
    """

    def __init__(
        self,
        redis: Redis,
        store: ConfigStore,
        policy: ChatSources,
        syncing: Syncing,
        *,
        work_dir: Path,
    ) -> None:
        self._redis = redis
        self._store = store
        self._policy = policy
        self._syncing = syncing
        self._work_dir = work_dir
        self._of_file = frozenset(syncing.sources)
        self._seen: dict[str, AddedSource] = {}
        self._retired: list[tuple[str, Scheduled]] = []
        self._version = -1
        self._lock = asyncio.Lock()

    async def look(self) -> None:
        """Take over what was set since the last look."""
        if self._retired:
            await self._close_retired()
        now = await self._store.current()
        if now.version == self._version:
            return
        async with self._lock:
            wanted = {n: a for n, a in now.config.sources.items() if n not in self._of_file}
            for name in [name for name in self._seen if self._seen[name] != wanted.get(name)]:
                self._retire(name)
            for name, added in wanted.items():
                if name not in self._seen:
                    await self._open(name, added)
            self._version = now.version

    async def sweep(self) -> None:
        """Take out what came from sources that are set no more, more than once: others may lag."""
        kept = {_text(k): _text(v) for k, v in (await self._redis.hgetall(ADDED)).items()}
        if not kept:
            return
        wanted = (await self._store.current()).config.sources
        for name, since_s in kept.items():
            if name in self._of_file:
                await self._redis.hdel(ADDED, name)
            elif name not in wanted:
                await self._take_out(name, float(since_s or 0))

    async def close(self) -> None:
        """Close what is open."""
        await self._close_retired()
        for name in list(self._seen):
            self._retire(name, is_removed=False)
        for _, scheduled in self._retired:
            await scheduled.source.close()

    async def _take_out(self, name: str, since_s: float) -> None:
        try:
            count = await self._syncing.remove(name)
        except KnowledgeUnavailableError:
            log.warning("source_not_removed", source=name)
            return
        if count or not since_s:
            log.info("source_removed", source=name, count=count)
            await self._redis.hset(ADDED, name, str(time.time()))
        elif time.time() - since_s > _SETTLED_S:
            await self._redis.hdel(ADDED, name)

    async def _open(self, name: str, added: AddedSource) -> None:
        await self._redis.hset(ADDED, name, "")
        self._seen[name] = added
        try:
            config = self._policy.read(added.says)
            source = open_guarded(name, config, self._work_dir / name, self._policy.private_hosts)
        except (FieldsError, SourceError) as error:
            log.warning("source_not_opened", source=name, kind=type(error).__name__)
            await self._syncing.ledger.stop(name, str(error))
            return
        self._syncing.sources[name] = scheduled_of(config, source)
        log.info("source_opened", source=name)

    def _retire(self, name: str, *, is_removed: bool = True) -> None:
        del self._seen[name]
        scheduled = self._syncing.sources.pop(name, None)
        if scheduled is not None:
            self._retired.append((name if is_removed else "", scheduled))

    async def _close_retired(self) -> None:
        """Close what no task reads from any more; what it kept on this machine goes with it."""
        free = [pair for pair in self._retired if not self._syncing.is_used(pair[1])]
        self._retired = [pair for pair in self._retired if pair not in free]
        for name, scheduled in free:
            await scheduled.source.close()
            if name and name not in self._syncing.sources:
                await asyncio.to_thread(shutil.rmtree, self._work_dir / name, ignore_errors=True)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
