"""How the sync of a source stands, for whoever asks; and one that is waited for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.syncing.ledger import Ledger, Run
from bot.syncing.tasks import Syncing
from knowledge.ingestion.indexer import Outcome

_LOOK_S = 0.1
_MAX_SHOWN = 200

OnProgress = Callable[[Run, int], object]
"""Called again and again while a sync runs: how far it is, and how many documents are to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A source's last run, and the documents that are not indexed, each with the reason."""

    name: str
    run: Run
    waiting: int
    failures: tuple[tuple[str, str], ...]
    unsupported: tuple[str, ...]
    hidden_failures: int


async def standing_of(ledger: Ledger, name: str) -> Standing:
    """Return how the sync of `name` stands."""
    failures = [
        (note.id, note.reason)
        async for _, note in ledger.all_notes(name)
        if note.outcome is Outcome.FAILED
    ]
    return Standing(
        name=name,
        run=await ledger.run(name),
        waiting=await ledger.waiting(name),
        failures=tuple(sorted(failures)[:_MAX_SHOWN]),
        unsupported=tuple(await ledger.unsupported(name, _MAX_SHOWN)),
        hidden_failures=max(len(failures) - _MAX_SHOWN, 0),
    )


async def sync_and_follow(
    syncing: Syncing, name: str, *, is_full: bool, on_progress: OnProgress
) -> Standing:
    """Begin a sync, or go on with the one that was begun, and return when it came to an end.

    A worker of the docket must run in this process, or in another one.
    """
    ledger = syncing.ledger
    before = await ledger.run(name)
    await syncing.start(name, is_full=is_full)
    while True:
        run = await ledger.run(name)
        on_progress(run, await ledger.waiting(name))
        has_stopped = bool(run.error) and run.stopped_s > before.stopped_s
        if run.is_paused or has_stopped or run.finished_s > before.finished_s:
            return await standing_of(ledger, name)
        if run.stage == "idle":  # the task that was there may have been an earlier wish's
            await syncing.start(name)
        await asyncio.sleep(_LOOK_S)
