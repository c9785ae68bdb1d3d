"""Where vendors send those who want a file: to another host, with no token."""

from collections.abc import Callable

from aiohttp import web

from tests.servers.loopback import Loopback


class FileHost(Loopback):
    """Gives files to whoever has their address; a token that is sent here is a violation."""

    def __init__(self, content_of: Callable[[str], bytes | None], violations: list[str]) -> None:
        super().__init__()
        self._content_of = content_of
        self._violations = violations
        self.application.router.add_get("/{file}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            self._violations.append("a token was sent to another host")
        return web.Response(body=self._content_of(request.match_info["file"]))
