# ruff: noqa: ARG002 - what does nothing uses nothing
"""A server that takes Teams' activities and does nothing with them: ours, or botbuilder's own.

Run as `python -m tests.benchmarks.teams_receiver shipped|ours PORT APP_ID TENANT`.
"""

import asyncio
import sys
from collections.abc import Mapping

from aiohttp import web
from botbuilder.core import ActivityHandler
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

from adapters.errors import AdapterError, UncertainError
from adapters.ports import CallLimiter, Windows
from adapters.teams.app import TeamsApp
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import AppTokens, Connector, Credentials, http_session
from adapters.teams.files import TeamsFiles
from adapters.teams.mends import ChannelKeys, mend_retry_codes
from adapters.teams.references import Reference
from adapters.teams.security import TokenCheck
from adapters.types import (
    Audience,
    Greeting,
    Home,
    HomeLine,
    HomeSection,
    IncomingAction,
    IncomingCommand,
    IncomingDeletion,
    IncomingMessage,
    IncomingStop,
    IncomingSubmission,
    Person,
    Reply,
)
from bot.breakers import Circuit


class _Nothing:
    """Handlers, references and a limiter that take everything and do nothing."""

    async def may_want(self, message: IncomingMessage) -> bool:
        return True

    async def on_message(self, message: IncomingMessage) -> None: ...
    async def on_edit(self, message: IncomingMessage) -> None: ...
    async def on_deletion(self, deletion: IncomingDeletion) -> None: ...
    async def on_stop(self, stop: IncomingStop) -> None: ...
    async def on_action(self, action: IncomingAction) -> None: ...

    async def on_opened(self, platform: str, audience: Audience) -> Greeting:
        return Greeting(prompts=())

    async def on_home(self, platform: str, workspace: str, person: Person) -> Home:
        return Home(sections=(HomeSection(title="Home", lines=(HomeLine(text="Nothing"),)),))

    async def on_command(self, command: IncomingCommand) -> Reply:
        return Reply(text="")

    async def on_submission(self, submission: IncomingSubmission) -> Mapping[str, str]:
        return {}

    async def keep(self, reference: Reference) -> None: ...
    async def settle(self, key: str) -> None: ...
    async def remember(self, key: str, value: str) -> None: ...
    async def block(self, key: str, seconds: float) -> None: ...

    async def find(self, tenant: str, conversation: str) -> Reference | None:
        return None

    async def find_chat(self, tenant: str, person_id: str) -> str:
        return ""

    async def channels(self, tenant: str) -> tuple[str, ...]:
        return ()

    async def begin(self, key: str) -> bool:
        return True

    async def is_first(self, key: str) -> bool:
        return True

    async def recall(self, key: str) -> str:
        return ""

    async def reserve(self, key: str, windows: Windows, *, share: float = 1.0) -> float:
        return 0.0


def shipped(app_id: str) -> web.RouteDef:
    """Return botbuilder's way, as its samples show it."""
    configuration = type("Configuration", (), {"APP_ID": app_id, "APP_PASSWORD": "x"})
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(configuration))
    bot = ActivityHandler()

    async def messages(request: web.Request) -> web.Response:
        response: web.Response = await adapter.process(request, bot)
        return response

    return web.post("/api/messages", messages)


def ours(app_id: str, tenant: str, password: str) -> web.RouteDef:
    """Return our way, up to where a message is handed over."""
    mend_retry_codes()
    session = http_session()
    ChannelKeys(session).install()
    tokens = AppTokens(Credentials(app_id=app_id, password=password, tenant=tenant))
    nothing = _Nothing()
    limiter: CallLimiter = nothing
    guard = Circuit("teams", failures=UncertainError, when_open=lambda: AdapterError("teams", "x"))
    calls = TeamsCalls(Connector(session, tokens), limiter=limiter, guard=guard)
    check = TokenCheck(app_id, frozenset({tenant}))
    return TeamsApp(
        calls=calls,
        references=nothing,
        tokens=tokens,
        check=check,
        handlers=nothing,
        files=TeamsFiles(session),
    ).route()


async def main(kind: str, port: int, app_id: str, tenant: str, password: str) -> None:
    """Serve until killed."""
    route = shipped(app_id) if kind == "shipped" else ours(app_id, tenant, password)
    application = web.Application()
    application.router.add_routes([route])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stderr.write("listening\n")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:6]))
