"""Adaptive Cards that we send: schema 1.5 at most, each within Teams' limit of 28 KB."""

import json
import re
from collections.abc import Sequence

from adapters.teams.mends import Json
from adapters.types import Citation, Reply

VERSION = "1.5"
MAX_CARD_BYTES = 24_000
_MAX_WORDS_CHARS = 300
_MAX_QUOTE_CHARS = 300
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_CALL = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)


def card_of(body: Sequence[Json], actions: Sequence[Json] = ()) -> Json:
    """Return a card of these elements."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "msteams": {"width": "Full"},
        "body": list(body),
        **({"actions": list(actions)} if actions else {}),
    }


def source_cards(reply: Reply) -> tuple[Json, ...]:
    """Return the sources as cards: the cited ones, or the closest ones; as few as hold them."""
    cards: list[Json] = []
    words = reply.words
    for title, citations in ((words.sources, reply.citations), (words.closest, reply.closest)):
        body: list[Json] = [_heading(title)] if citations else []
        for citation in citations:
            entry = _source(citation)
            if len(body) > 1 and not fits(card_of([*body, entry])):
                cards.append(card_of(body))
                body = [_heading(title)]
            body.append(entry)
        if body:
            cards.append(card_of(body))
    return tuple(cards)


def fits(card: Json) -> bool:
    """Return whether a message can hold `card`."""
    return len(json.dumps(card).encode()) <= MAX_CARD_BYTES


def escaped(text: str) -> str:
    """Return `text` so that a card shows it word for word."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def uncalling(text: str) -> str:
    """Return `text` without what looks like a call of somebody."""
    return _CALL.sub("\u2039", text)


def _heading(title: str) -> Json:
    return {"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Small"}


def _source(citation: Citation) -> Json:
    heading = f" \u203a {citation.heading}" if citation.heading else ""
    words = escaped(uncalling(f"{citation.title}{heading}")[:_MAX_WORDS_CHARS])
    shown = f"[{words}]({_link(citation.url)})" if _is_link(citation.url) else words
    if citation.sensitivity:
        shown += f" \u00b7 {escaped(citation.sensitivity)}"
    items: list[Json] = [
        {
            "type": "TextBlock",
            "text": f"\\[{citation.number}\\] {shown}",
            "wrap": True,
            "size": "Small",
        }
    ]
    if citation.quote:
        items.append(
            {
                "type": "TextBlock",
                "text": escaped(citation.quote[:_MAX_QUOTE_CHARS]),
                "wrap": True,
                "maxLines": 2,
                "isSubtle": True,
                "size": "Small",
                "spacing": "None",
            }
        )
    return {"type": "Container", "spacing": "Small", "items": items}


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _link(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
