"""Reads and checks the names of those who may read a document."""

import re
from collections.abc import Sequence

from knowledge.types import EVERYONE, Principal

_NAMED = re.compile(r"(?:group|channel):[^\s:][^\s]{0,199}|user:[^\s:]{1,200}:[^\s]{1,200}")
_PUBLIC = Principal("public")


def parse_principal(text: str) -> Principal:
    """Return `text` as a principal: `everyone`, `public`, `group:…`, `user:…:…`, `channel:…`.

    Raises:
        ValueError: It is none of these; the message says what is allowed.
    """
    bare = text.strip()
    if bare in {EVERYONE, _PUBLIC} or _NAMED.fullmatch(bare):
        return Principal(bare)
    raise ValueError(
        f"{bare[:80]!r} names no reader (use everyone, public, group:NAME, user:WORKSPACE:ID "
        "or channel:KEY)"
    )


def parse_readers(named: str | Sequence[str]) -> frozenset[Principal]:
    """Return one name, or several, as principals.

    Raises:
        ValueError: One is not valid, or there is none: nobody may read by mistake.
    """
    names = [named] if isinstance(named, str) else named
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("no readers are named")
    return frozenset(map(parse_principal, names))
