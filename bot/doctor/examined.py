"""What an examination of a part says."""

from dataclasses import dataclass

MAX_SKEW_S = 60
"""How far a clock may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part: what was found, and what to do where that is wrong."""

    part: str
    is_ok: bool
    found: str
    fix: str = ""
