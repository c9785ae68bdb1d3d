"""A strict stand-in for the endpoints that give a managed identity its tokens."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

RESOURCE = "https://api.botframework.com"
HEADER = "a secret of this machine"


@dataclass(kw_only=True)
class Identities:
    """Gives a token to whoever asks for the identity that is assigned here, as Azure does."""

    assigned: str
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def on_machine(self, request: web.Request) -> web.Response:
        """Answer as a virtual machine's metadata service."""
        query = request.query
        self.asked.append("machine")
        if request.headers.get("Metadata") != "true" or query["api-version"] != "2018-02-01":
            return web.json_response({"error": "bad_request_102"}, status=400)
        if "X-Forwarded-For" in request.headers or query["resource"] != RESOURCE:
            return web.json_response({"error": "invalid_resource"}, status=400)
        if query.get("client_id") != self.assigned:
            told = {"error": "invalid_request", "error_description": "Identity not found"}
            return web.json_response(told, status=400)
        return web.json_response({**_token(), "expires_in": "86399", "resource": RESOURCE})

    async def on_app_service(self, request: web.Request) -> web.Response:
        """Answer as an app service's token endpoint."""
        query = request.query
        self.asked.append("app service")
        is_ours = request.headers.get("X-IDENTITY-HEADER") == HEADER
        if not is_ours or query["api-version"] != "2019-08-01" or query["resource"] != RESOURCE:
            return web.json_response({"statusCode": 401, "message": "refused"}, status=401)
        if query.get("client_id") != self.assigned:
            return web.json_response({"statusCode": 400, "message": "No such identity"}, status=400)
        return web.json_response({**_token(), "expires_on": str(int(time.time()) + 86_399)})


def _token() -> dict[str, str]:
    return {"access_token": "a token of this identity", "token_type": "Bearer"}


@asynccontextmanager
async def identities(assigned: str) -> AsyncIterator[Identities]:
    """Run both endpoints while inside."""
    server = Identities(assigned=assigned)
    application = web.Application()
    application.router.add_get("/metadata/identity/oauth2/token", server.on_machine)
    application.router.add_get("/msi/token", server.on_app_service)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
