"""What the strict stand-ins for vendors' APIs share: a token, a rate limit, and what was asked."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.servers.loopback import Loopback

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Vendor(Loopback, ABC):
    """An API on loopback; `violations` are requests that the real one would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.violations: list[str] = []
        self.busy_times = 0

    def route(self, method: str, path: str, answer: Answer) -> None:
        """Answer at `path` whoever has the token, within the rate limit."""

        async def checked(request: web.Request) -> web.Response:
            self.asked.append(f"{request.method} {request.path}")
            if not self.is_authorized(request):
                return web.json_response({"message": "Unauthorized"}, status=401)
            if self.busy_times > 0:
                self.busy_times -= 1
                return web.json_response({}, status=429, headers={"Retry-After": "0"})
            return await answer(request)

        self.application.router.add_route(method, path, checked)

    @abstractmethod
    def is_authorized(self, request: web.Request) -> bool:
        """Return whether the request bears the token."""

    def refuse(self, why: str, status: int = 400) -> web.Response:
        """Answer as the API does to what it doesn't take, and remember it."""
        self.violations.append(why)
        return web.json_response({"message": why}, status=status)
