"""Decides whether an activity is to be believed: its token, service URL, channel and tenant."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
import structlog
from aiohttp import web
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticationConstants,
    BotFrameworkAuthenticationFactory,
    PasswordServiceClientCredentialFactory,
)
from jwt.exceptions import PyJWTError

from adapters.teams.mends import KeysUnavailableError, tenant_of

log = structlog.get_logger(__name__)

CHANNEL = "msteams"
LOCAL_TENANT = "local"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ISSUER: str = AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER
_BELIEVED_S = 300.0
_MAX_BELIEVED = 256
_MAX_TOKEN_CHARS = 16_384


class UntrustedError(Exception):
    """An activity is not to be believed; `status` is what its sender is told."""

    def __init__(self, why: str, status: int = 401) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """What an activity's envelope says, now that it can be believed."""

    tenant: str
    service_url: str


class TokenCheck:
    """Lets botbuilder validate tokens, and refuses whatever it does not positively accept."""

    def __init__(self, app_id: str, tenants: frozenset[str]) -> None:
        self._tenants = tenants
        self._believed: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._authentication = BotFrameworkAuthenticationFactory.create(
            credential_factory=PasswordServiceClientCredentialFactory(app_id)
        )

    async def check(self, request: web.Request, activity: Mapping[str, object]) -> Trusted:
        """Return what may be believed of `activity`.

        Raises:
            UntrustedError: Its token, service URL, channel or tenant is not in order.
        """
        service_url = activity.get("serviceUrl")
        channel = activity.get("channelId")
        if not isinstance(service_url, str) or not is_safe(service_url):
            raise UntrustedError("service_url")
        if channel != CHANNEL:
            raise UntrustedError("channel")
        await self._authenticate(request.headers.get("Authorization", ""), service_url)
        tenant = tenant_of(activity)
        if tenant not in self._tenants:
            raise UntrustedError("tenant", 403)
        return Trusted(tenant=tenant, service_url=service_url)

    async def _authenticate(self, header: str, service_url: str) -> None:
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" or not token or len(token) > _MAX_TOKEN_CHARS:
            raise UntrustedError("no_bearer_token")
        # One token comes with many activities; what is believed here is not asked of the keys anew.
        known = (hashlib.sha256(token.encode()).hexdigest(), service_url)
        if self._believed.get(known, 0.0) > time.time():
            return
        self._believed[known] = await self._believed_until_s(header, token, service_url)
        while len(self._believed) > _MAX_BELIEVED:
            self._believed.popitem(last=False)

    async def _believed_until_s(self, header: str, token: str, service_url: str) -> float:
        """Let botbuilder validate the token; return until when that holds."""
        claimed = Activity(type="message", channel_id=CHANNEL, service_url=service_url)
        try:
            # Other issuers' keys would be fetched, whoever sends this, by calls that block.
            _check_issuer(token)
            result = await self._authentication.authenticate_request(claimed, header)
        except KeysUnavailableError as error:
            raise UntrustedError("keys", 503) from error
        except (PermissionError, PyJWTError) as error:
            raise UntrustedError(type(error).__name__) from error
        except UntrustedError:
            raise
        except Exception as error:  # what it raises for endorsements and algorithms
            raise UntrustedError(type(error).__name__) from error
        claims = result.claims_identity.claims
        if not claims.get("exp"):  # botbuilder believes a token without an end for ever
            raise UntrustedError("expiry")
        if claims.get(AuthenticationConstants.SERVICE_URL_CLAIM) != service_url:
            raise UntrustedError("service_url")
        return min(float(claims["exp"]), time.time() + _BELIEVED_S)


def _check_issuer(token: str) -> None:
    if jwt.decode(token, options={"verify_signature": False}).get("iss") != _ISSUER:
        raise UntrustedError("issuer")


class LocalCheck:
    """Believes what comes from this machine, addressed to this machine; for development only."""

    async def check(self, request: web.Request, activity: Mapping[str, object]) -> Trusted:
        """Return what may be believed of `activity`; errors as for `TokenCheck`."""
        host = urlsplit(f"//{request.host}").hostname
        if request.remote not in _LOOPBACK or host not in _LOOPBACK:
            raise UntrustedError("not_local", 403)
        if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Origin")):
            raise UntrustedError("not_local", 403)
        service_url = activity.get("serviceUrl")
        if not isinstance(service_url, str) or urlsplit(service_url).hostname not in _LOOPBACK:
            raise UntrustedError("service_url", 403)
        return Trusted(tenant=tenant_of(activity) or LOCAL_TENANT, service_url=service_url)


def is_safe(service_url: str) -> bool:
    """Return whether a token of ours may go there: over TLS, or not beyond this machine."""
    try:
        parts = urlsplit(service_url)
    except ValueError:
        return False
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
