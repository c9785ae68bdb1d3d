"""Reads and checks the names of those who may read a document."""

import re
from collections.abc import Sequence
from urllib.parse import quote

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


def person_by_email(email: str) -> Principal:
    """Return the person with this verified address: what sources and platforms have in common.

    Raises:
        ValueError: It is no address.
    """
    plain = email.strip().lower()
    if plain.count("@") != 1 or plain.startswith("@") or plain.endswith("@"):
        raise ValueError("is no e-mail address")
    return parse_principal(f"user:email:{plain}")


def person_by_account(source: str, account: str) -> Principal:
    """Return a person whose address a source keeps to itself: nobody on a platform, until mapped.

    Raises:
        ValueError: The account has no name.
    """
    return parse_principal(f"user:{source}:{quote(account, safe='@.-_:')}")


def group(name: str) -> Principal:
    """Return a group as sources name it, which may be with spaces.

    Raises:
        ValueError: It has no name.
    """
    return parse_principal(f"group:{quote(name.strip(), safe='@.-_')}")
