"""Renders a home as blocks: rich text, which can hold no mention, under headings."""

from collections.abc import Iterator

from adapters.slack.controls import button_blocks
from adapters.types import Home, HomeLine, HomeSection

_MAX_TITLE_CHARS = 150
_MAX_LINE_CHARS = 600


def home_blocks(home: Home) -> list[dict[str, object]]:
    """Return `home` as blocks: at most four a section, so within the limit of a view."""
    return [block for number, each in enumerate(home.sections) for block in _section(each, number)]


def _section(section: HomeSection, number: int) -> Iterator[dict[str, object]]:
    if number:
        yield {"type": "divider"}
    title = _cut(section.title, _MAX_TITLE_CHARS)
    yield {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    items: list[dict[str, object]] = [
        {"type": "rich_text_section", "elements": list(_parts(line))} for line in section.lines
    ]
    if len(items) == 1:
        yield {"type": "rich_text", "elements": items}
    else:
        listed = {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items}
        yield {"type": "rich_text", "elements": [listed]}
    yield from button_blocks(section.buttons)


def _parts(line: HomeLine) -> Iterator[dict[str, object]]:
    words = _cut(line.text, _MAX_LINE_CHARS)
    if line.url.startswith(("https://", "http://")):
        yield {"type": "link", "url": line.url, "text": words}
    else:
        yield {"type": "text", "text": words}
    if line.detail:
        small = _cut(line.detail, _MAX_LINE_CHARS)
        yield {"type": "text", "text": f"  {small}", "style": {"italic": True}}


def _cut(text: str, limit: int) -> str:
    words = " ".join(text.split()) or "\u2026"
    return words if len(words) <= limit else f"{words[: limit - 1]}\u2026"
