"""Who may read an issue in Jira: who may browse its project, and is of its security level."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import SourceError
from knowledge.ingestion.sources.api import ForbiddenError, JsonApi, MissingError
from knowledge.permissions import group, person_by_account, person_by_email
from knowledge.types import EVERYONE, Principal

REPORTER, ASSIGNEE = Principal("jira:reporter"), Principal("jira:assignee")
"""Whoever is that of the issue in question."""

_PUBLIC = Principal("public")
_BROWSE = "BROWSE_PROJECTS"
_PAGE_SIZE = 50
_MAX_PAGES = 100
_ALL = (_PUBLIC, EVERYONE)

Readers = frozenset[Principal]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(_Model):
    """A person, with the address where their profile shows it."""

    account: str = Field("", alias="accountId")
    email: str | None = Field(None, alias="emailAddress")
    is_active: bool = Field(default=True, alias="active")


class _Holder(_Model):
    type: str
    parameter: str | None = None
    value: str | None = None


class _Granted(_Model):
    permission: str
    holder: _Holder


class _Scheme(_Model):
    permissions: tuple[_Granted, ...] = ()


class _ActorGroup(_Model):
    name: str


class _Actor(_Model):
    user: Person | None = Field(None, alias="actorUser")
    group: _ActorGroup | None = Field(None, alias="actorGroup")


class _Role(_Model):
    actors: tuple[_Actor, ...] = ()


class _Project(_Model):
    lead: Person | None = None


class _Named(_Model):
    id: str


class _Levels(_Model):
    levels: tuple[_Named, ...] = ()


class _Member(_Model):
    holder: _Holder


class _Members(_Model):
    values: tuple[_Member, ...]
    is_last: bool = Field(alias="isLast")


class _People(_Model):
    values: tuple[Person, ...]
    is_last: bool = Field(alias="isLast")


class _Application(_Model):
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRules:
    """Who may browse a project, and who is of each security level, by its id.

    `members` are the people of a group, where levels make that count; `digest` changes with any
    of it.
    """

    browse: Readers
    levels: Mapping[str, Readers]
    members: Mapping[Principal, Readers]

    @property
    def digest(self) -> str:
        """Return a hash of who may read what in the project."""
        levels = sorted((level, sorted(named)) for level, named in self.levels.items())
        members = sorted((name, sorted(people)) for name, people in self.members.items())
        return hashlib.sha256(repr((sorted(self.browse), levels, members)).encode()).hexdigest()[
            :16
        ]

    def readers(
        self, level: str | None, reporter: Person | None, assignee: Person | None
    ) -> Readers:
        """Return who may read an issue of that level, or without one; nobody if that is unclear."""
        of_issue = {REPORTER: person_of(reporter), ASSIGNEE: person_of(assignee)}
        browse = _meant(self.browse, of_issue)
        if level is None:
            return browse
        named = _meant(self.levels.get(level, frozenset()), of_issue)
        if any(one in browse for one in _ALL):
            return named
        if any(one in named for one in _ALL):
            return browse
        return (browse & named) | (self._people(browse) & self._people(named))

    def _people(self, named: Readers) -> Readers:
        of_groups = (self.members.get(each, frozenset()) for each in named)
        return frozenset(n for n in named if n.startswith("user:")).union(*of_groups)


@dataclass(slots=True)
class JiraPermissions:
    """Asks Jira who may read; what it asked it remembers, so make a new one for each sync."""

    api: JsonApi
    source: str
    _people: dict[str, Readers] = field(default_factory=dict)
    _members: dict[Principal, Readers] = field(default_factory=dict)

    async def rules(self, project: str, *, browse: Readers) -> ProjectRules:
        """Return the rules of a project; `browse` overrules who may see it at all, unless empty.

        Raises:
            SourceError: Jira does not tell; the message says what it takes.
        """
        try:
            seen = browse or await self._browse(project)
            found = await self.api.get(f"/rest/api/3/project/{project}/securitylevel", _Levels)
        except (ForbiddenError, MissingError) as error:
            raise SourceError(
                f"Jira does not tell who may see {project}: check `projects`; its token's person "
                "must administer Jira, or `readers` must say it"
            ) from error
        levels = {each.id: await self._level(project, each.id) for each in found.levels}
        used = [seen, *levels.values()] if levels else []
        named = {one for principals in used for one in principals if one.startswith(self._groups)}
        members = {one: await self.in_group(one) for one in sorted(named)}
        return ProjectRules(browse=seen, levels=levels, members=members)

    async def _browse(self, project: str) -> Readers:
        path = f"/rest/api/3/project/{project}/permissionscheme?expand=permissions"
        scheme = await self.api.get(path, _Scheme)
        holders = [each.holder for each in scheme.permissions if each.permission == _BROWSE]
        return await self._named(project, holders)

    async def _level(self, project: str, level: str) -> Readers:
        holders: list[_Holder] = []
        for number in range(_MAX_PAGES):
            asked = {"levelId": level, "startAt": number * _PAGE_SIZE, "maxResults": _PAGE_SIZE}
            path = f"/rest/api/3/issuesecurityschemes/level/member?{urlencode(asked)}"
            try:
                page = await self.api.get(path, _Members)
            except (ForbiddenError, MissingError):
                return frozenset()  # nobody, then, as far as one can tell
            holders += [member.holder for member in page.values]
            if page.is_last:
                break
        return await self._named(project, holders)

    async def _named(self, project: str, holders: Iterable[_Holder]) -> Readers:
        named: set[Principal] = set()
        for holder in holders:
            named |= await self._holds(project, holder)
        return frozenset(named)

    async def _holds(self, project: str, holder: _Holder) -> Readers:
        parameter = holder.parameter or holder.value or ""
        named: Readers = frozenset()  # fields of issues, a portal's customers, what is to come
        match holder.type:
            case "anyone":
                named = frozenset({_PUBLIC})
            case "applicationRole":
                named = await self._application(parameter)
            case "group" if parameter:
                named = frozenset({self._group(parameter)})
            case "user" if parameter:
                named = await self._person(parameter)
            case "projectRole" if parameter:
                named = await self._role(project, parameter)
            case "projectLead":
                named = await self._lead(project)
            case "reporter":
                named = frozenset({REPORTER})
            case "assignee":
                named = frozenset({ASSIGNEE})
        return named

    async def _application(self, key: str) -> Readers:
        if not key:
            return frozenset({EVERYONE})  # whoever has an account
        application = await self.api.get(f"/rest/api/3/applicationrole/{key}", _Application)
        return frozenset(map(self._group, application.groups))

    async def _role(self, project: str, role: str) -> Readers:
        found = await self.api.get(f"/rest/api/3/project/{project}/role/{role}", _Role)
        named: set[Principal] = set()
        for actor in found.actors:
            if actor.group is not None:
                named.add(self._group(actor.group.name))
            elif actor.user is not None:
                named |= await self._person(actor.user.account)
        return frozenset(named)

    async def _lead(self, project: str) -> Readers:
        found = await self.api.get(f"/rest/api/3/project/{project}", _Project)
        return await self._person(found.lead.account) if found.lead else frozenset()

    async def _person(self, account: str) -> Readers:
        if account not in self._people:
            path = f"/rest/api/3/user?{urlencode({'accountId': account})}"
            try:
                self._people[account] = person_of(await self.api.get(path, Person))
            except MissingError:
                self._people[account] = frozenset()
        return self._people[account]

    def _group(self, name: str) -> Principal:
        return group(name, source=self.source)

    @property
    def _groups(self) -> str:
        return f"group:{self.source}/"

    async def in_group(self, principal: Principal) -> Readers:
        """Return the people of a group that is Jira's own; nobody where that is not told."""
        if principal not in self._members:
            people: set[Principal] = set()
            for number in range(_MAX_PAGES):
                asked = {
                    "groupname": unquote(principal.removeprefix(self._groups)),
                    "startAt": number * _PAGE_SIZE,
                    "maxResults": _PAGE_SIZE,
                }
                try:
                    path = f"/rest/api/3/group/member?{urlencode(asked)}"
                    page = await self.api.get(path, _People)
                except (ForbiddenError, MissingError):
                    break
                people = people.union(*(person_of(each) for each in page.values if each.is_active))
                if page.is_last:
                    break
            self._members[principal] = frozenset(people)
        return self._members[principal]


def person_of(person: Person | None) -> Readers:
    """Return a person as a principal; nobody where there is none."""
    if person is None:
        return frozenset()
    try:
        return frozenset({person_by_email(person.email or "")})
    except ValueError:
        named = person.account
        return frozenset({person_by_account("jira", named)}) if named else frozenset()


def _meant(named: Readers, of_issue: Mapping[Principal, Readers]) -> Readers:
    plain = frozenset(named - set(of_issue))
    return plain.union(*(people for mark, people in of_issue.items() if mark in named))
