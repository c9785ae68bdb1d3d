"""A home as Adaptive Cards: headings, lines with their small print, and buttons."""

import json
from collections.abc import Iterator

from adapters.teams.cards import MAX_CARD_BYTES, card_of, escaped
from adapters.teams.controls import button_actions
from adapters.teams.mends import Json
from adapters.types import Home, HomeLine, HomeSection

_MAX_LINE_CHARS = 400


def home_cards(home: Home) -> tuple[Json, ...]:
    """Return `home` as one card, or as few as hold it."""
    cards: list[Json] = []
    body: list[Json] = []
    for number, section in enumerate(home.sections):
        shown = _section(section, has_line=bool(number))
        if body and _size([*body, shown]) > MAX_CARD_BYTES:
            cards.append(card_of(body))
            body = []
        body.append(shown)
    return (*cards, card_of(body))


def _section(section: HomeSection, *, has_line: bool) -> Json:
    items: list[Json] = [
        {
            "type": "TextBlock",
            "text": escaped(section.title),
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "style": "heading",
        }
    ]
    for line in section.lines:
        items += _line(line)
    if section.buttons:
        items.append({"type": "ActionSet", "actions": button_actions(section.buttons)})
    return {
        "type": "Container",
        "items": items,
        **({"separator": True, "spacing": "Large"} if has_line else {}),
    }


def _line(line: HomeLine) -> Iterator[Json]:
    words = escaped(line.text[:_MAX_LINE_CHARS]) or "\u2026"
    is_link = line.url.startswith(("https://", "http://"))
    url = line.url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    yield {
        "type": "TextBlock",
        "text": f"[{words}]({url})" if is_link else words,
        "wrap": True,
        "spacing": "Small",
    }
    if line.detail:
        yield {
            "type": "TextBlock",
            "text": escaped(line.detail[:_MAX_LINE_CHARS]),
            "wrap": True,
            "isSubtle": True,
            "size": "Small",
            "spacing": "None",
        }


def _size(body: list[Json]) -> int:
    return len(json.dumps(card_of(body)).encode())
