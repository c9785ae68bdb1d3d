"""Whose documents may be found: the principals of a person, and of everyone who reads along."""

import re
from collections.abc import Iterable
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from adapters.types import Audience, Person, Visibility
from knowledge.permissions import parse_principal, person_by_email
from knowledge.types import EVERYONE, Principal

log = structlog.get_logger(__name__)

PUBLIC = Principal("public")
"""What people from outside the company may read."""
COMPANY = frozenset({PUBLIC, EVERYONE})
"""What everyone of the company may read."""
_PLAIN = re.compile(r"[A-Za-z0-9._@-]{1,200}")
_CHANNEL = _GROUP = re.compile(r"[a-z]{1,20}:[A-Za-z0-9._-]{1,100}:[A-Za-z0-9._-]{1,100}")
_NO_WORKSPACES = frozenset({"email"})  # `user:email:…` is another name for a person


class GroupFinder(Protocol):
    """Who is in which group, as the sources say."""

    async def groups_of(self, email: str) -> frozenset[Principal]:
        """Return the groups of the person with this verified address."""


class Readers:
    """Says as whom the index is asked; what is not known adds nobody."""

    def __init__(self, groups: GroupFinder) -> None:
        self._groups = groups

    async def of(self, audience: Audience) -> frozenset[Principal]:
        """Return the principals whose documents everyone in `audience` may read.

        People from outside read public documents only, and so do those beside them.
        """
        if audience.person.is_guest or audience.has_outsiders:
            return frozenset({PUBLIC})
        if audience.visibility is Visibility.PERSON:
            return await self.of_person(audience.person)
        if audience.members:
            each = [await self.of_person(member) for member in audience.members]
            return frozenset.intersection(*each)
        if _CHANNEL.fullmatch(audience.channel):
            return COMPANY | {parse_principal(f"channel:{audience.channel}")}
        return COMPANY

    async def of_person(self, person: Person) -> frozenset[Principal]:
        """Return the principals of one person alone."""
        if person.is_guest:
            return frozenset({PUBLIC})
        try:
            groups = await self._groups.groups_of(person.email)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("directory_away", error=type(error).__name__)
            groups = frozenset()
        return COMPANY | groups | frozenset(_own(person))


def _own(person: Person) -> Iterable[Principal]:
    """Yield the names that the platform gives a person; a strange one is left out."""
    is_plain = bool(_PLAIN.fullmatch(person.workspace) and _PLAIN.fullmatch(person.id))
    if is_plain and person.workspace.lower() not in _NO_WORKSPACES:
        yield parse_principal(f"user:{person.workspace}:{person.id}")
    if person.email:
        try:
            yield person_by_email(person.email)
        except ValueError:
            log.warning("address_unread")
    for group in person.groups:
        if _GROUP.fullmatch(group):
            yield parse_principal(f"group:{group}")
