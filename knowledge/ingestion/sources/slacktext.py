"""Slack's own markup as Markdown, without anybody's name."""

import html
import re

_MARKUP = re.compile(r"<([^<>\s][^<>]*)>")
_MAX_TITLE = 80


def markdown_of(text: str, *, bot_user: str) -> str:
    """Return a message's text; the bot's own name goes, everyone else's becomes `@colleague`."""
    return html.unescape(_MARKUP.sub(lambda found: _plain(found[1], bot_user), text)).strip()


def title_of(text: str) -> str:
    """Return the first words of a message, as a title."""
    line = next((line for line in text.splitlines() if line.strip(" `*>_")), "").strip()
    if len(line) <= _MAX_TITLE:
        return line
    return f"{line[:_MAX_TITLE].rpartition(' ')[0] or line[:_MAX_TITLE]}…"


def _plain(inner: str, bot_user: str) -> str:
    what, _, label = inner.partition("|")
    match what[0]:
        case "@":
            return "" if what[1:] == bot_user else "@colleague"
        case "#":
            return f"#{label or what[1:]}"
        case "!":
            return label or f"@{what[1:].partition('^')[0]}"
        case _:
            return f"[{label}]({what})" if label and label != what else what
