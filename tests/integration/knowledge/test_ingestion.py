"""Ingestion makes the index hold what the files hold, whatever is wrong with some of them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from bot.wiring import Parts, open_parts
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.ingestion.pipeline import IngestReport
from knowledge.ingestion.sources.folder import link_to
from knowledge.types import EVERYONE, Passage, Principal
from tests.running import settings_for

HR = Principal("group:hr")


@pytest.fixture
async def parts(data_dir: Path, models: Models) -> AsyncIterator[Parts]:
    async with open_parts(settings_for(data_dir), models=models) as parts:
        yield parts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("# Apples\n\nApples are red.\n")
    (folder / "sub" / "index.md").write_text("# Bananas\n\nBananas are yellow.\n")
    return folder


async def ingest(parts: Parts, *paths: Path) -> IngestReport:
    return await parts.ingest(list(paths), "https://docs.example/{page}/", lambda *_: None)


async def find(
    parts: Parts, question: str, readers: frozenset[Principal] = frozenset({EVERYONE})
) -> tuple[Passage, ...]:
    return await parts.finder.retrieve(question, readers=readers, limit=3)


async def test_documents_get_their_links_and_are_found(parts: Parts, folder: Path) -> None:
    report = await ingest(parts, folder)
    (best, *_) = await find(parts, "What colour are bananas?")

    assert (report.indexed, report.failed) == (2, ())
    assert best.document_id == "sub/index.md"
    assert best.url == "https://docs.example/sub/#bananas" or best.url.startswith(
        "https://docs.example/sub/"
    )


async def test_ingesting_twice_changes_nothing(parts: Parts, folder: Path) -> None:
    await ingest(parts, folder)
    before = await parts.index.count()
    again = await ingest(parts, folder)

    assert (again.indexed, again.unchanged, again.removed) == (0, 2, 0)
    assert await parts.index.count() == before


async def test_an_edited_file_replaces_its_chunks_and_a_gone_one_is_removed(
    parts: Parts, folder: Path
) -> None:
    await ingest(parts, folder)
    (folder / "a.md").write_text("# Apples\n\nApples are green now.\n")
    (folder / "sub" / "index.md").unlink()
    report = await ingest(parts, folder)
    texts = [passage.text for passage in await find(parts, "What colour are apples?")]

    assert (report.indexed, report.removed) == (1, 1)
    assert texts == ["Apples are green now."]


async def test_other_folders_stay_when_one_is_ingested(
    parts: Parts, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "docs2"
    other.mkdir()
    (other / "c.md").write_text("# Cherries\n\nCherries are dark.\n")
    await ingest(parts, folder, other)
    report = await ingest(parts, other)

    assert report.removed == 0
    assert len(await parts.index.documents()) == 3


async def test_broken_files_are_named_one_by_one_and_the_rest_goes_on(
    parts: Parts, folder: Path
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 not really")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 not really")
    (folder / "binary.md").write_bytes(bytes(range(32)) * 50)
    (folder / "front.md").write_text("---\na: [\n---\nwords\n")
    (folder / "empty.md").write_text("")
    (folder / "sheet.xls").write_bytes(b"x")
    (folder / ".hidden.md").write_text("hidden")
    report = await ingest(parts, folder)

    assert report.indexed == 2
    assert dict(report.failed) == {
        "binary.md": "is not a text file",
        "broken.docx": "is not a Word document (.docx), or is damaged",
        "broken.pdf": "is not a PDF",
        "front.md": "its front matter is not valid YAML",
    }
    assert report.unsupported == ("sheet.xls",)
    assert report.empty == ("empty.md",)


async def test_who_may_read_comes_from_the_page_or_the_folder(parts: Parts, folder: Path) -> None:
    (folder / "sub" / ".citewell.yaml").write_text("readers: [group:hr]\n")
    (folder / "sub" / "open.md").write_text("---\nreaders: everyone\n---\nCherries are dark.\n")
    await ingest(parts, folder)

    everyone = {p.document_id for p in await find(parts, "What colour are bananas and cherries?")}
    hr = {p.document_id for p in await find(parts, "bananas", frozenset({EVERYONE, HR}))}
    assert "sub/index.md" not in everyone
    assert "sub/open.md" in everyone
    assert "sub/index.md" in hr


async def test_unclear_readers_take_a_page_out_of_the_index(parts: Parts, folder: Path) -> None:
    await ingest(parts, folder)
    (folder / "a.md").write_text("---\nreaders: [hr department]\n---\nApples are red.\n")
    report = await ingest(parts, folder)

    assert [document for document, _ in report.failed] == ["a.md"]
    assert "names no reader" in report.failed[0][1]
    assert all(p.document_id != "a.md" for p in await find(parts, "What colour are apples?"))


async def test_a_link_out_of_the_folder_is_not_followed(
    parts: Parts, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("The secret is out.")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")

    assert (await ingest(parts, folder)).indexed == 2


async def test_a_parser_that_hangs_is_killed_and_the_next_file_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "hangs.md"
    os.mkfifo(pipe)
    good = tmp_path / "good.md"
    good.write_text("# Good\n\nwords")
    sandbox = ParsingSandbox(timeout_s=4)

    with pytest.raises(Exception, match="took longer than 4 s"):
        await sandbox.parse(pipe.name, pipe)
    assert (await sandbox.parse(good.name, good)).title == "Good"
    await sandbox.close()


@pytest.mark.parametrize(
    ("document_id", "template", "url"),
    [
        ("a/b.md", "https://d.example/{page}/", "https://d.example/a/b/"),
        ("a/index.md", "https://d.example/{page}/", "https://d.example/a/"),
        ("index.md", "https://d.example/{page}/", "https://d.example/"),
        ("a/b c.pdf", "https://d.example/{path}", "https://d.example/a/b%20c.pdf"),
        ("a.md", None, "file:///x/a.md"),
    ],
)
def test_links_follow_the_template(document_id: str, template: str | None, url: str) -> None:
    assert link_to(document_id, "file:///x/a.md", template) == url
