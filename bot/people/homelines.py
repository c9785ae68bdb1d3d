"""What stands on a home, line by line, in the language of who looks at it."""

import time
from collections.abc import Mapping

from adapters.types import Home, HomeLine
from bot.controls.chatconfig import Limit
from bot.controls.usage import MESSAGES, MICRO_USD, TOKENS
from bot.language.texts import counted, number, said
from knowledge.types import Shelf

MAX_SOURCES = 8
_OLDEST = 3


def in_words(home: Home) -> str:
    """Return `home` as Markdown, for where there is no other form."""
    return "\n\n".join(
        f"**{section.title}**\n\n"
        + "\n".join(
            f"- {line.text}{f' ({line.detail})' if line.detail else ''}" for line in section.lines
        )
        for section in home.sections
    )


def old_lines(shelf: Shelf) -> list[HomeLine]:
    """Return how many documents are old, by source, and some of the oldest."""
    count = sum(shelf.documents.values())
    if not count:
        return []
    most = sorted(shelf.documents.items(), key=lambda row: (-row[1], row[0]))[:MAX_SOURCES]
    by_source = ", ".join(f"{name or said('known_files')} {number(each)}" for name, each in most)
    oldest = {head.location: head for head in shelf.heads}.values()
    return [
        HomeLine(text=counted("home_old_count", count), detail=by_source),
        *(
            HomeLine(text=head.title, detail=said("home_old_changed", date=head.modified[:10]))
            for head in sorted(oldest, key=lambda each: each.modified)[:_OLDEST]
        ),
    ]


def ago(at_s: float) -> str:
    """Return how long ago a time was, in a word or two."""
    minutes = max(0, int(time.time() - at_s)) // 60
    for size, unit in ((24 * 60, "days"), (60, "hours"), (1, "minutes")):
        if minutes >= size:
            return counted(f"ago_{unit}", minutes // size)
    return said("ago_now")


def left_lines(limit: Limit, used: Mapping[str, int], whose: str) -> tuple[HomeLine, ...]:
    """Return what is left today of `limit`, `whose` is `you` or `company`."""
    rows = (
        ("questions", limit.messages, used[MESSAGES], 0),
        ("tokens", limit.tokens, used[TOKENS], 0),
        ("usd", limit.usd, used[MICRO_USD] / 1e6, 2),
    )
    return tuple(
        HomeLine(
            text=said(
                f"home_left_{unit}",
                left=number(max(0.0, most - count), decimals),
                most=number(most, decimals),
            ),
            detail=said(f"home_left_{whose}"),
        )
        for unit, most, count, decimals in rows
        if most is not None
    )
