"""Who reads along in a chat or channel, as the Connector tells it, kept for a while."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace

import structlog
from pydantic import ValidationError
from redis.exceptions import RedisError

from adapters.errors import AdapterError
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import TEAMS
from adapters.teams.people import person_of
from adapters.teams.references import Kind, Reference, References
from adapters.types import Audience, Person, ThreadId, Visibility

log = structlog.get_logger(__name__)

_TTL_S = 300.0
_TIMEOUT_S = 5.0
_MAX_PLACES = 1_000
_MAX_PAGES = 4
_MAX_MEMBERS = 30
"""A group chat with more members is treated as a channel is."""


class TeamsAudiences:
    """Asks for the members of each place; where Teams does not tell, outsiders may read along."""

    def __init__(
        self, calls: TeamsCalls, references: References, *, is_local: bool = False
    ) -> None:
        self._calls = calls
        self._references = references
        self._is_local = is_local
        self._known: OrderedDict[tuple[str, str], tuple[float, tuple[Person, ...]]] = OrderedDict()

    async def of(self, thread: ThreadId, given: Audience) -> Audience:
        """Return who will be able to see a reply in `thread`; never raises."""
        if given.visibility is Visibility.PERSON:
            return given
        audience = replace(given, channel=f"{TEAMS}:{thread.workspace}:{thread.channel}")
        if self._is_local:
            return audience
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reference = await self._references.find(thread.workspace, thread.channel)
                members = await self._members(reference) if reference is not None else ()
        except (AdapterError, TimeoutError, ValidationError, RedisError) as error:
            code = error.code if isinstance(error, AdapterError) else type(error).__name__
            log.info("audience_unknown", code=code, platform=TEAMS)
            return replace(audience, has_outsiders=True)
        is_open = not members or any(member.is_guest for member in members)
        is_group = reference is not None and reference.kind is Kind.GROUP
        is_small = is_group and len(members) <= _MAX_MEMBERS
        return replace(
            audience,
            has_outsiders=given.has_outsiders or is_open,
            members=members if is_small else (),
        )

    async def _members(self, reference: Reference) -> tuple[Person, ...]:
        """Return all members, none where there are more than can be asked for."""
        key = (reference.tenant, reference.conversation)
        ends_s, known = self._known.get(key, (0.0, ()))
        if ends_s > time.monotonic():
            return known
        found: list[Person] = []
        after = ""
        for _ in range(_MAX_PAGES):
            page, after = await self._calls.members(reference, after)
            found += [person_of(member, reference.tenant) for member in page]
            if not after:
                break
        members = () if after else tuple(found)
        self._known[key] = (time.monotonic() + _TTL_S, members)
        while len(self._known) > _MAX_PLACES:
            self._known.popitem(last=False)
        return members
