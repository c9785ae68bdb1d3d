"""What can be asked of the ledger."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.record.entry import Entry

_SPAN = re.compile(r"(\d{1,5})\s*([smhdw])")
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries are wanted; what is left out fits every entry.

    `people` are (platform, workspace, id) each; `message` is (channel, id) of a question or reply;
    `fired` is a kind, with or without its detail.
    """

    since_s: float = 0.0
    until_s: float = math.inf
    people: tuple[tuple[str, str, str], ...] | None = None
    thread: str = ""
    outcome: str = ""
    fired: str = ""
    message: tuple[str, str] | None = None
    limit: int = 100

    def fits(self, entry: Entry) -> bool:
        """Say whether `entry` is wanted, the person apart: entries know a pseudonym only."""
        return (
            self.since_s <= entry.at_s <= self.until_s
            and self.thread in {"", entry.thread}
            and self.outcome in {"", entry.outcome}
            and (not self.fired or any(_is_kind(self.fired, kind) for kind in entry.fired))
        )


def _is_kind(wanted: str, kind: str) -> bool:
    return kind == wanted or kind.startswith(f"{wanted}:")


def parse_since(text: str, now_s: float) -> float:
    """Return the time that `text` means, in seconds since 1970: `36h`, `7d`, or a date.

    Raises:
        ValueError: It is neither.
    """
    if span := _SPAN.fullmatch(text.strip()):
        return now_s - int(span[1]) * _UNITS_S[span[2]]
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text} is no time; write 36h, 7d or 2026-01-31") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
