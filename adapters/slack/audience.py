"""Who will see a reply in a Slack channel; what Slack does not tell counts as outside."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import structlog
from pydantic import BaseModel, Field, ValidationError

from adapters.errors import AdapterError
from adapters.slack.calls import SLACK, SlackCalls
from adapters.slack.people import SlackPeople
from adapters.types import Audience, IncomingMessage, Person, Visibility

log = structlog.get_logger(__name__)

_TTL_S = 180.0
_STALE_S = 600.0
_AGAIN_S = 20.0
_TIMEOUT_S = 8.0
_MAX_PLACES = 5_000
_PAGE = 1_000
_MAX_PAGES = 20
_MAX_LOOKED_UP = 20
_MAX_GROUP = 20


class _Channel(BaseModel, extra="ignore"):
    """What we read of a channel (https://docs.slack.dev/reference/objects/conversation-object)."""

    is_private: bool = True
    is_mpim: bool = False
    is_shared: bool = True
    is_org_shared: bool = False
    is_ext_shared: bool = True
    is_pending_ext_shared: bool = False
    pending_shared: list[str] = Field(default_factory=list)

    @property
    def is_foreign(self) -> bool:
        """Whether another company reads along, or was asked to."""
        is_pending = self.is_pending_ext_shared or bool(self.pending_shared)
        return self.is_ext_shared or is_pending or (self.is_shared and not self.is_org_shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    has_outsiders: bool
    members: tuple[Person, ...] = ()


_UNKNOWN = _Place(has_outsiders=True)


class SlackAudiences:
    """Asks who is in a channel, and remembers it for three minutes.

    A channel has outsiders where it is shared with another company, or where a member is not known
    as a full member of the workspace; then, and where Slack does not tell, `has_outsiders` is set.
    """

    def __init__(
        self, calls: SlackCalls, people: SlackPeople, *, workspace: str, bot_user: str
    ) -> None:
        self._calls = calls
        self._people = people
        self._workspace = workspace
        self._bot_user = bot_user
        self._places: OrderedDict[str, tuple[float, float, _Place]] = OrderedDict()

    async def known(self, person: Person) -> Person:
        """Return `person` with what Slack tells; never raises."""
        return await self._people.known(person)

    async def of(self, message: IncomingMessage) -> Audience:
        """Return who will see a reply to `message`; never raises."""
        audience = message.audience
        if audience.visibility is Visibility.PERSON:
            return replace(audience, has_outsiders=audience.person.is_guest)
        if audience.has_outsiders or audience.person.is_guest:
            return replace(audience, has_outsiders=True)
        return await self.of_channel(message.thread.channel, audience.person)

    async def of_channel(self, channel: str, person: Person) -> Audience:
        """Return who will see what `person` causes us to post in `channel`; never raises."""
        place = await self._place(channel)
        return Audience(
            visibility=Visibility.CHANNEL,
            person=person,
            has_outsiders=place.has_outsiders,
            channel=f"{SLACK}:{self._workspace}:{channel}",
            members=place.members,
        )

    async def _place(self, channel: str) -> _Place:
        ends_s, told_s, known = self._places.get(channel, (0.0, 0.0, _UNKNOWN))
        now_s = time.monotonic()
        if ends_s > now_s:
            return known
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                place = await self._asked(channel)
        except (TimeoutError, ValidationError, AdapterError) as error:
            code = error.code if isinstance(error, AdapterError) else type(error).__name__
            log.warning("audience_unknown", code=code, platform=SLACK)
            place = known if told_s + _STALE_S > now_s else _UNKNOWN
            self._keep(channel, (now_s + _AGAIN_S, told_s, place))
            return place
        self._keep(channel, (now_s + _TTL_S, now_s, place))
        return place

    def _keep(self, channel: str, entry: tuple[float, float, _Place]) -> None:
        self._places[channel] = entry
        self._places.move_to_end(channel)
        while len(self._places) > _MAX_PLACES:
            self._places.popitem(last=False)

    async def _asked(self, channel: str) -> _Place:
        response = await self._calls.patiently(
            "conversations.info", lambda slack: slack.conversations_info(channel=channel)
        )
        about = _Channel.model_validate(response.get("channel") or {})
        if about.is_foreign:
            return _UNKNOWN
        members = await self._members(channel)
        if members is None:
            return _UNKNOWN
        if about.is_mpim:
            return await self._group(members)
        strange = members - await self._people.colleagues()
        return _Place(has_outsiders=bool(await self._outsiders(strange)))

    async def _members(self, channel: str) -> frozenset[str] | None:
        """Return the members but us; None where there are more than we ask for."""
        found, cursor = set[str](), ""
        for _ in range(_MAX_PAGES):
            asked = cursor
            response = await self._calls.patiently(
                "conversations.members",
                lambda slack, asked=asked: slack.conversations_members(  # type: ignore[misc]
                    channel=channel, cursor=asked or None, limit=_PAGE
                ),
            )
            found.update(map(str, response.get("members") or ()))
            cursor = str((response.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return frozenset(found - {self._bot_user})
        return None

    async def _group(self, members: frozenset[str]) -> _Place:
        if not 0 < len(members) <= _MAX_GROUP:
            return _UNKNOWN
        people = await self._known(members)
        return _Place(has_outsiders=any(person.is_guest for person in people), members=people)

    async def _outsiders(self, strange: frozenset[str]) -> bool:
        """Return whether one of those who are not on the list of colleagues is really none."""
        if len(strange) > _MAX_LOOKED_UP:
            return True
        return any(person.is_guest for person in await self._known(strange))

    async def _known(self, users: frozenset[str]) -> tuple[Person, ...]:
        people = (Person(id=user, workspace=self._workspace) for user in sorted(users))
        return tuple(await asyncio.gather(*map(self._people.known, people)))
