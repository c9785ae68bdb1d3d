"""Who someone is: what the Connector tells of a conversation's members, kept for a while."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from pydantic import BaseModel, Field, ValidationError

from adapters.errors import AdapterError
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import TEAMS
from adapters.teams.references import Reference
from adapters.types import Person

log = structlog.get_logger(__name__)

_TTL_S = 600.0
_STALE_S = 3600.0  # what was known so long ago holds when Teams does not answer
_MAX_PEOPLE = 10_000
_TIMEOUT_S = 3.0  # a message waits for this; Teams waits fifteen for its acknowledgement
_MAX_NAME = 200
_MAX_MENTIONED = 5
_INSIDE = frozenset({"user", "owner", "member", "admin"})


class _Member(BaseModel, extra="ignore"):
    """What we read of a member (`GET /v3/conversations/…/members/…`)."""

    id: str = ""
    aad_object_id: str | None = Field(None, alias="aadObjectId")
    name: str | None = None
    email: str | None = None
    user_principal_name: str | None = Field(None, alias="userPrincipalName")
    tenant: str | None = Field(None, alias="tenantId")
    role: str | None = Field(None, alias="userRole")


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    is_guest: bool
    id: str = ""
    name: str = ""
    email: str = ""


_STRANGER = _About(is_guest=True)


class TeamsPeople:
    """Asks the Connector about members; whom it does not tell about counts as a guest."""

    def __init__(self, calls: TeamsCalls, *, is_local: bool = False) -> None:
        self._calls = calls
        self._is_local = is_local
        self._known: OrderedDict[tuple[str, str], tuple[float, _About]] = OrderedDict()

    async def known(self, person: Person, reference: Reference) -> Person:
        """Return `person` with what Teams tells: guest or not, name, address."""
        if self._is_local:
            return replace(person, is_guest=False)
        about = await self._about(reference)
        is_guest = person.is_guest or about.is_guest
        return replace(
            person,
            is_guest=is_guest,
            name=about.name,
            email="" if is_guest else about.email,
            groups=frozenset() if is_guest else person.groups,
        )

    async def ids(self, members: Sequence[str], reference: Reference) -> Mapping[str, str]:
        """Return the ids that people go by here, by those that the Connector knows them by."""
        about = [await self._about(replace(reference, person=m)) for m in members[:_MAX_MENTIONED]]
        return {m: each.id for m, each in zip(members, about, strict=False) if each.id}

    async def mentioned(self, ids: Sequence[str], reference: Reference) -> list[tuple[str, str]]:
        """Return the Connector's ids and the names of those members who go by `ids` here."""
        found = []
        for each in ids[:_MAX_MENTIONED]:
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    told = await self._calls.member(reference, each)
                member = _Member.model_validate(told)
            except (AdapterError, TimeoutError, ValidationError) as error:
                code = error.code if isinstance(error, AdapterError) else type(error).__name__
                log.info("person_not_called", code=code, platform=TEAMS)
                continue
            name = " ".join((member.name or "").split())[:_MAX_NAME]
            found.append((member.id, name or "you"))
        return found

    async def _about(self, reference: Reference) -> _About:
        key = (reference.tenant, reference.person)
        ends_s, known = self._known.get(key, (0.0, _STRANGER))
        if ends_s > time.monotonic():
            return known
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                told = await self._calls.member(reference, reference.person)
            about = _read(_Member.model_validate(told), reference.tenant)
        except (AdapterError, TimeoutError, ValidationError) as error:
            code = error.code if isinstance(error, AdapterError) else type(error).__name__
            log.info("person_unknown", code=code, platform=TEAMS)
            return known if ends_s + _STALE_S > time.monotonic() else _STRANGER
        self._known[key] = (time.monotonic() + _TTL_S, about)
        while len(self._known) > _MAX_PEOPLE:
            self._known.popitem(last=False)
        return about


def person_of(told: Mapping[str, object], tenant: str) -> Person:
    """Return a member of a conversation as one of our people.

    Raises:
        ValidationError: Teams told something else than a member.
    """
    member = _Member.model_validate(told)
    about = _read(member, tenant)
    return Person(
        id=member.aad_object_id or member.id,
        workspace=tenant,
        is_guest=about.is_guest,
        name=about.name,
        email=about.email,
    )


def _read(member: _Member, tenant: str) -> _About:
    is_inside = (member.tenant or tenant) == tenant
    is_guest = not is_inside or (member.role or "user").lower() not in _INSIDE
    address = (member.email or member.user_principal_name or "").strip()
    email = address.lower() if address.isascii() else ""  # `lower` changes other letters
    return _About(
        is_guest=is_guest,
        id=member.aad_object_id or "",
        name=" ".join((member.name or "").split())[:_MAX_NAME],
        email="" if is_guest else email,
    )
