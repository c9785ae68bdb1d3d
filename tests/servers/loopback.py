"""What every stand-in is: an aiohttp application on loopback for as long as a block lasts."""

from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer


class Loopback:
    """Serves `application`; subclasses add their routes to it."""

    def __init__(self, *, max_bytes: int = 4 * 1024**2) -> None:
        self.application = web.Application(client_max_size=max_bytes)
        self._server = TestServer(self.application)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        await self.enter()
        await self._server.start_server()

    async def stop(self) -> None:
        await self.leave()
        await self._server.close()

    async def enter(self) -> None:
        """Begin what the server needs."""

    async def leave(self) -> None:
        """End what would keep the server open."""

    def url(self, path: str = "") -> str:
        """Return the address of `path`; without one there is no final slash."""
        whole = str(self._server.make_url(f"/{path.lstrip('/')}"))
        return whole if path else whole.rstrip("/")
