"""Who someone is: Slack's answers about people and user groups, remembered for a while."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from pydantic import BaseModel, Field, ValidationError

from adapters.errors import AdapterError
from adapters.slack.calls import SLACK, SlackCalls
from adapters.types import Person, PlatformRole
from adapters.words import language_in

log = structlog.get_logger(__name__)

_TTL_S = 600.0
_STALE_S = 3600.0  # what was known so long ago holds when Slack does not answer
_MAX_PEOPLE = 10_000
_MAX_MEMBERSHIPS = 200_000
_TIMEOUT_S = 1.0  # a message waits for this, and its acknowledgement too
_AGAIN_S = 60.0
_MAX_NAME = 200
_PAGE = 1_000
_MAX_PAGES = 50


class _Profile(BaseModel, extra="ignore"):
    email: str | None = None
    real_name: str | None = None
    display_name: str | None = None


class _Enterprise(BaseModel, extra="ignore"):
    teams: list[str] = []


class _User(BaseModel, extra="ignore"):
    """What we read of a user (https://docs.slack.dev/reference/objects/user-object)."""

    team_id: str | None = None
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    is_owner: bool = False
    is_email_confirmed: bool = False
    real_name: str | None = None
    locale: str | None = None
    profile: _Profile = _Profile()
    enterprise_user: _Enterprise = _Enterprise()


class _Group(BaseModel, extra="ignore"):
    id: str
    is_external: bool = False
    date_delete: int = 0
    users: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    is_guest: bool
    name: str = ""
    email: str = ""
    role: PlatformRole = PlatformRole.MEMBER
    language: str = ""


_STRANGER = _About(is_guest=True)


class SlackPeople:
    """Looks people up with `users.info` and `usergroups.list`.

    Whom Slack does not tell about counts as a guest, without an address and without groups.
    """

    def __init__(self, calls: SlackCalls, *, workspace: str) -> None:
        self._calls = calls
        self._workspace = workspace
        self._known: OrderedDict[str, tuple[float, _About]] = OrderedDict()
        self._groups: Mapping[str, frozenset[str]] = {}
        self._groups_end_s = 0.0
        self._groups_told_s = 0.0
        self._asking = asyncio.Lock()
        self._colleagues: frozenset[str] = frozenset()
        self._colleagues_end_s = 0.0
        self._listing: asyncio.Task[None] | None = None

    async def known(self, person: Person) -> Person:
        """Return `person` with what Slack tells: guest or not, name, verified address, groups."""
        about, groups = await asyncio.gather(self._about(person.id), self._groups_of(person.id))
        is_guest = person.is_guest or about.is_guest
        return replace(
            person,
            is_guest=is_guest,
            name=about.name,
            email=about.email,
            groups=frozenset() if is_guest else groups,
            role=PlatformRole.MEMBER if is_guest else about.role,
            language=about.language,
        )

    async def _about(self, user: str) -> _About:
        ends_s, known = self._known.get(user, (0.0, _STRANGER))
        if ends_s > time.monotonic():
            return known
        kept = known if ends_s + _STALE_S > time.monotonic() else _STRANGER
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._calls.hastily(
                    "users.info",
                    lambda slack: slack.users_info(user=user, include_locale=True),
                )
            about = self._about_of(response.get("user") or {})
        except TimeoutError:
            return kept
        except ValidationError:
            log.warning("person_unread", platform=SLACK)
            return kept
        except AdapterError as error:
            log.info("person_unknown", code=error.code, platform=SLACK)
            if error.code != "unknown_method":  # a Slack-like server that knows no guests
                return kept
            about = _About(is_guest=False)
        self._known[user] = (time.monotonic() + _TTL_S, about)
        while len(self._known) > _MAX_PEOPLE:
            self._known.popitem(last=False)
        return about

    def _about_of(self, told: object) -> _About:
        user = _User.model_validate(told)
        teams = {user.team_id, *user.enterprise_user.teams} - {None}
        is_ours = self._workspace in teams
        is_guest = user.is_restricted or user.is_ultra_restricted or user.is_stranger
        # An address maps to documents, so it must be one that Slack itself has seen confirmed.
        is_verified = is_ours and user.is_email_confirmed and not (user.deleted or user.is_bot)
        email = (user.profile.email or "").strip() if is_verified else ""
        role = PlatformRole.ADMIN if user.is_admin else PlatformRole.MEMBER
        role = PlatformRole.OWNER if user.is_owner else role
        name = user.profile.real_name or user.real_name or user.profile.display_name or ""
        return _About(
            is_guest=is_guest or (bool(teams) and not is_ours),
            name=" ".join(name.split())[:_MAX_NAME],
            email=email.lower() if email.isascii() else "",  # `lower` changes other letters
            role=role if is_ours and not (user.deleted or user.is_bot) else PlatformRole.MEMBER,
            language=language_in(user.locale or ""),
        )

    async def colleagues(self) -> frozenset[str]:
        """Return the ids of the workspace's full members, as `users.list` told of late.

        Raises:
            AdapterError: Slack did not tell.
        """
        if self._colleagues_end_s <= time.monotonic():
            if self._listing is None or self._listing.done():
                self._listing = asyncio.create_task(self._list_colleagues())
            await asyncio.shield(self._listing)  # it goes on for the next one who asks
        return self._colleagues

    async def _list_colleagues(self) -> None:
        found, cursor = set[str](), ""
        for _ in range(_MAX_PAGES):
            asked = cursor
            response = await self._calls.patiently(
                "users.list",
                lambda slack, asked=asked: slack.users_list(cursor=asked or None, limit=_PAGE),  # type: ignore[misc]
            )
            for each in response.get("members") or ():
                if not self._about_of(each).is_guest and not each.get("deleted"):
                    found.add(str(each["id"]))
            cursor = str((response.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        else:
            log.warning("too_many_people", platform=SLACK)  # the others are looked up, or outside
        self._colleagues = frozenset(found)
        self._colleagues_end_s = time.monotonic() + _TTL_S

    async def _groups_of(self, user: str) -> frozenset[str]:
        async with self._asking:
            if self._groups_end_s <= time.monotonic():
                await self._ask_groups()
        return self._groups.get(user, frozenset())

    async def _ask_groups(self) -> None:
        """Ask for all groups at once: one call serves every person for a while."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._calls.hastily(
                    "usergroups.list", lambda slack: slack.usergroups_list(include_users=True)
                )
            groups = [_Group.model_validate(each) for each in response.get("usergroups") or []]
        except (TimeoutError, ValidationError, AdapterError) as error:
            code = error.code if isinstance(error, AdapterError) else type(error).__name__
            log.info("groups_unknown", code=code, platform=SLACK)
            if self._groups_told_s + _TTL_S + _STALE_S < time.monotonic():
                self._groups = {}
            self._groups_end_s = time.monotonic() + _AGAIN_S
            return
        self._groups = _memberships(groups, self._workspace)
        self._groups_told_s = time.monotonic()
        self._groups_end_s = self._groups_told_s + _TTL_S


def _memberships(groups: list[_Group], workspace: str) -> Mapping[str, frozenset[str]]:
    """Return each user's groups; a name could be taken by anyone, so a group goes by its id."""
    found: dict[str, set[str]] = defaultdict(set)
    left = _MAX_MEMBERSHIPS
    for group in groups:
        if group.is_external or group.date_delete:
            continue
        left -= len(group.users)
        if left < 0:
            log.warning("too_many_memberships", platform=SLACK)
            break
        for user in group.users:
            found[user].add(f"{SLACK}:{workspace}:{group.id}")
    return {user: frozenset(theirs) for user, theirs in found.items()}
