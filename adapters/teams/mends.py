"""Mends what botbuilder 4.17.1 gets wrong; nothing else of it is touched anywhere.

`tests/integration/teams/test_mends.py` shows each fault on the library as shipped, and fails for
the mend that is no longer needed.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import TypeAlias

import aiohttp
import structlog
from botbuilder.schema import Entity
from botframework.connector.auth import AuthenticationConstants, JwtTokenExtractor
from botframework.connector.auth.jwt_token_extractor import _OpenIdConfig, _OpenIdMetadata
from jwt.algorithms import RSAAlgorithm
from msrest.universal_http.requests import ClientRetryPolicy

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, object]
"""An object as the Connector writes it."""

CHANNEL_KEYS_URL: str = AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL
_FRESH_S = 24 * 3600.0
_MIN_REFRESH_GAP_S = 60.0
_MAX_KEYS_BYTES = 1024 * 1024


def mend_retry_codes() -> None:
    """Let a list that is searched 999 times for each client be a set: 11 of 13 ms a turn."""
    codes = frozenset(ClientRetryPolicy.safe_codes)
    ClientRetryPolicy.safe_codes = codes  # type: ignore[assignment]


class OpenEntity(Entity):  # type: ignore[misc]
    """An entity that keeps all its properties; a plain one is sent with its type alone."""

    _attribute_map = {"additional_properties": {"key": "", "type": "{object}"}}  # noqa: RUF012

    def __init__(self, properties: Mapping[str, object]) -> None:
        super().__init__()
        self.additional_properties = dict(properties)


def tenant_of(activity: Mapping[str, object]) -> str:
    """Return the tenant that an activity comes from; `conversation.tenant_id` stays empty."""
    for place, name in (("channelData", "tenant"), ("conversation", "tenantId")):
        found = activity.get(place)
        value = found.get(name) if isinstance(found, dict) else None
        if isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, str) and value:
            return value
    return ""


class ChannelKeys(_OpenIdMetadata):  # type: ignore[misc]
    """The Connector's signing keys, fetched without holding up the event loop.

    As shipped they are fetched with blocking calls and no timeout, a key that is not known is an
    IndexError, and new keys are not looked for until a day has passed.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str = CHANNEL_KEYS_URL,
        min_gap_s: float = _MIN_REFRESH_GAP_S,
    ) -> None:
        super().__init__(url)
        self._min_gap_s = min_gap_s
        self._session = session
        self._lock = asyncio.Lock()
        self._fetched_s = float("-inf")
        self._tried_s = float("-inf")
        self._configs: dict[str, _OpenIdConfig] = {}

    def install(self) -> None:
        """Let botbuilder's token validation take its keys from here."""
        JwtTokenExtractor.metadataCache[self.url] = self

    async def get(self, key_id: str | None) -> _OpenIdConfig:
        """Return a key.

        Raises:
            PermissionError: There is none of this name.
        """
        now = time.monotonic()
        is_stale = now - self._fetched_s > _FRESH_S
        if is_stale or key_id not in self._configs:
            await self._refreshed(since_s=now)
        found = self._configs.get(key_id or "")
        if found is None:
            raise PermissionError("the token is signed with a key that is not published")
        return found

    async def _refreshed(self, *, since_s: float) -> None:
        async with self._lock:
            if max(self._fetched_s, self._tried_s + self._min_gap_s) > since_s:
                if not self._configs:
                    raise KeysUnavailableError
                return
            self._tried_s = time.monotonic()
            try:
                described = await self._fetched(self.url)
                self._configs = _configs(await self._fetched(str(described["jwks_uri"])))
            except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
                log.warning("keys_not_fetched", platform="teams", error=type(error).__name__)
                if not self._configs:
                    raise KeysUnavailableError from error
                return
            self._fetched_s = time.monotonic()

    async def _fetched(self, url: str) -> Json:
        async with self._session.get(url) as response:
            response.raise_for_status()
            body = await response.content.read(_MAX_KEYS_BYTES)
            while chunk := await response.content.read(_MAX_KEYS_BYTES):
                body += chunk
                if len(body) > _MAX_KEYS_BYTES:
                    raise ValueError("too long")
        found = json.loads(body)
        if not isinstance(found, dict):
            raise TypeError("no object")
        return found


class KeysUnavailableError(Exception):
    """The Connector's keys can't be fetched, so no token can be judged: not the sender's fault."""


def _configs(found: Json) -> dict[str, _OpenIdConfig]:
    """Return the keys by name; botbuilder skips the check of an empty list of endorsements."""
    published = found["keys"]
    if not isinstance(published, list):
        raise TypeError("keys is no list")
    configs = {}
    for key in published:
        if key.get("kty") != "RSA" or not key.get("kid"):
            continue
        endorsements = key.get("endorsements")
        if endorsements == []:
            endorsements = ["nothing"]
        public = RSAAlgorithm.from_jwk(json.dumps(key))
        configs[str(key["kid"])] = _OpenIdConfig(public, endorsements or [])
    return configs
