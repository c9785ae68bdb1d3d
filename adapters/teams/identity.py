"""Who we are to Microsoft, and whether what tells us who calls can be read."""

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from adapters.errors import AdapterError
from adapters.teams.connector import TEAMS, AppTokens, Credentials, http_session
from adapters.teams.mends import CHANNEL_KEYS_URL

_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKeys:
    """How many keys the Connector's tokens may be signed with; our clock minus Microsoft's."""

    count: int
    clock_skew_s: float


async def check_credentials(credentials: Credentials) -> None:
    """Return when Microsoft gives a token for `credentials`.

    Raises:
        AdapterError: It refuses them (`credentials_refused`), or can't be reached.
    """
    await AppTokens(credentials).token()


async def published_keys() -> PublishedKeys:
    """Return what is known of the Connector's keys, over the environment's proxy and CA bundle.

    Raises:
        AdapterError: They can't be read.
        OSError: The CA bundle can't be read.
    """
    try:
        async with http_session() as session:
            described, _ = await _fetched(session, CHANNEL_KEYS_URL)
            keys, skew_s = await _fetched(session, str(described["jwks_uri"]))
            return PublishedKeys(count=len(keys["keys"]), clock_skew_s=skew_s)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise AdapterError(TEAMS, "unreachable") from error


async def endpoint_status(url: str) -> int:
    """Return the status that an activity without a token gets at `url`; 0 where nobody listens."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.post(url, json={"type": "message"}) as response,
        ):
            return response.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0


async def _fetched(
    session: aiohttp.ClientSession, url: str
) -> tuple[dict[str, list[object]], float]:
    async with session.get(url) as response:
        response.raise_for_status()
        now_s, date = time.time(), response.headers.get("Date")
        found = json.loads(await response.content.read(_MAX_BYTES))
    skew_s = now_s - parsedate_to_datetime(date).timestamp() if date else 0.0
    return found, skew_s
