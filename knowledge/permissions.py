"""Reads and checks the names of those who may read a document."""

import re
import string
from collections.abc import Sequence
from urllib.parse import quote

from knowledge.types import EVERYONE, Principal

_NAMED = re.compile(r"(?:group|channel):[^\s:][^\s]{0,199}|user:[^\s:]{1,200}:[^\s]{1,200}")
_PUBLIC = Principal("public")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""Of ASCII alone: `str.lower` makes a `k` of a Kelvin sign, and so of two people one."""


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


def person_by_email(email: str) -> Principal:
    """Return the person with this verified address: what sources and platforms have in common.

    Raises:
        ValueError: It is no address.
    """
    plain = email.strip().translate(_LOWER)
    if plain.count("@") != 1 or plain.startswith("@") or plain.endswith("@"):
        raise ValueError("is no e-mail address")
    return parse_principal(f"user:email:{plain}")


def person_by_account(source: str, account: str) -> Principal:
    """Return a person whose address a source keeps to itself: nobody on a platform, until mapped.

    Raises:
        ValueError: The account has no name.
    """
    return parse_principal(f"user:{source}:{quote(account, safe='@.-_:')}")


def group(name: str, *, source: str = "") -> Principal:
    """Return a group as sources name it, which may be with spaces.

    Where a `source` says itself who is in it, the group is that source's own (`group:wiki/HR`):
    a group of the same name elsewhere, which others fill, is another one.

    Raises:
        ValueError: It has no name.
    """
    plain = quote(name.strip(), safe="@.-_")
    if not plain:
        raise ValueError("a group needs a name")
    return parse_principal(f"group:{source}/{plain}" if source else f"group:{plain}")
