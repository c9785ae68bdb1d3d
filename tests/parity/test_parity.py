"""The table of what each platform does is what the platforms do."""

from pathlib import Path

import pytest

from bot.loading import Models
from tests.parity.table import PAGE, tried


@pytest.mark.timeout(300)  # every behaviour, on every platform
async def test_the_page_says_what_was_seen(
    models: Models, sample_index: Path, tmp_path: Path
) -> None:
    page = await tried(models, sample_index, tmp_path)

    assert "not done" not in page
    assert page == PAGE.read_text(), "write it anew with: python -m tests.parity"
