"""Who is in a Google group: by the directory of Workspace, else by Cloud Identity."""

import contextlib
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import SourceError
from knowledge.ingestion.sources.api import Authorizer, ForbiddenError, JsonApi, MissingError

DIRECTORY_SCOPE = "https://www.googleapis.com/auth/admin.directory.group.member.readonly"
IDENTITY_SCOPE = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
_PAGE_SIZE = 200  # the most that the directory gives
_MAX_PAGES = 200
_MAX_NESTED = 200  # groups within one group
_ACTIVE = frozenset({"", "ACTIVE"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Member(_Model):
    email: str = ""
    type: str = ""
    status: str = ""


class _Members(_Model):
    members: tuple[_Member, ...] = ()
    following: str = Field("", alias="nextPageToken")


class _Found(_Model):
    name: str = Field(pattern=r"^groups/[A-Za-z0-9_-]+$")


class _Key(_Model):
    id: str


class _Membership(_Model):
    key: _Key = Field(alias="preferredMemberKey")
    type: str = ""


class _Memberships(_Model):
    memberships: tuple[_Membership, ...] = ()
    following: str = Field("", alias="nextPageToken")


class GoogleGroups:
    """Tells the addresses of a group's people, in nested groups too.

    The directory needs an administrator's right to read groups; Cloud Identity lets in whoever may
    see a group's members.
    """

    def __init__(
        self,
        *,
        directory_url: str,
        directory: Authorizer,
        identity_url: str,
        identity: Authorizer,
    ) -> None:
        self._directory = JsonApi("Google's directory", directory_url, {}, authorizer=directory)
        self._identity = JsonApi("Cloud Identity", identity_url, {}, authorizer=identity)

    async def people_of(self, address: str) -> frozenset[str] | None:
        """Return the addresses of the people in a group; None where there is no such group.

        Raises:
            ForbiddenError: Neither shows this group.
            SourceError: Google does not answer, or gives no token.
        """
        try:
            return await self._in_directory(address)
        except MissingError:
            return None
        except SourceError as error:
            if error.is_temporary:
                raise
        try:  # no administrator's right: Cloud Identity asks for less
            return await self._in_identity(address)
        except MissingError:
            return None

    async def close(self) -> None:
        """Close the connections."""
        await self._directory.close()
        await self._identity.close()

    async def _in_directory(self, address: str) -> frozenset[str]:
        found: set[str] = set()
        asked: dict[str, str | int] = {
            "includeDerivedMembership": "true",
            "maxResults": _PAGE_SIZE,
        }
        for _ in range(_MAX_PAGES):
            path = f"/groups/{quote(address, safe='')}/members"
            page = await self._directory.get(path, _Members, **asked)
            people = (m for m in page.members if m.type == "USER" and m.status in _ACTIVE)
            found.update(member.email for member in people if member.email)
            if not page.following:
                break
            asked["pageToken"] = page.following
        return frozenset(found)

    async def _in_identity(self, address: str) -> frozenset[str]:
        people: set[str] = set()
        seen, waiting = {address.lower()}, await self._memberships(address)
        while waiting:
            member = waiting.pop()
            where = member.key.id.lower()
            if member.type == "USER":
                people.add(where)
            elif member.type == "GROUP" and where not in seen and len(seen) < _MAX_NESTED:
                seen.add(where)
                with contextlib.suppress(ForbiddenError, MissingError):  # nobody, then
                    waiting += await self._memberships(where)
        return frozenset(people)

    async def _memberships(self, address: str) -> list[_Membership]:
        key: dict[str, str | int] = {"groupKey.id": address}
        group = await self._identity.get("/groups:lookup", _Found, **key)
        found: list[_Membership] = []
        asked: dict[str, str | int] = {"pageSize": _PAGE_SIZE, "view": "FULL"}
        for _ in range(_MAX_PAGES):
            page = await self._identity.get(f"/{group.name}/memberships", _Memberships, **asked)
            found += page.memberships
            if not page.following:
                break
            asked["pageToken"] = page.following
        return found
