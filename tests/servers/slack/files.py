"""Files in Slack: uploaded by people, served to who has the token and the right."""

import mimetypes
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.servers.slack.workspace import StoredFile, Workspace

if TYPE_CHECKING:
    from tests.servers.slack.server import SlackServer


def upload(
    slack: "SlackServer", name: str, content: bytes, *, user: str = "U0ANN", **about: Any
) -> dict[str, Any]:
    """Upload a file, and return what an event then tells of it; `about` goes before that."""
    workspace = slack.workspace
    file_id = f"F0{len(workspace.files) + 1:04d}"
    url = f"{slack.api_url.removesuffix('/api/')}/files-pri/{workspace.team}-{file_id}/{name}"
    told = {
        "id": file_id,
        "name": name,
        "title": name,
        "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "filetype": name.rpartition(".")[2],
        "user": user,
        "mode": "hosted",
        "is_external": False,
        "size": len(content),
        "url_private": url,
        "url_private_download": url,
        "permalink": f"https://brindlemoor.slack.example/files/{user}/{file_id}/{name}",
        **about,
    }
    workspace.files[file_id] = StoredFile(about=told, content=content)
    return told


def content_of(workspace: Workspace, request: web.Request, *, may_read: bool) -> web.Response:
    """Return a file's content; who may not read it is sent to log in, as by Slack."""
    if not may_read:
        return web.Response(status=302, headers={"Location": "/login"})
    stored = workspace.files.get(request.match_info["file"].partition("-")[2])
    if stored is None:
        return web.Response(status=404)
    return web.Response(body=stored.content, content_type=stored.about["mimetype"])


async def login_page(_request: web.Request) -> web.Response:
    """Return what a redirect that was followed leads to."""
    return web.Response(text="<html>Sign in to Brindlemoor</html>", content_type="text/html")
