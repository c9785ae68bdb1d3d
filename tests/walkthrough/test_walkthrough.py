"""The page of the walk through is what the chat answers."""

from pathlib import Path

from bot.loading import Models
from tests.walkthrough.playing import PAGE, played


async def test_the_page_says_what_the_chat_answered(models: Models, tmp_path: Path) -> None:
    page = await played(models, tmp_path)

    assert page == PAGE.read_text(), "write it anew with: python -m tests.walkthrough"
