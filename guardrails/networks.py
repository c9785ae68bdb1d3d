"""Network addresses, IPv4 and IPv6, that are somebody's."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from guardrails.types import Finding

IP = "IP_ADDRESS"

_CANDIDATE = re.compile(
    r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)"
    r"|(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?![\w:])"
)
_NUMBERED = re.compile(r"\b(?:version|release|section|chapter|step|clause|v)\.?\s*$", re.IGNORECASE)
_LOOK_BACK = 12
_MIN_V6_CHARS = 6  # `a::1` is code


def find_ips(text: str) -> Iterator[Finding]:
    """Yield each network address in `text`, but not `127.0.0.1`, `0.0.0.0` and version numbers."""
    for found in _CANDIDATE.finditer(text):
        before = text[max(0, found.start() - _LOOK_BACK) : found.start()]
        if _is_somebodys(found[0]) and not _NUMBERED.search(before):
            yield Finding(type=IP, start=found.start(), end=found.end(), score=0.9)


def _is_somebodys(written: str) -> bool:
    if ":" in written and (
        len(written) < _MIN_V6_CHARS or not any(char.isdigit() for char in written)
    ):
        return False
    try:
        address = ip_address(written)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)
