"""Whom a file in SharePoint or OneDrive is shared with, as principals; the unknown is nobody."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from knowledge.permissions import group, person_by_account, person_by_email
from knowledge.types import EVERYONE, Principal

_PUBLIC = Principal("public")
_READING = frozenset({"read", "write", "owner", "sp.full control"})  # limited access is not
_PERSON = re.compile(r"i:0#\.f\|membership\|([^|]+)")
_ENTRA_GROUP = re.compile(
    r"c:0[to]\.c\|(?:tenant|federateddirectoryclaimprovider)\|([0-9a-f-]{36})"
)
_EVERYONE = re.compile(r"c:0-\.f\|rolemanager\|spo-grid-all-users/[0-9a-f-]{36}|c:0\(\.s\|true")
_GUEST = "#ext#"
_NO_END = "0001-"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Identity(_Model):
    id: str | None = None
    email: str | None = None
    name: str | None = Field(None, alias="displayName")
    login: str | None = Field(None, alias="loginName")


class _Granted(_Model):
    user: _Identity | None = None
    group: _Identity | None = None
    site_user: _Identity | None = Field(None, alias="siteUser")
    site_group: _Identity | None = Field(None, alias="siteGroup")


class _Link(_Model):
    scope: str = ""


class Permission(_Model):
    """One permission of a drive's item, or a link to it."""

    roles: tuple[str, ...] = ()
    link: _Link | None = None
    granted: _Granted | None = Field(None, alias="grantedToV2")
    granted_to_all: tuple[_Granted, ...] = Field(default=(), alias="grantedToIdentitiesV2")
    ends: str | None = Field(None, alias="expirationDateTime")
    has_password: bool | None = Field(None, alias="hasPassword")


class GraphReaders:
    """Says who may read by an item's permissions; what is not understood adds nobody.

    Who is in a site's own groups Graph does not tell: `site_groups` say what each stands for, by
    its name, an Entra group's id or `everyone`.
    """

    def __init__(self, source: str, site_groups: Mapping[str, str]) -> None:
        self._source = source
        self._site_groups = {name.lower(): meant for name, meant in site_groups.items()}

    def of(self, permissions: Iterable[Permission]) -> frozenset[Principal]:
        """Return who may read by these permissions."""
        return frozenset(reader for each in permissions for reader in self._readers(each))

    def group_id(self, principal: Principal) -> str:
        """Return the Entra id of a group that `of` returned."""
        return unquote(principal.removeprefix(f"group:{self._source}/"))

    def _readers(self, permission: Permission) -> frozenset[Principal]:
        if not _READING.intersection(permission.roles) or _is_over(permission.ends):
            return frozenset()
        if permission.link is not None and permission.link.scope == "anonymous":
            return frozenset() if permission.has_password else frozenset({_PUBLIC})
        if permission.link is not None and permission.link.scope == "organization":
            return frozenset({EVERYONE})
        named = [*permission.granted_to_all]
        if permission.link is None and permission.granted is not None:
            named.append(permission.granted)
        return frozenset(reader for each in named if (reader := self._reader(each)) is not None)

    def _reader(self, granted: _Granted) -> Principal | None:
        login = ((granted.site_user and granted.site_user.login) or "").lower()
        try:
            if granted.group is not None:
                return self._group(granted.group.id or "")
            if _EVERYONE.fullmatch(login):
                return EVERYONE
            if found := _ENTRA_GROUP.fullmatch(login):
                return self._group(found[1])
            if granted.site_group is not None:
                return self._site_group((granted.site_group.name or "").lower())
            return _person(granted, login)
        except ValueError:
            return None  # without a name

    def _group(self, entra_id: str) -> Principal:
        return group(entra_id.lower(), source=self._source)

    def _site_group(self, name: str) -> Principal | None:
        meant = self._site_groups.get(name, "")
        return EVERYONE if meant == EVERYONE else self._group(meant)


def _person(granted: _Granted, login: str) -> Principal:
    user, site_user = granted.user or _Identity(), granted.site_user or _Identity()
    found = _PERSON.fullmatch(login)
    named = found[1] if found and _GUEST not in found[1] else ""
    if address := user.email or site_user.email or named:
        return person_by_email(address)
    return person_by_account("microsoft", user.id or "")


def _is_over(ends: str | None) -> bool:
    if not ends or ends.startswith(_NO_END):
        return False
    try:
        return datetime.fromisoformat(ends).astimezone(UTC) <= datetime.now(UTC)
    except ValueError:
        return True
