"""Examines the connection to Microsoft Teams: who we are, the keys, the clock, where it listens."""

from adapters.errors import AdapterError
from adapters.teams.app import ENDPOINT
from adapters.teams.identity import check_credentials, endpoint_status, published_keys
from bot.doctor.examined import MAX_SKEW_S, Check
from bot.settings import Settings
from bot.teams import credentials_of

_NETWORK = "check the network, HTTPS_PROXY, and the CA bundle in SSL_CERT_FILE"


async def examine_teams(settings: Settings) -> list[Check]:
    """Return a check for each part of the connection; none where Teams is not set up."""
    if settings.teams_local:
        found = "local mode: no tokens, this machine alone"
        return [Check(part="teams", is_ok=True, found=found)]
    if not settings.microsoft_app_id:
        return []
    return [
        await _token(settings),
        *await _keys(),
        await _endpoint(settings),
        _tenants(settings),
    ]


async def _token(settings: Settings) -> Check:
    part, kind = "teams token", settings.microsoft_app_type
    try:
        await check_credentials(credentials_of(settings))
    except AdapterError as error:
        if error.code == "unreachable":
            return Check(part=part, is_ok=False, found="Microsoft can't be reached", fix=_NETWORK)
        fix = (
            "assign the identity of MICROSOFT_APP_ID to this machine"
            if kind == "UserAssignedMSI"
            else "check MICROSOFT_APP_ID, MICROSOFT_APP_TYPE and MICROSOFT_APP_TENANT_ID, and copy "
            "a new client secret from the app's registration to MICROSOFT_APP_PASSWORD"
        )
        return Check(part=part, is_ok=False, found=f"refused ({kind})", fix=fix)
    return Check(part=part, is_ok=True, found=f"obtained ({kind})")


async def _keys() -> list[Check]:
    try:
        keys = await published_keys()
    except (AdapterError, OSError):
        return [Check(part="teams keys", is_ok=False, found="can't be read", fix=_NETWORK)]
    return [
        Check(
            part="teams keys",
            is_ok=keys.count > 0,
            found=f"{keys.count} published",
            fix="without them no activity is believed; look at Azure's status page",
        ),
        Check(
            part="teams clock",
            is_ok=abs(keys.clock_skew_s) < MAX_SKEW_S,
            found=f"{keys.clock_skew_s:+.0f} s against Microsoft's",
            fix="set this machine's clock (NTP): tokens are valid for a span of time",
        ),
    ]


async def _endpoint(settings: Settings) -> Check:
    """Ask what listens where Microsoft's activities would come in; it may not be running now."""
    url = f"http://{settings.host}:{settings.port}{ENDPOINT}"
    status = await endpoint_status(url)
    said = {0: "nothing listens now", 401: "refuses what bears no token, as it should"}
    return Check(
        part="teams endpoint",
        is_ok=status in said,
        found=f"{url}: {said.get(status, f'answers {status}, so something else listens there')}",
        fix=f"free CITEWELL_PORT, and enter https://YOUR-HOST{ENDPOINT} as the bot's messaging "
        "endpoint",
    )


def _tenants(settings: Settings) -> Check:
    tenants = sorted(settings.tenants)
    return Check(
        part="teams tenants",
        is_ok=bool(tenants),
        found=", ".join(tenants) or "none: every activity is refused",
        fix="set MICROSOFT_APP_TENANT_ID, or name them in CITEWELL_TEAMS_TENANTS",
    )
