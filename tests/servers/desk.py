"""A strict stand-in for a ticket desk: it takes one JSON object of exactly the promised fields."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

FIELDS = {"id", "question", "thread", "platform", "workspace"}


class DeskServer:
    """Keeps the tickets that were opened; answers `status` to each."""

    def __init__(self) -> None:
        self.tickets: list[dict[str, str]] = []
        self.status = 201
        self.url = ""

    async def _open(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.Response(status=415)
        ticket = await request.json()
        is_right = set(ticket) == FIELDS and all(isinstance(each, str) for each in ticket.values())
        if not is_right:
            return web.Response(status=422)
        if self.status < 300:
            self.tickets.append(ticket)
        return web.Response(status=self.status)


@asynccontextmanager
async def desk() -> AsyncIterator[DeskServer]:
    """Run a desk while inside."""
    server = DeskServer()
    application = web.Application()
    application.router.add_post("/tickets", server._open)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/tickets"
    try:
        yield server
    finally:
        await runner.cleanup()
