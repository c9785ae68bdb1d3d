"""The table of what each platform does is what the platforms do."""

from pathlib import Path

import pytest

from bot.loading import Models
from tests.parity.table import PAGE, page_of, tried, written

pytestmark = pytest.mark.timeout(600)  # every behaviour
ANEW = "write it anew with: python -m tests.parity"


class TestSlack:
    """Beside the other class: the platforms may be tried at the same time, by two processes."""

    async def test_the_page_says_what_was_seen(
        self, models: Models, sample_index: Path, tmp_path: Path
    ) -> None:
        seen = await tried("Slack", models, sample_index, tmp_path)
        page = page_of(seen, written("Teams"))

        assert "not done" not in page
        assert page == PAGE.read_text(), ANEW


class TestTeams:
    async def test_the_page_says_what_was_seen(
        self, models: Models, sample_index: Path, tmp_path: Path
    ) -> None:
        seen = await tried("Teams", models, sample_index, tmp_path)
        page = page_of(written("Slack"), seen)

        assert "not done" not in page
        assert page == PAGE.read_text(), ANEW
