"""Keeps the index as the sources are: listing and each document are durable tasks of their own."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import structlog
from docket import Docket, ExponentialRetry
from redis.exceptions import RedisError

from bot.syncing.directory import GroupDirectory, mirror
from bot.syncing.ledger import Ledger, Note, Run, note_of, stale
from bot.syncing.scheduled import Following, Scheduled
from bot.unquoted import unquoted
from knowledge.errors import (
    CursorExpiredError,
    DocumentGoneError,
    KnowledgeUnavailableError,
    SourceError,
)
from knowledge.ingestion.indexer import DocumentIndexer, Outcome, Taken
from knowledge.ingestion.ports import Batch, KnowsMembers
from knowledge.ingestion.sources.locations import below
from knowledge.types import SourceDocument

log = structlog.get_logger(__name__)

_ATTEMPTS = 4
_RETRY = ExponentialRetry(
    attempts=_ATTEMPTS, minimum_delay=timedelta(seconds=1), maximum_delay=timedelta(seconds=60)
)
_LIST = "sync_source"
_TAKE = "sync_document"
_GROUP = 500
_STALLED_S = 60.0
_MIN_MEMBERS_S = 86_400.0


class PausedError(Exception):
    """A source was paused, removed or set otherwise while it was listed."""


class StoppedError(Exception):
    """This process stops, and leaves a task undone."""


class Syncing:
    """Lists what changed in a source, and takes each changed document as a task of its own.

    What is to do rests in the ledger before the cursor moves on, so a process may die anywhere:
    whoever goes on lists from where the cursor is, and finds every document that is not done.
    """

    def __init__(
        self,
        docket: Docket,
        ledger: Ledger,
        indexer: DocumentIndexer,
        sources: dict[str, Scheduled],
        directory: GroupDirectory,
    ) -> None:
        self._directory = directory
        self._docket = docket
        self._indexer = indexer
        self._checked: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._used: Counter[int] = Counter()
        self._following: Following | None = None
        self.ledger = ledger
        self.sources = sources

    def follow(self, following: Following) -> None:
        """Let `following` keep `sources` as they are set, from now on."""
        self._following = following

    def is_used(self, scheduled: Scheduled) -> bool:
        """Return whether a task of this process reads from `scheduled` now."""
        return self._used[id(scheduled)] > 0

    def serve(self) -> None:
        """Register the two tasks, so that a worker of the docket can run them."""

        async def sync_source(name: str, asked_s: float, retry: ExponentialRetry = _RETRY) -> None:
            is_last = retry.attempt >= _ATTEMPTS
            await self._stoppable(self._sync(name, asked_s, is_last=is_last))

        async def sync_document(name: str, location: str, retry: ExponentialRetry = _RETRY) -> None:
            is_last = retry.attempt >= _ATTEMPTS
            await self._stoppable(self._take(name, location, is_last=is_last))

        self._docket.register(unquoted(sync_source), names=[_LIST])
        self._docket.register(unquoted(sync_document), names=[_TAKE])

    async def start(self, name: str, *, is_full: bool = False) -> None:
        """Begin a sync, or go on with one that was begun; one that runs is left alone."""
        if is_full:
            await self.ledger.want_full(name)
        await self._docket.add(_LIST, key=f"sync:{name}")(name, time.time())

    async def keep_in_time(self, interval_s: float) -> None:
        """Start each sync when its time comes; several processes may do so at once."""
        while True:
            try:
                await self._look(sweeps=True)
                await self._fulfil()
                for name, scheduled in list(self.sources.items()):
                    if _is_due(await self.ledger.run(name), scheduled, time.time()):
                        await self.start(name)
            except RedisError as error:
                log.warning("sync_not_started", error=type(error).__name__)
            await asyncio.sleep(interval_s)

    async def _look(self, *, sweeps: bool = False) -> None:
        if self._following is not None:
            await self._following.look()
            if sweeps:
                await self._following.sweep()

    async def _known(self, name: str) -> Scheduled | None:
        """Return a source as it is set now."""
        await self._look()
        return self.sources.get(name)

    @contextmanager
    def _using(self, scheduled: Scheduled) -> Iterator[None]:
        self._used[id(scheduled)] += 1
        try:
            yield
        finally:
            self._used[id(scheduled)] -= 1
            if not self._used[id(scheduled)]:
                del self._used[id(scheduled)]

    async def _fulfil(self) -> None:
        """Do what administrators wished for; of what the file does not name, only a removal."""
        for what, name in await self.ledger.wishes():
            if what == "remove" and name not in self.sources:
                try:
                    log.info("source_removed", source=name, count=await self.remove(name))
                except KnowledgeUnavailableError:
                    await self.ledger.wish("remove", name)
            elif name in self.sources:
                await self.start(name, is_full=what == "full")

    def stop(self) -> None:
        """Leave what runs for the next one who works: a listing may take hours."""
        self._is_stopping = True
        for task in self._running:
            task.cancel()

    async def remove(self, name: str) -> int:
        """Take every document of a source out of the index, and forget it; return how many."""
        locations = list(await self._indexer.indexed(below(name)))
        await self._indexer.remove(locations)
        await self.ledger.remove(name)
        await self._directory.remove(name)
        return len(locations)

    async def _stoppable(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        try:
            await task
        except asyncio.CancelledError as error:
            if not self._is_stopping:
                raise
            raise StoppedError from error  # so that the queue gives the task to another worker
        finally:
            task.cancel()
            self._running.discard(task)

    async def _sync(self, name: str, asked_s: float, *, is_last: bool) -> None:
        scheduled = await self._known(name)
        if scheduled is None:
            log.warning("unknown_source", source=name)
            return
        if await self._is_needless(name, asked_s):
            return
        with self._using(scheduled):
            await self._synced(name, scheduled, is_last=is_last)

    async def _synced(self, name: str, scheduled: Scheduled, *, is_last: bool) -> None:
        try:
            run = await self._begun(name, scheduled)
            if run.stage == "listing":
                await self._list(name, scheduled, run)
                await self._mirror(name, scheduled)
                await self.ledger.listed(name)
        except PausedError:
            return
        except CursorExpiredError:
            await self.ledger.begin(name, is_full=True, setup=scheduled.setup)
            if is_last:
                await self.ledger.stop(name, "what changed could not be listed")
            raise
        except SourceError as error:
            log.warning("sync_stopped", source=name, kind="source")
            await self.ledger.stop(name, str(error))
            return
        except KnowledgeUnavailableError:
            if not is_last:
                raise
            await self.ledger.stop(name, "the index did not answer; `citewell doctor` says why")
            return
        await self._finish(name)

    async def _is_needless(self, name: str, asked_s: float) -> bool:
        """Return whether it is paused, or a dead worker's task came again after another's end."""
        run = await self.ledger.run(name)
        if run.is_paused:
            return True
        is_done = run.stage == "idle" and run.finished_s >= asked_s
        return is_done and not await self.ledger.is_full_wanted(name)

    async def _begun(self, name: str, scheduled: Scheduled) -> Run:
        """Return the run to go on with; what it left to do has its tasks again."""
        run = await self.ledger.run(name)
        is_other = run.setup != scheduled.setup
        if run.stage != "idle" and not is_other and not await self.ledger.is_full_wanted(name):
            await self.ledger.resume(name)
            await self._add_tasks(name, [found async for _, found in self.ledger.to_do(name)], run)
            return run
        is_full = (
            is_other
            or not run.cursor
            or await self.ledger.is_full_wanted(name)
            or time.time() - run.full_s >= scheduled.full_every_s
        )
        if is_full or name not in self._checked:
            is_full = await self._drop_stale(name) or is_full
            self._checked.add(name)
        return await self.ledger.begin(name, is_full=is_full, setup=scheduled.setup)

    async def _drop_stale(self, name: str) -> bool:
        """Forget the notes that the index does not bear out; return whether there were any."""
        notes = {where: note async for where, note in self.ledger.all_notes(name)}
        wrong = stale(notes, await self._indexer.indexed(below(name)))
        await self.ledger.forget(name, wrong)
        return bool(wrong)

    async def _list(self, name: str, ours: Scheduled, run: Run) -> None:
        async for listed in ours.source.changes(run.cursor):
            if await self._known(name) is not ours:
                raise PausedError
            documents = tuple(
                replace(found, personal=ours.personal, sensitivity=ours.sensitivity)
                for found in listed.documents
            )
            batch = replace(listed, documents=documents)
            changed = await self._changed(name, batch)
            if batch.gone:
                await self._remove(name, list(batch.gone))
            await self._directory.note(name, (r for found in changed for r in found.readers))
            await self.ledger.put(name, batch, changed)
            await self._add_tasks(name, changed, run)
            if await self.ledger.is_paused(name):
                raise PausedError
        if run.is_full:
            await self._sweep(name)

    async def _mirror(self, name: str, scheduled: Scheduled) -> None:
        if isinstance(scheduled.source, KnowsMembers):
            ttl_s = round(max(_MIN_MEMBERS_S, 3 * scheduled.every_s))
            await mirror(self._directory, name, scheduled.source, ttl_s=ttl_s)

    async def _changed(self, name: str, batch: Batch) -> list[SourceDocument]:
        notes = await self.ledger.notes(name, (found.location for found in batch.documents))
        return [
            found
            for found in batch.documents
            if (note := notes.get(found.location)) is None or not note.is_of(found)
        ]

    async def _add_tasks(self, name: str, documents: list[SourceDocument], run: Run) -> None:
        for start in range(0, len(documents), _GROUP):
            await self._docket.add_many(
                self._docket.call(_TAKE, key=_task_key(name, run, found))(name, found.location)
                for found in documents[start : start + _GROUP]
            )

    async def _sweep(self, name: str) -> None:
        """Remove what the index or the notes have and a listing of everything does not."""
        known = set(await self._indexer.indexed(below(name)))
        known |= {where async for where, _ in self.ledger.all_notes(name)}
        await self._remove(name, await self.ledger.unseen(name, sorted(known)))

    async def _remove(self, name: str, locations: list[str]) -> None:
        if locations:
            await self._indexer.remove(locations)
            await self.ledger.forget(name, locations, removed=len(locations))

    async def _take(self, name: str, location: str, *, is_last: bool) -> None:
        """Do what is to do for one document; if it changed meanwhile, do it again."""
        scheduled = None if await self.ledger.is_paused(name) else await self._known(name)
        if scheduled is not None:
            with self._using(scheduled):
                await self._taken(name, scheduled, location, is_last=is_last)
        await self._finish(name)

    async def _taken(
        self, name: str, scheduled: Scheduled, location: str, *, is_last: bool
    ) -> None:
        while (job := await self.ledger.take(name, location)) is not None:
            raw, found = job
            known = (await self.ledger.notes(name, [location])).get(location)
            known_hash = known.content_hash if known is not None else ""
            note, counted = None, "removed"
            try:
                taken = await self._indexer.take(scheduled.source, found, known_hash=known_hash)
                note, counted = note_of(found, taken), str(taken.outcome)
            except DocumentGoneError:
                await self._indexer.remove([location])
            except (SourceError, KnowledgeUnavailableError) as error:
                if not is_last and (not isinstance(error, SourceError) or error.is_temporary):
                    raise
                reason = str(error) if isinstance(error, SourceError) else "the index is away"
                taken = Taken(outcome=Outcome.FAILED, content_hash=known_hash, reason=reason)
                note, counted = note_of(found, taken, is_final=False), Outcome.FAILED
            if counted == Outcome.FAILED and known is not None and _shuts_out(known, found):
                await self._indexer.remove([location])  # else those would find it who lost it
                note = note.model_copy(update={"content_hash": ""}) if note is not None else None
            if await self.ledger.settle(name, location, raw, note, counted):
                break
            if not await self._is_known(name, location):  # it was taken away meanwhile
                await self._indexer.remove([location])

    async def _is_known(self, name: str, location: str) -> bool:
        is_noted = bool(await self.ledger.notes(name, [location]))
        return is_noted or await self.ledger.take(name, location) is not None

    async def _finish(self, name: str) -> None:
        if await self.ledger.finish(name):
            run = await self.ledger.run(name)
            log.info(
                "synced",
                source=name,
                indexed=run.indexed,
                unchanged=run.unchanged,
                removed=run.removed,
                failed=run.failed,
                ms=round((run.finished_s - run.started_s) * 1000),
            )


def _shuts_out(known: Note, found: SourceDocument) -> bool:
    return not set(known.readers) <= found.readers


def _task_key(name: str, run: Run, found: SourceDocument) -> str:
    state = f"{found.location}\0{found.version}\0{sorted(found.readers)}"
    return f"sync:{name}:{run.id}:{hashlib.sha256(state.encode()).hexdigest()[:24]}"


def _is_due(run: Run, scheduled: Scheduled, now_s: float) -> bool:
    if run.is_paused:
        return False
    if run.stage != "idle" and not run.error:
        return now_s - run.touched_s > _STALLED_S  # starting one that does run changes nothing
    return max(run.finished_s, run.stopped_s) + scheduled.every_s <= now_s
