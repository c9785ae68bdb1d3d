"""What is added in the chat is read by each process, and taken out by whoever is left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.controls.chatconfig import AddedSource
from bot.loading import Models
from bot.syncing.standings import sync_and_follow
from bot.wiring import Parts, open_parts
from tests.running import settings_for
from tests.servers.website import Website


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    """A website of two pages."""
    async with Website() as it:
        it.add("/a/", '<h1>Apples</h1><p>Apples are red.</p><a href="/a/b">b</a>')
        it.add("/a/b", "<h1>Bananas</h1><p>Bananas are yellow.</p>")
        yield it


def opened(
    data_dir: Path, models: Models, *, is_serving: bool = False
) -> AbstractAsyncContextManager[Parts]:
    """Open a process' parts."""
    settings = settings_for(data_dir, chat_source_private_hosts="127.0.0.1")
    return open_parts(settings, models=models, is_serving=is_serving, syncs=True)


async def changed(parts: Parts, **sources: AddedSource) -> None:
    """Let these be all the sources that were added in the chat."""
    await parts.durable.administration.store.change(
        "test", "sources", lambda config: config.model_copy(update={"sources": sources})
    )


def reading(site: Website, **says: object) -> AddedSource:
    """Return a source of the whole site."""
    start = {"kind": "website", "start": [site.url("/a/")], "every": "1d", **says}
    return AddedSource.model_validate({"workspace": "slack:T1", "says": start})


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    for _ in range(600):
        if await is_so():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_two_processes_notice_what_is_added_and_what_is_removed(
    tmp_path: Path, models: Models, site: Website
) -> None:
    data_dir = tmp_path / "data"
    async with (
        opened(data_dir, models, is_serving=True) as first,
        opened(data_dir, models, is_serving=True) as second,
    ):
        await changed(first, site=reading(site))
        standing = await sync_and_follow(
            second.syncing, "site", is_full=False, on_progress=lambda *_: None
        )
        known = ["site" in parts.syncing.sources for parts in (first, second)]
        indexed = set(await first.index.documents())
        await changed(second)

        async def is_gone() -> bool:
            left = await first.index.documents()
            return not (left or await first.syncing.ledger.names())

        await until(is_gone)
        await until(lambda: _is_unknown(first, second))

    assert (standing.run.indexed, standing.run.failed) == (2, 0)
    assert any(known)
    assert len(indexed) == 2
    assert not (data_dir / "sources" / "site").exists()
    assert site.violations == []


async def _is_unknown(*processes: Parts) -> bool:
    return not any("site" in parts.syncing.sources for parts in processes)


async def test_a_removal_that_nobody_finished_is_finished_by_whoever_starts_next(
    tmp_path: Path, models: Models, site: Website
) -> None:
    data_dir = tmp_path / "data"
    async with opened(data_dir, models) as parts:
        await changed(parts, site=reading(site))
        await sync_and_follow(parts.syncing, "site", is_full=False, on_progress=lambda *_: None)
        await changed(parts)
        before = set(await parts.index.documents())
    async with opened(data_dir, models, is_serving=True) as parts:

        async def is_gone() -> bool:
            return not await parts.index.documents()

        await until(is_gone)

    assert len(before) == 2


async def test_a_source_that_may_not_be_read_any_more_says_so_and_is_not_opened(
    tmp_path: Path, models: Models, site: Website
) -> None:
    data_dir = tmp_path / "data"
    async with opened(data_dir, models) as parts:
        await changed(parts, site=reading(site))
        await sync_and_follow(parts.syncing, "site", is_full=False, on_progress=lambda *_: None)
    strict = settings_for(data_dir)
    async with open_parts(strict, models=models, syncs=True) as parts:
        run = await parts.syncing.ledger.run("site")
        known = set(parts.syncing.sources)

    assert "private network" in run.error
    assert known == set()
