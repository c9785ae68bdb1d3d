"""Connects Microsoft Teams, or its local mode."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from adapters.errors import AdapterError
from adapters.teams.app import Check, TeamsApp
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import AppTokens, Connector, Credentials, http_session
from adapters.teams.events import PLATFORM
from adapters.teams.files import TeamsFiles
from adapters.teams.mends import ChannelKeys, mend_retry_codes
from adapters.teams.security import LocalCheck, TokenCheck
from bot.durable import Durable
from bot.errors import StartError
from bot.settings import Settings

log = structlog.get_logger(__name__)


@asynccontextmanager
async def connect_teams(
    settings: Settings, durable: Durable, *, receives: bool = True
) -> AsyncIterator[list[web.RouteDef]]:
    """Connect to Teams while inside; yields the HTTP route where its activities come in.

    With `receives` false only replies go out.

    Raises:
        StartError: Microsoft refuses our credentials, or the CA bundle can't be read.
    """
    mend_retry_codes()
    try:
        session = http_session()
    except OSError as error:
        raise StartError(
            "the CA bundle of the environment can't be read; correct SSL_CERT_FILE or "
            "REQUESTS_CA_BUNDLE"
        ) from error
    async with session:
        tokens = AppTokens(credentials_of(settings))
        await _accepted(tokens)
        calls = TeamsCalls(
            Connector(session, tokens),
            limiter=durable.limiter,
            guard=durable.circuits.teams,
            on_call=durable.metrics.called,
        )
        check: Check = LocalCheck()
        if settings.microsoft_app_id:
            ChannelKeys(session).install()
            check = TokenCheck(settings.microsoft_app_id, settings.tenants)
        teams = TeamsApp(
            calls=calls,
            references=durable.references,
            tokens=tokens,
            check=check,
            handlers=durable.app,
            files=TeamsFiles(session, is_local=not settings.microsoft_app_id),
            is_local=not settings.microsoft_app_id,
        )
        durable.app.connect(PLATFORM, teams.adapter)
        try:
            yield [teams.route()] if receives else []
        finally:
            await teams.close()


def credentials_of(settings: Settings) -> Credentials:
    """Return who we are to Microsoft."""
    password = settings.microsoft_app_password
    is_multi = settings.microsoft_app_type == "MultiTenant"
    return Credentials(
        app_id=settings.microsoft_app_id,
        password=password.get_secret_value() if password else "",
        tenant="" if is_multi else settings.microsoft_app_tenant_id,
        is_managed_identity=settings.microsoft_app_type == "UserAssignedMSI",
    )


async def _accepted(tokens: AppTokens) -> None:
    """Return when Microsoft accepts our credentials, or can't be asked now.

    Raises:
        StartError: It refuses them.
    """
    try:
        await tokens.token()
    except AdapterError as error:
        if error.code == "unreachable":
            log.warning("not_reachable", platform=PLATFORM)  # it may be by the first answer
            return
        raise StartError(
            "MICROSOFT_APP_PASSWORD: Microsoft refused it; check MICROSOFT_APP_ID, "
            "MICROSOFT_APP_TYPE and MICROSOFT_APP_TENANT_ID, and copy a new client secret from "
            "the app's registration (docs/teams.md)"
        ) from error
