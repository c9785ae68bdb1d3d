"""Connects the chat platforms that the settings name."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from adapters.errors import AdapterError
from adapters.slack.app import SlackApp
from adapters.slack.calls import SlackCalls, http_session
from adapters.slack.events import PLATFORM as SLACK
from adapters.slack.identity import identify
from bot.durable import Durable
from bot.errors import StartError
from bot.settings import Settings


@asynccontextmanager
async def connect_platforms(
    settings: Settings, durable: Durable, *, receives: bool = True
) -> AsyncIterator[list[web.RouteDef]]:
    """Connect to each platform that is set up while inside; yields the HTTP routes they need.

    With `receives` false only replies go out: a worker needs no more.

    Raises:
        StartError: A platform refuses us, or can't be reached.
    """
    async with AsyncExitStack() as stack:
        routes = await stack.enter_async_context(
            connect_slack(settings, durable, receives=receives)
        )
        if settings.has_teams:
            # A second of imports that only those with Teams need.
            from bot.teams import connect_teams  # noqa: PLC0415

            routes += await stack.enter_async_context(
                connect_teams(settings, durable, receives=receives)
            )
        yield routes


@asynccontextmanager
async def connect_slack(
    settings: Settings, durable: Durable, *, receives: bool = True
) -> AsyncIterator[list[web.RouteDef]]:
    """Connect to Slack while inside; yields the HTTP routes it needs, none in Socket Mode.

    With `receives` false only replies go out: a worker needs no more.

    Raises:
        StartError: Slack refuses a token, or can't be reached.
    """
    if settings.slack_bot_token is None:
        yield []
        return
    token = settings.slack_bot_token.get_secret_value()
    base_url = str(settings.slack_api_url)
    secret = settings.slack_signing_secret
    try:
        identity = await identify(token, base_url)
    except AdapterError as error:
        raise _start_error("SLACK_BOT_TOKEN", error) from error
    async with http_session() as session:
        calls = SlackCalls(
            token,
            base_url,
            session=session,
            limiter=durable.limiter,
            guard=durable.circuits.slack,
            workspace=identity.team,
            on_call=durable.metrics.called,
        )
        slack = SlackApp(
            calls=calls,
            signing_secret=secret.get_secret_value() if secret else "",
            handlers=durable.app,
            identity=identity,
        )
        durable.app.connect(SLACK, slack.adapter)
        if not receives:
            yield []
            return
        if settings.slack_app_token is None:
            yield [slack.route()]
            return
        try:
            async with slack.socket_mode(settings.slack_app_token.get_secret_value()):
                yield []
        except AdapterError as error:
            raise _start_error("SLACK_APP_TOKEN", error) from error


def _start_error(variable: str, error: AdapterError) -> StartError:
    if error.code == "unreachable":
        return StartError("SLACK_API_URL: Slack can't be reached; check the network and the proxy")
    return StartError(
        f"{variable}: Slack refused it ({error.code}); copy it anew from your app's settings"
    )
