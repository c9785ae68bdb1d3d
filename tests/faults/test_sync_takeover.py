"""A sync that is killed anywhere ends, when it is begun again, in the index it would have made."""

import json
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.loading import Models
from bot.syncing.ledger import Ledger
from bot.wiring import open_parts
from tests.hearing import hearing
from tests.processes import environment, run, start
from tests.running import settings_for

PAGES = 300
RUN_KEY = "citewell:source:docs:run"


def some_pages(folder: Path) -> None:
    for number in range(PAGES):
        page = folder / f"{number % 7}" / f"page-{number}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(
            f"# Page {number}\n\nShelf {number} holds the parts of ship {number * 7}.\n"
        )


def sources_file(folder: Path, pages: Path) -> Path:
    path = folder / "sources.yaml"
    path.write_text(json.dumps({"sources": {"docs": {"kind": "folder", "path": str(pages)}}}))
    return path


async def contents(data_dir: Path, models: Models) -> dict[str, tuple[str, str]]:
    """Return each chunk's id with its document's location and hash."""
    async with open_parts(settings_for(data_dir), models=models) as parts:
        records = await parts.index.records(list(await parts.index.documents()))
    documents = {record.chunk.id: record.chunk.document for record in records}
    return {name: (found.location, found.content_hash) for name, found in documents.items()}


@pytest.mark.timeout(300)  # 300 pages, twice, in processes that are killed
async def test_a_killed_sync_ends_in_the_same_index_and_one_changed_page_is_all_that_is_done(
    redis: Redis, valkey_url: str, tmp_path: Path, models: Models
) -> None:
    pages = tmp_path / "pages"
    some_pages(pages)
    given = {
        "CITEWELL_SOURCES_FILE": str(sources_file(tmp_path, pages)),
        "CITEWELL_TAKEOVER_S": "1",
        "REDIS_URL": valkey_url,
    }
    env = environment(tmp_path / "killed", **given)
    ledger = Ledger(redis)
    async with hearing(redis, RUN_KEY) as until:
        for done in (0, 100):  # when it has listed, and in the middle
            process = await start("sources", "sync", cwd=tmp_path, env=env)

            async def is_so_far(done: int = done) -> bool:
                found = await ledger.run("docs")
                return bool(found.listed) and found.indexed >= done

            await until(is_so_far)
            process.kill()
            await process.communicate()
    code, out, _ = await run("sources", "sync", cwd=tmp_path, env=env)
    killed = await contents(tmp_path / "killed", models)

    assert code == 0, out
    assert f"{PAGES} listed, {PAGES} indexed, 0 unchanged, 0 removed, 0 failed" in out

    (pages / "3" / "page-3.md").write_text("# Page 3\n\nShelf 3 is empty now.\n")
    code, out, _ = await run("sources", "sync", cwd=tmp_path, env=env)
    changed = await contents(tmp_path / "killed", models)
    touched = {where for name, (where, digest) in changed.items() if killed[name][1] != digest}

    assert f"{PAGES} listed, 1 indexed, {PAGES - 1} unchanged, 0 removed, 0 failed" in out
    assert touched == {"source:docs/3/page-3.md"}

    await redis.flushall()
    (pages / "3" / "page-3.md").write_text("# Page 3\n\nShelf 3 holds the parts of ship 21.\n")
    await run("sources", "sync", cwd=tmp_path, env=environment(tmp_path / "whole", **given))
    assert await contents(tmp_path / "whole", models) == killed
