"""The one HTTP application: platform webhooks and health."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import StartError
from bot.health import Health, PartHealth, worst
from bot.observability.metrics import CONTENT_TYPE

_MAX_BODY_BYTES = 1024 * 1024
_GRACE_S = 10.0

Ready = Callable[[], Awaitable[Mapping[str, PartHealth]]]
Measured = Callable[[], Awaitable[bytes]]


def http_application(
    routes: Iterable[web.RouteDef], ready: Ready, measured: Measured
) -> web.Application:
    """Return the application with the platforms' `routes`, `/livez`, `/readyz` and `/metrics`.

    `/readyz` is 503 while a part is unavailable; a degraded one still answers or apologises.
    """

    async def livez(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        parts = await ready()
        state = worst(parts)
        shown = {name: part.as_object() for name, part in parts.items()}
        status = 503 if state is Health.UNAVAILABLE else 200
        return web.json_response({"status": state, "parts": shown}, status=status)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await measured(), headers={"Content-Type": CONTENT_TYPE})

    application = web.Application(client_max_size=_MAX_BODY_BYTES)
    application.router.add_get("/livez", livez)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)
    application.router.add_routes(routes)
    return application


@asynccontextmanager
async def serving(application: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve `application` while inside.

    Raises:
        StartError: The address can't be used.
    """
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise StartError(
            f"CITEWELL_PORT: {host}:{port} can't be used ({error.strerror}); "
            "stop what listens there, or choose another port"
        ) from error
    try:
        yield
    finally:
        await runner.cleanup()


async def until_stopped() -> None:
    """Return when the process is asked to end (SIGINT, SIGTERM)."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    try:
        await stopped.wait()
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)
