"""Files that people attach in Teams: they lie in OneDrive, and their address lets one in."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.servers.teams.server import TeamsServer

STORAGE = "https://brindlemoor-my.sharepoint.com"
_REFERENCE = {"contentType": "text/html", "content": '<attachment id="8f3c"></attachment>'}


def attach(teams: "TeamsServer", name: str, content: bytes) -> list[dict[str, Any]]:
    """Put a file into Ann's OneDrive, and return what a personal chat's activity tells of it."""
    unique = f"{len(teams.workspace.files) + 1:08d}-0000-0000-0000-000000000000"
    teams.workspace.files[unique] = content
    address = f"{STORAGE}/_layouts/15/download.aspx?UniqueId={unique}&tempauth=let-me-in"
    about = {
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "contentUrl": f"{STORAGE}/personal/ann/Documents/{name}",
        "name": name,
        "content": {
            "downloadUrl": address,
            "uniqueId": unique,
            "fileType": name.rpartition(".")[2],
        },
    }
    return [about, {"contentType": "text/html", "content": "<p>see this</p>"}]


def referred() -> list[dict[str, Any]]:
    """Return what a channel's activity tells of a file: next to nothing."""
    return [_REFERENCE]


async def serve(teams: "TeamsServer", request: web.Request) -> web.Response:
    """Serve a file to who comes with its address; a token of the bot's is nothing to send here."""
    if "Authorization" in request.headers:
        teams.violations.append("a token of the bot's went to SharePoint")
    content = teams.workspace.files.get(request.query.get("UniqueId", ""))
    is_let_in = request.query.get("tempauth") == "let-me-in"
    if content is None or not is_let_in or request.host != STORAGE.removeprefix("https://"):
        return web.Response(status=403)
    return web.Response(body=content, content_type="application/octet-stream")
