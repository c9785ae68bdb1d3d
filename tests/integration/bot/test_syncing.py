"""A sync brings the index to what its source holds, and says of each document why it can't."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.types import Person
from bot.errors import SettingsError
from bot.loading import Models
from bot.steps.readers import Readers
from bot.syncing.standings import Standing, sync_and_follow
from bot.syncing.titles import TitleStore, TitleWords, mirror
from bot.wiring import Parts, open_parts
from knowledge.types import EVERYONE, Passage, Principal
from tests.hearing import hearing
from tests.running import settings_for
from tests.servers.confluence import EMAIL, TOKEN, Confluence, Page
from tests.servers.git import Repository
from tests.servers.website import Website


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# Apples\n\nApples are red.\n")
    (folder / "b.md").write_text("# Bananas\n\nBananas are yellow.\n")
    return folder


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def sources_file(folder: Path, sources: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "sources.yaml"
    path.write_text(json.dumps({"sources": sources}))
    return path


@asynccontextmanager
async def opened(data_dir: Path, models: Models, **sources: object) -> AsyncIterator[Parts]:
    file = sources_file(data_dir, sources)
    settings = settings_for(data_dir, sources_file=file)
    async with open_parts(settings, models=models, syncs=True) as parts:
        yield parts


@pytest.fixture
async def parts(data_dir: Path, docs: Path, models: Models) -> AsyncIterator[Parts]:
    async with opened(data_dir, models, docs={"kind": "folder", "path": str(docs)}) as parts:
        yield parts


async def synced(parts: Parts, *, name: str = "docs", is_full: bool = False) -> Standing:
    return await sync_and_follow(parts.syncing, name, is_full=is_full, on_progress=lambda *_: None)


async def found(parts: Parts, question: str, *readers: str) -> list[str]:
    return [passage.document_id for passage in await passages(parts, question, *readers)]


async def passages(parts: Parts, question: str, *readers: str) -> tuple[Passage, ...]:
    named = frozenset({EVERYONE, *map(Principal, readers)})
    return await parts.finder.retrieve(question, readers=named, limit=5)


async def test_what_is_new_changed_and_gone_is_all_that_is_done(parts: Parts, docs: Path) -> None:
    first = await synced(parts)
    (docs / "a.md").write_text("# Apples\n\nApples are green.\n")
    (docs / "b.md").unlink()
    (docs / "c.md").write_text("# Cherries\n\nCherries are dark.\n")
    second = await synced(parts)
    third = await synced(parts)

    assert (first.run.indexed, first.run.removed) == (2, 0)
    assert (second.run.indexed, second.run.unchanged, second.run.removed) == (2, 0, 1)
    assert (third.run.indexed, third.run.unchanged, third.run.removed) == (0, 2, 0)
    assert set(await parts.index.documents()) == {"source:docs/a.md", "source:docs/c.md"}


async def test_a_document_that_fails_is_named_until_it_is_mended(parts: Parts, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"nothing")
    first = await synced(parts)
    again = await synced(parts)
    (docs / "broken.pdf").unlink()
    mended = await synced(parts)

    assert first.failures == again.failures == (("broken.pdf", "is not a PDF"),)
    assert again.run.failed == 0  # it did not change, so it was not tried again
    assert mended.failures == ()


async def test_a_change_of_readers_is_a_change(parts: Parts, docs: Path) -> None:
    await synced(parts)
    before = await found(parts, "What colour are apples?")
    (docs / ".citewell.yaml").write_text("readers: [group:fruit]\n")
    await synced(parts)
    after = await found(parts, "What colour are apples?")

    assert "a.md" in before
    assert after == []


async def test_what_is_not_clear_any_more_who_may_read_leaves_the_index(
    parts: Parts, docs: Path
) -> None:
    await synced(parts)
    (docs / ".citewell.yaml").write_text("readers: nobody in particular\n")
    unclear = await synced(parts)
    count = await parts.index.count()
    (docs / ".citewell.yaml").unlink()
    clear = await synced(parts)

    assert {document for document, _ in unclear.failures} == {"a.md", "b.md"}
    assert count == 0
    assert (clear.run.indexed, clear.failures) == (2, ())


async def test_an_index_that_was_lost_is_made_again(
    parts: Parts, data_dir: Path, docs: Path
) -> None:
    await synced(parts)
    await parts.index.remove(["source:docs/a.md"])
    await synced(parts, is_full=True)

    assert "source:docs/a.md" in await parts.index.documents()


async def test_a_source_that_is_away_says_so_and_keeps_what_is_indexed(
    parts: Parts, docs: Path
) -> None:
    await synced(parts)
    hidden = await asyncio.to_thread(docs.rename, docs.with_name("elsewhere"))
    away = await synced(parts)
    await asyncio.to_thread(hidden.rename, docs)
    back = await synced(parts)

    assert "is no folder: check `path`" in away.run.error
    assert await parts.index.count() > 0
    assert (back.run.error, back.run.unchanged) == ("", 2)


async def test_what_titles_of_synced_documents_say_often_is_no_person(
    data_dir: Path, models: Models, docs: Path
) -> None:
    for number in range(3):
        (docs / f"{number}.md").write_text(f"# Phoenix {number}\n\nIt is number {number}.\n")
    about = {"kind": "folder", "path": str(docs)}
    async with opened(data_dir, models, docs=about) as parts:
        await synced(parts)
    async with opened(data_dir, models, docs=about) as parts:
        learnt = "phoenix" in TitleWords(data_dir)
        (docs / "1.md").unlink()
        await synced(parts)
        await mirror(TitleStore(parts.redis), data_dir)

        assert learnt
        assert "phoenix" not in TitleWords(data_dir)


async def test_a_paused_source_is_left_alone_until_it_is_resumed(parts: Parts, docs: Path) -> None:
    await synced(parts)
    await parts.syncing.ledger.pause("docs", is_paused=True)
    (docs / "c.md").write_text("# Cherries\n\nCherries are dark.\n")
    paused = await synced(parts)
    kept = set(await parts.index.documents())
    await parts.syncing.ledger.pause("docs", is_paused=False)
    resumed = await synced(parts)

    assert (paused.run.is_paused, kept) == (True, {"source:docs/a.md", "source:docs/b.md"})
    assert (resumed.run.is_paused, resumed.run.indexed) == (False, 1)


async def test_a_source_that_is_paused_while_it_is_listed_goes_on_where_it_was(
    data_dir: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_TOKEN", TOKEN)
    async with Confluence(most=1) as wiki:
        wiki.pages = {str(n): Page(title=f"Page {n}", body=f"<p>It is {n}.</p>") for n in range(3)}
        about = {"spaces": ["ENG"], "email": EMAIL, "token": "${WIKI_TOKEN}"}
        about |= {"kind": "confluence", "url": wiki.url("/wiki")}
        async with opened(data_dir, models, docs=about) as parts:
            ledger = parts.syncing.ledger
            wiki.on_search = lambda: ledger.pause("docs", is_paused=True)
            paused = await synced(parts)
            wiki.on_search = None
            wiki.asked.clear()
            await ledger.pause("docs", is_paused=False)
            resumed = await synced(parts)

    searches = [each for each in wiki.asked if each.endswith("/search")]
    assert (paused.run.stage, resumed.run.stage) == ("listing", "idle")
    assert (resumed.run.indexed, len(searches)) == (3, 2)


async def test_a_source_is_taken_out_with_all_its_documents(
    parts: Parts, docs: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.md"
    other.write_text("# Other\n\nwords")
    await parts.ingest([other], None, lambda *_: None)
    await synced(parts)

    assert await parts.syncing.remove("docs") == 2
    assert list(await parts.index.documents()) == [other.as_uri()]
    assert await parts.syncing.ledger.names() == []


async def test_a_website_and_a_repository_are_synced_by_what_changed(
    data_dir: Path, models: Models, tmp_path: Path
) -> None:
    repository = Repository(tmp_path / "repository")
    await repository.commit(a_md="# Apples\n\nApples are red.", b_md="# B\n\nBananas.")
    async with Website() as site:
        site.add("/docs/", "<main><h1>Docs</h1><p>Start.</p><a href='p'>p</a></main>")
        site.add("/docs/p", "<main><h1>Plums</h1><p>Plums are blue.</p></main>")
        web = {
            "kind": "website",
            "start": [site.url("/docs/")],
            "private_hosts": ["127.0.0.1"],
        }
        git = {"kind": "git", "repository": str(repository.folder)}
        async with opened(data_dir, models, site=web, wiki=git) as parts:
            first = [await synced(parts, name=name) for name in ("site", "wiki")]
            await repository.commit(a_md="# Apples\n\nApples are green.", b_md=None)
            site.pages["/docs/p"].body = "<main><h1>Plums</h1><p>Plums are violet.</p></main>"
            second = [await synced(parts, name=name) for name in ("site", "wiki")]
            texts = {p.text for p in await passages(parts, "What colour are plums and apples?")}

    assert [s.run.indexed for s in first] == [2, 2]
    assert [(s.run.indexed, s.run.removed) for s in second] == [(1, 0), (1, 1)]
    assert {"Plums are violet.", "Apples are green."} <= texts
    assert all(s.failures == () for s in (*first, *second))


async def test_who_may_read_a_source_without_rights_of_its_own_changes_with_the_file(
    data_dir: Path, models: Models
) -> None:
    async with Website() as site:
        site.add("/docs/", "<main><h1>Plums</h1><p>Plums are blue.</p></main>")
        web: dict[str, object] = {"kind": "website", "start": [site.url("/docs/")]}
        web["private_hosts"] = ["127.0.0.1"]
        async with opened(data_dir, models, site=web) as parts:
            await synced(parts, name="site")
            before = await found(parts, "What colour are plums?")
        async with opened(data_dir, models, site=web | {"readers": ["group:fruit"]}) as parts:
            await synced(parts, name="site")
            after = await found(parts, "What colour are plums?")
            still = await found(parts, "What colour are plums?", "group:fruit")

    assert (len(before), after, still) == (1, [], before)


async def test_a_sources_label_is_that_of_its_documents_that_name_none(
    data_dir: Path, docs: Path, models: Models
) -> None:
    (docs / "b.md").write_text("---\nsensitivity: Secret\n---\n# Bananas\n\nThey are yellow.\n")
    source = {"kind": "folder", "path": str(docs)}
    labels: list[dict[str, str]] = []
    stored: list[str] = []
    for label in ("", "Internal"):
        async with opened(data_dir, models, docs={**source, "sensitivity": label}) as parts:
            await synced(parts)
            known = await passages(parts, "Apples and bananas")
            labels.append({passage.document_id: passage.sensitivity for passage in known})
            records = await parts.index.records(["source:docs/a.md"])
            stored += [record.chunk.document.sensitivity for record in records]

    assert labels[0] == {"a.md": "", "b.md": "Secret"}
    assert labels[1] == {"a.md": "Internal", "b.md": "Secret"}
    assert stored == ["", "Internal"]


async def test_who_was_shut_out_at_the_source_finds_nothing_after_the_next_sync(
    data_dir: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_TOKEN", TOKEN)
    async with Confluence() as wiki:
        wiki.pages = {"1": Page(title="Apples", body="<p>Apples are red.</p>")}
        about = {"spaces": ["ENG"], "email": EMAIL, "token": "${WIKI_TOKEN}"}
        about |= {"kind": "confluence", "url": wiki.url("/wiki")}
        async with opened(data_dir, models, docs=about) as parts:
            await synced(parts)
            before = await found(parts, "What colour are apples?")
            wiki.pages["1"].groups = ["fruit"]
            await synced(parts)
            after = await found(parts, "What colour are apples?")
            still = await found(parts, "What colour are apples?", "group:docs/fruit")
            wiki.token = "renewed"
            expired = await synced(parts)

    assert (before, after, still) == (["Apples"], [], ["Apples"])
    assert "check that the token is valid" in expired.run.error


async def test_who_is_in_a_group_of_the_source_finds_its_pages_by_the_verified_address(
    data_dir: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_TOKEN", TOKEN)
    async with Confluence() as wiki:
        page = Page(title="Apples", body="<p>Apples are red.</p>", groups=["fruit"])
        wiki.pages = {"1": page}
        wiki.groups = {"all": [], "fruit": [{"email": "Ann@Acme.example"}, {"accountId": "a:2"}]}
        about = {"spaces": ["ENG"], "email": EMAIL, "token": "${WIKI_TOKEN}"}
        about |= {"kind": "confluence", "url": wiki.url("/wiki")}
        async with opened(data_dir, models, docs=about) as parts:
            await synced(parts)
            first = [await _found_by(parts, name) for name in ("ann", "ben", "")]
            wiki.groups["fruit"] = [{"email": "ben@acme.example"}]
            await synced(parts)
            second = [await _found_by(parts, name) for name in ("ann", "ben", "")]
            kept = [await parts.redis.dump(key) or b"" for key in await parts.redis.keys()]

    assert first == [["Apples"], [], []]
    assert second == [[], ["Apples"], []]
    assert not any(b"acme.example" in value for value in kept)
    assert wiki.violations == []


async def _found_by(parts: Parts, name: str) -> list[str]:
    """Return what someone finds whose address the platform has verified, or tells nothing of."""
    email = f"{name}@acme.example" if name else ""
    asks = Person(id="U1", workspace="T1", email=email)
    readers = await Readers(parts.durable.directory).of_person(asks)
    return await found(parts, "What colour are apples?", *readers)


async def test_a_server_syncs_when_it_is_time_and_stops_in_the_middle(
    data_dir: Path, docs: Path, models: Models
) -> None:
    async with Website() as slow:
        slow.add("/", "<a href='a'>a</a>")
        slow.holds_back = "/a"
        file = sources_file(
            data_dir,
            {
                "docs": {"kind": "folder", "path": str(docs)},
                "slow": {
                    "kind": "website", "start": [slow.url("/")], "private_hosts": ["127.0.0.1"],
                },
            },
        )  # fmt: skip
        settings = settings_for(data_dir, sources_file=file)
        async with open_parts(settings, models=models, is_serving=True) as parts:
            ledger = parts.syncing.ledger

            async def is_done() -> bool:
                return bool((await ledger.run("docs")).finished_s)

            async with hearing(parts.redis, "citewell:source:docs:run") as until:
                await until(is_done)
            await asyncio.wait_for(slow.held.wait(), 60)
            stopping = time.monotonic()
        took_s = time.monotonic() - stopping

    assert took_s < 15


async def test_a_wrong_file_stops_the_start_with_a_line_for_each_problem(
    data_dir: Path, models: Models
) -> None:
    with pytest.raises(SettingsError) as refused:
        async with opened(data_dir, models, docs={"kind": "folder", "path": "docs", "evry": "1h"}):
            pass

    lines = [problem.partition("sources.yaml: ")[2] for problem in refused.value.problems]
    assert lines == [
        "sources.docs.path: must be an absolute path",
        "sources.docs.evry: extra inputs are not permitted",
    ]
