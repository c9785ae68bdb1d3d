"""A strict stand-in for Google: tokens for a service account, Drive's files, who is in groups."""

import base64
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servers.vendor import Vendor

_KEY = rsa.generate_private_key(65537, 2048)
_AUTH = "https://www.googleapis.com/auth"
_DRIVE = f"{_AUTH}/drive.readonly"
_DIRECTORY = f"{_AUTH}/admin.directory.group.member.readonly"
_IDENTITY = f"{_AUTH}/cloud-identity.groups.readonly"


@dataclass(kw_only=True)
class File:
    """A file, and whom it is shared with; `is_in_drive`: in a shared drive."""

    name: str
    kind: str = "text/plain"
    content: bytes = b"words"
    modified: str = "2026-01-01T00:00:00Z"
    shared: list[dict[str, str]] = field(default_factory=list)
    is_in_drive: bool = False
    hides_permissions: bool = False
    is_trashed: bool = False


class GoogleDrive(Vendor):
    """Serves `files` by id and tells changes, and who is in `groups`, by address.

    A token is for one scope; after `expire()` none that was given is good. The directory is for
    administrators, and Cloud Identity for those who may see a group.
    """

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.files: dict[str, File] = {}
        self.oldest_change = 0
        self.granted = 0
        self._changed: list[str] = []
        self._most = most
        self.groups: dict[str, list[str]] = {}
        self.suspended: set[str] = set()
        self.hidden_groups: set[str] = set()
        self.is_administrator = True
        self._tokens: dict[str, str] = {}
        self.application.router.add_post("/token", self._grant)
        self.route("GET", "/drive/files", self._list)
        self.route("GET", "/drive/files/{id}", self._media)
        self.route("GET", "/drive/files/{id}/export", self._export)
        self.route("GET", "/drive/files/{id}/permissions", self._permissions)
        self.route("GET", "/drive/changes/startPageToken", self._start)
        self.route("GET", "/drive/changes", self._changes)
        self.route("GET", "/directory/groups/{group}/members", self._members)
        self.route("GET", "/identity/groups:lookup", self._lookup)
        self.route("GET", "/identity/groups/{group}/memberships", self._memberships)

    @property
    def key_file(self) -> str:
        """What a service account's key file holds."""
        pem = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        uri = self.url("/token")
        return json.dumps({"client_email": "sa@g.example", "private_key": pem, "token_uri": uri})

    def change(self, file_id: str, file: File | None) -> None:
        """Add, change or remove a file, and tell it."""
        if file is None:
            self.files.pop(file_id)
        else:
            self.files[file_id] = file
        self._changed.append(file_id)

    def expire(self) -> None:
        """Make the token that was given invalid."""
        self._tokens = {}

    def is_authorized(self, request: web.Request) -> bool:
        scopes = {"drive": _DRIVE, "directory": _DIRECTORY, "identity": _IDENTITY}
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self._tokens.get(token) == scopes[request.path.split("/")[1]]

    async def _grant(self, request: web.Request) -> web.Response:
        form = await request.post()
        head, claim, signature = str(form["assertion"]).split(".")
        try:
            _KEY.public_key().verify(
                _decoded(signature), f"{head}.{claim}".encode(), PKCS1v15(), SHA256()
            )
        except InvalidSignature:
            return self.refuse("token: signature", 401)
        told = json.loads(_decoded(claim))
        lasts_s = told["exp"] - told["iat"]
        is_known = told["scope"] in (_DRIVE, _DIRECTORY, _IDENTITY)
        if not is_known or told["aud"] != self.url("/token") or lasts_s > 3600:
            return self.refuse(f"token: {told}")
        if abs(told["iat"] - time.time()) > 60:
            return self.refuse("token: clock")
        self.granted += 1
        token = f"ya29.{self.granted}"
        self._tokens[token] = told["scope"]
        return web.json_response({"access_token": token, "expires_in": 3599})

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        if "trashed = false" not in query["q"] or "permissions(" not in query["fields"]:
            return self.refuse(f"files: {dict(query)}")
        ids = [name for name, file in self.files.items() if not file.is_trashed]
        start = int(query.get("pageToken", "0"))
        answer: dict[str, Any] = {
            "files": [self._shown(name) for name in ids[start : start + self._most]]
        }
        if start + self._most < len(ids):
            answer["nextPageToken"] = str(start + self._most)
        return web.json_response(answer)

    async def _start(self, _request: web.Request) -> web.Response:
        return web.json_response({"startPageToken": f"c{len(self._changed)}"})

    async def _changes(self, request: web.Request) -> web.Response:
        found = re.fullmatch(r"c(\d+)", request.query["pageToken"])
        if found is None or int(found[1]) < self.oldest_change:
            return web.json_response({"error": {"message": "Invalid page token"}}, status=400)
        start = int(found[1])
        end = min(start + self._most, len(self._changed))
        changes = [
            {"fileId": name, "removed": name not in self.files}
            | ({"file": self._shown(name)} if name in self.files else {})
            for name in self._changed[start:end]
        ]
        more = end < len(self._changed)
        following = {"nextPageToken" if more else "newStartPageToken": f"c{end}"}
        return web.json_response({"changes": changes, **following})

    async def _media(self, request: web.Request) -> web.Response:
        file = self.files.get(request.match_info["id"])
        if file is None:
            return web.json_response({}, status=404)
        if request.query.get("alt") != "media" or "google-apps" in file.kind:
            return self.refuse("media of a native file")
        return web.Response(body=file.content)

    async def _export(self, request: web.Request) -> web.Response:
        file = self.files[request.match_info["id"]]
        if "google-apps" not in file.kind or "openxmlformats" not in request.query["mimeType"]:
            return self.refuse("export")
        return web.Response(body=file.content)

    async def _permissions(self, request: web.Request) -> web.Response:
        file = self.files[request.match_info["id"]]
        if file.hides_permissions:
            return web.json_response({"error": {"code": 403}}, status=403)
        start = int(request.query.get("pageToken", "0"))
        shown = file.shared[start : start + self._most]
        more = start + self._most < len(file.shared)
        following = {"nextPageToken": str(start + self._most)} if more else {}
        return web.json_response({"permissions": shown, **following})

    async def _members(self, request: web.Request) -> web.Response:
        if not self.is_administrator:
            return web.json_response({"error": {"code": 403}}, status=403)
        asked = request.match_info["group"]
        if asked not in self.groups:
            return web.json_response({"error": {"code": 404}}, status=404)
        if request.query.get("includeDerivedMembership") != "true":
            return self.refuse("members: only direct ones are asked for")
        found = [
            {"email": name, "type": "USER"}
            | {"status": "SUSPENDED" if name in self.suspended else "ACTIVE"}
            for name in self._people(asked)
        ]
        return self._page(request, found, "members")

    async def _lookup(self, request: web.Request) -> web.Response:
        asked = request.query["groupKey.id"]
        if asked not in self.groups or asked in self.hidden_groups:
            return web.json_response({"error": {"code": 403}}, status=403)
        return web.json_response({"name": f"groups/{_coded(asked)}"})

    async def _memberships(self, request: web.Request) -> web.Response:
        asked = next(name for name in self.groups if _coded(name) == request.match_info["group"])
        found = [
            {
                "name": f"groups/{_coded(asked)}/memberships/{number}",
                "preferredMemberKey": {"id": name},
                "type": "GROUP" if name in self.groups else "USER",
            }
            for number, name in enumerate(self.groups[asked])
        ]
        return self._page(request, found, "memberships")

    def _page(self, request: web.Request, found: list[dict[str, Any]], name: str) -> web.Response:
        start = int(request.query.get("pageToken", "0"))
        more = start + self._most < len(found)
        following = {"nextPageToken": str(start + self._most)} if more else {}
        return web.json_response({name: found[start : start + self._most], **following})

    def _people(self, name: str) -> list[str]:
        """Return who is in a group, in those within it too; none is within itself here."""
        each = (self._people(m) if m in self.groups else [m] for m in self.groups[name])
        return [person for people in each for person in people]

    def _shown(self, name: str) -> dict[str, Any]:
        file = self.files[name]
        is_native = "google-apps" in file.kind
        about: dict[str, Any] = {
            "id": name,
            "name": file.name,
            "mimeType": file.kind,
            "modifiedTime": file.modified,
            "webViewLink": f"https://drive.example/{name}",
            "trashed": file.is_trashed,
        }
        if not is_native:
            about["md5Checksum"] = f"{hash(file.content):x}"
        if not file.is_in_drive:
            about["permissions"] = file.shared
        return about


def _coded(name: str) -> str:
    return name.encode().hex()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
