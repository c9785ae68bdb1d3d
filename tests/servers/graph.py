"""A strict stand-in for Microsoft Graph: tokens, drives, deltas, permissions, and files."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.filehost import FileHost
from tests.servers.vendor import Vendor

TENANT, CLIENT, SECRET = "acme.example", "app-1", "ms-valid"
_ROOT = "root"
_PREFER = {
    "deltashowremovedasdeleted",
    "deltatraversepermissiongaps",
    "deltashowsharingchanges",
}


def person(email: str, role: str = "read") -> dict[str, Any]:
    """Return a permission of one person."""
    return {"roles": [role], "grantedToV2": {"user": {"id": f"id-{email}", "email": email}}}


def link(scope: str, *people: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Return a sharing link; `people` are those whom it names."""
    named = [each["grantedToV2"] for each in people]
    return {"roles": ["read"], "link": {"scope": scope}, "grantedToIdentitiesV2": named, **about}


@dataclass(kw_only=True)
class Item:
    """A file or a folder; without `shared` it inherits from its folder, as SharePoint has it."""

    name: str
    parent: str = _ROOT
    content: bytes | None = b"words"  # a folder has none
    shared: list[dict[str, Any]] | None = None
    hides_permissions: bool = False


class Graph(Vendor):
    """Serves one drive, at most `most` items at once; a token is for one use after `expire()`."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.items = {_ROOT: Item(name=_ROOT, parent="", content=None, shared=[])}
        self.members: dict[str, list[str]] = {}  # of groups; without an address it is a device
        self.holds_back: set[str] = set()  # files that may not be downloaded
        self.granted = 0
        self.oldest_change = 0
        self.files = FileHost(lambda item: self.items[item].content, self.violations)
        self._changed: list[str] = []
        self._most = most
        self._token = ""
        self.application.router.add_post(f"/login/{TENANT}/oauth2/v2.0/token", self._grant)
        drive = "/v1.0/drives/b!1"
        self.route("GET", "/v1.0/sites/acme.sharepoint.com:/sites/eng", self._site)
        self.route("GET", "/v1.0/sites/s1/drives", self._drives)
        self.route("GET", "/v1.0/users/ann@acme.example/drive", self._drive)
        self.route("GET", "/v1.0/groups/{group}/transitiveMembers", self._in_group)
        self.route("GET", f"{drive}/root/delta", self._delta)
        self.route("GET", f"{drive}/items/{{item}}/children", self._children)
        self.route("GET", f"{drive}/items/{{item}}/permissions", self._permissions)
        self.route("GET", f"{drive}/items/{{item}}/content", self._content)

    async def enter(self) -> None:
        await self.files.start()

    async def leave(self) -> None:
        await self.files.stop()

    def change(self, item_id: str, item: Item | None) -> None:
        """Add, change or remove an item, and tell it; nothing is told of what is below it."""
        if item is None:
            self.items.pop(item_id)
        else:
            self.items[item_id] = item
        self._changed.append(item_id)

    def expire(self) -> None:
        """Make the token that was given invalid."""
        self._token = "nobody has this one"

    def is_authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self._token}"

    async def _grant(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        if form.pop("client_secret", "") != SECRET:
            return web.json_response({"error": "invalid_client"}, status=401)
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "scope": f"{self.url()}/.default",
        }
        if form != wanted:
            return self.refuse(f"token: {form}")
        self.granted += 1
        self._token = f"eyJ.{self.granted}"
        return web.json_response({"access_token": self._token, "expires_in": 3599})

    async def _site(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "s1"})

    async def _drives(self, _request: web.Request) -> web.Response:
        return web.json_response({"value": [{"id": "b!1"}]})

    async def _drive(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "b!1"})

    async def _delta(self, request: web.Request) -> web.Response:
        asked = {each.strip() for each in request.headers.get("Prefer", "").split(",")}
        if asked != _PREFER or "deltaExcludeParent" not in request.headers:
            return self.refuse(f"delta: {asked}")
        kind, at, upto = request.query.get("token", f"all-0-{len(self._changed)}").split("-")
        if kind == "since" and int(at) < self.oldest_change:
            return web.json_response({"error": {"code": "resyncRequired"}}, status=410)
        ids = list(self.items) if kind == "all" else self._changed
        end = min(int(at) + self._most, len(ids))
        answer: dict[str, Any] = {"value": [self._shown(i) for i in ids[int(at) : end]]}
        path = "/v1.0/drives/b!1/root/delta"
        if end < len(ids):
            answer["@odata.nextLink"] = self.url(f"{path}?token={kind}-{end}-{upto}")
        else:
            start = upto if kind == "all" else end
            answer["@odata.deltaLink"] = self.url(f"{path}?token=since-{start}-0")
        return web.json_response(answer)

    async def _children(self, request: web.Request) -> web.Response:
        item = request.match_info["item"]
        below = [name for name, each in self.items.items() if each.parent == item]
        return self._paged(request, [self._shown(name) for name in below])

    async def _permissions(self, request: web.Request) -> web.Response:
        item = self.items.get(request.match_info["item"])
        if item is None:
            return web.json_response({"error": {"code": "itemNotFound"}}, status=404)
        if item.hides_permissions:
            return web.json_response({"error": {"code": "accessDenied"}}, status=403)
        while item.shared is None:
            item = self.items[item.parent]
        return self._paged(request, item.shared)

    async def _in_group(self, request: web.Request) -> web.Response:
        named = self.members.get(request.match_info["group"])
        if named is None:
            return web.json_response({"error": {"code": "Authorization_RequestDenied"}}, status=403)
        kinds = ("#microsoft.graph.device", "#microsoft.graph.user")
        shown = [{"@odata.type": kinds[bool(mail)], "mail": mail or None} for mail in named]
        return self._paged(request, shown)

    async def _content(self, request: web.Request) -> web.Response:
        name = request.match_info["item"]
        if name not in self.items:
            return web.json_response({"error": {"code": "itemNotFound"}}, status=404)
        if name in self.holds_back:
            return web.json_response({"error": {"code": "accessDenied"}}, status=403)
        raise web.HTTPFound(self.files.url(f"/{name}"))

    def _paged(self, request: web.Request, found: list[dict[str, Any]]) -> web.Response:
        start = int(request.query.get("$skiptoken", "0"))
        end = start + self._most
        answer: dict[str, Any] = {"value": found[start:end]}
        if end < len(found):
            answer["@odata.nextLink"] = self.url(f"{request.path}?$skiptoken={end}")
        return web.json_response(answer)

    def _shown(self, name: str) -> dict[str, Any]:
        item = self.items.get(name)
        if item is None:
            return {"id": name, "deleted": {"state": "deleted"}}
        about = {
            "id": name,
            "name": item.name,
            "webUrl": f"https://acme.sharepoint.example/{name}",
            "parentReference": {"id": item.parent, "driveId": "b!1"} if item.parent else {},
            "eTag": f'"{name},{hash(item.content)}"',
        }
        if item.content is None:
            return {**about, "folder": {"childCount": 1}, **({} if item.parent else {"root": {}})}
        hashes = {"quickXorHash": f"{hash(item.content):x}"}
        return {**about, "file": {"mimeType": "text/plain", "hashes": hashes}}
