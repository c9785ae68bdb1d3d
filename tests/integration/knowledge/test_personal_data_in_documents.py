"""What is done with personal data in documents is the operator's choice, and is reported."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from bot.syncing.personal import PersonalReport
from bot.wiring import Parts, open_parts
from knowledge.types import EVERYONE, Passage, PersonalData
from tests.running import settings_for

READERS = frozenset({EVERYONE})
PAGE = (
    "# Desk of Marguerite Oyelaran\n\n## Calling Marguerite Oyelaran\n\nDesk 7 belongs to "
    "Marguerite Oyelaran, +49 171 5550199, token ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9.\n"
)
URL = "https://docs.example/{page}/"


@pytest.fixture
async def parts(data_dir: Path, models: Models) -> AsyncIterator[Parts]:
    settings = settings_for(data_dir, pii_policy="PHONE_NUMBER=keep")
    async with open_parts(settings, models=models) as parts:
        yield parts


async def indexed(parts: Parts, folder: Path, treat: PersonalData) -> Passage:
    (folder / "desk.md").write_text(PAGE)
    await parts.ingest([folder / "desk.md"], URL, lambda *_: None, treat=treat)
    (passage,) = await parts.finder.retrieve("Whose is desk 7?", readers=READERS, limit=1)
    return passage


async def test_what_is_masked_is_gone_for_good_and_what_the_policy_keeps_stays(
    parts: Parts, tmp_path: Path
) -> None:
    await indexed(parts, tmp_path, PersonalData.FLAG)
    passage = await indexed(parts, tmp_path, PersonalData.MASK)

    assert passage.title == "Desk of <PERSON>"
    assert passage.heading_path == ("Calling <PERSON>",)
    assert passage.text == "Desk 7 belongs to <PERSON>, +49 171 5550199, token <SECRET>."
    assert passage.url == "https://docs.example/desk/"
    assert passage.personal == ()


async def test_what_is_kept_still_flags_secrets(parts: Parts, tmp_path: Path) -> None:
    passage = await indexed(parts, tmp_path, PersonalData.KEEP)

    assert "Marguerite Oyelaran" in passage.text
    assert [span.type for span in passage.personal] == ["SECRET"]


async def test_the_report_counts_types_by_document_and_holds_no_value(
    parts: Parts, tmp_path: Path
) -> None:
    report = PersonalReport(parts.durable.redis, parts.durable.cipher)
    await indexed(parts, tmp_path, PersonalData.FLAG)
    (flagged,) = await report.of()
    await indexed(parts, tmp_path, PersonalData.MASK)
    (masked,) = await report.of()
    stored = await parts.durable.redis.hgetall("citewell:personal-found")

    assert flagged.document_id == "desk.md"
    assert flagged.treated is PersonalData.FLAG
    assert dict(flagged.counts) == {"PERSON": 1, "PHONE_NUMBER": 1, "SECRET": 1}
    assert dict(masked.counts) == {"PERSON": 3, "SECRET": 1}
    assert "desk" not in repr(stored)
    assert await report.of("citewell-source:") == []


async def test_a_document_that_is_taken_away_leaves_the_report(
    parts: Parts, tmp_path: Path
) -> None:
    await indexed(parts, tmp_path, PersonalData.FLAG)
    (tmp_path / "desk.md").write_text("# Desk\n\nNobody's.\n")
    await parts.ingest([tmp_path / "desk.md"], URL, lambda *_: None)

    report = PersonalReport(parts.durable.redis, parts.durable.cipher)
    assert await report.of() == []
