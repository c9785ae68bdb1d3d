"""Puts the sync of the configured sources together, and runs it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from docket import Docket
from redis.asyncio import Redis

from bot.administration import Administration
from bot.errors import SettingsError
from bot.queue.work import working
from bot.syncing.added import AddedSources
from bot.syncing.directory import GroupDirectory
from bot.syncing.ledger import Catalogue, Ledger
from bot.syncing.scheduled import scheduled_of
from bot.syncing.tasks import Syncing
from knowledge.errors import SourceError
from knowledge.ingestion.indexer import DocumentIndexer
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.ingestion.sources.configuration import SourcesError, SourcesFile, read_sources
from knowledge.ingestion.sources.opening import open_source
from knowledge.ingestion.writing import Writer

_LOOK_S = 3.0  # an administrator waits for it


def configured(path: Path | None, secrets: Mapping[str, str]) -> SourcesFile:
    """Return what the sources file says, with `secrets` by name; without a file there are none.

    Raises:
        SettingsError: It is wrong, with one line for each problem.
    """
    if path is None:
        return SourcesFile()
    try:
        return read_sources(path, secrets)
    except SourcesError as error:
        raise SettingsError(error.problems) from error


def catalogue_of(file: SourcesFile) -> Catalogue:
    """Return what the file names, without an address or a secret."""
    return Catalogue(
        sources={
            name: f"{config.kind}, every {round(config.every / 60):,} minutes"
            for name, config in file.sources.items()
        },
        sets={name: tuple(members) for name, members in file.sets.items()},
    )


@asynccontextmanager
async def syncing_of(
    file: SourcesFile,
    *,
    redis: Redis,
    redis_url: str,
    directory: GroupDirectory,
    writer: Writer,
    work_dir: Path,
    concurrency: int,
    takeover_s: float,
    keeps_time: bool,
    administration: Administration | None = None,
) -> AsyncIterator[Syncing]:
    """Open the sources, and work on their tasks while inside; at their times if it `keeps_time`.

    With an `administration` those too that were added in the chat.
    """
    async with AsyncExitStack() as stack:
        docket = await stack.enter_async_context(Docket("citewell-sync", redis_url))
        sandbox = ParsingSandbox(processes=min(concurrency, os.cpu_count() or 1))
        stack.push_async_callback(sandbox.close)
        sources = {}
        for name, config in file.sources.items():
            try:
                source = open_source(name, config, work_dir / name)
            except SourceError as error:
                raise SettingsError([f"sources.{name}: {error}"]) from error
            stack.push_async_callback(source.close)
            sources[name] = scheduled_of(config, source)
        syncing = Syncing(
            docket, Ledger(redis), DocumentIndexer(writer, sandbox), sources, directory
        )
        syncing.serve()
        if administration is not None:
            added = AddedSources(
                redis,
                administration.store,
                administration.chat_sources,
                syncing,
                work_dir=work_dir,
            )
            stack.push_async_callback(added.close)
            await added.look()
            syncing.follow(added)
        if sources or administration is not None:
            await stack.enter_async_context(working(docket, concurrency, takeover_s=takeover_s))
            stack.callback(syncing.stop)
        if keeps_time:
            await syncing.ledger.publish(catalogue_of(file))
            looking = asyncio.create_task(syncing.keep_in_time(_LOOK_S), name="sync times")
            stack.callback(looking.cancel)
        yield syncing
