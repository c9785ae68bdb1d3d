"""Whom a file in SharePoint or OneDrive is shared with, as principals; the unknown is nobody."""

import re
from datetime import UTC, datetime

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


def readers_of(permissions: tuple[Permission, ...]) -> frozenset[Principal]:
    """Return who may read by these permissions; what is not understood adds nobody."""
    return frozenset(reader for each in permissions for reader in _readers(each))


def _readers(permission: Permission) -> frozenset[Principal]:
    if not _READING.intersection(permission.roles) or _is_over(permission.ends):
        return frozenset()
    named = [*permission.granted_to_all]
    if permission.link is not None and permission.link.scope == "anonymous":
        return frozenset() if permission.has_password else frozenset({_PUBLIC})
    if permission.link is not None and permission.link.scope == "organization":
        return frozenset({EVERYONE})
    if permission.link is None and permission.granted is not None:
        named.append(permission.granted)
    return frozenset(reader for each in named if (reader := _reader(each)) is not None)


def _reader(granted: _Granted) -> Principal | None:
    login = ((granted.site_user and granted.site_user.login) or "").lower()
    try:
        if granted.group is not None:
            return group((granted.group.email or granted.group.id or "").lower())
        if _EVERYONE.fullmatch(login):
            return EVERYONE
        if found := _ENTRA_GROUP.fullmatch(login):
            return group(found[1])
        if granted.site_group is not None:
            return group(granted.site_group.name or "")
        return _person(granted, login)
    except ValueError:
        return None  # without a name


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
