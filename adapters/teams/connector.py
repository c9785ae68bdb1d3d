"""Calls the Bot Connector through botbuilder's client, and turns its refusals into our errors."""

import asyncio
import json
import os
import ssl
import time
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import aiohttp
import msal
from botbuilder.schema import Activity, ErrorResponseException
from botframework.connector import AsyncBfPipeline, BotFrameworkConnectorConfiguration
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticationConstants,
    MicrosoftAppCredentials,
)
from botframework.connector.auth.managedidentity_app_credentials import (
    ManagedIdentityAppCredentials,
)
from msal.exceptions import MsalServiceError
from msrest.exceptions import ClientException
from msrest.pipeline import Request, Response, SansIOHTTPPolicy
from msrest.pipeline.async_abc import AsyncHTTPSender
from msrest.universal_http import ClientRequest
from msrest.universal_http.async_abc import AsyncClientResponse
from multidict import CIMultiDict

from adapters.errors import (
    AdapterError,
    RateLimitedError,
    ReplyStoppedError,
    UncertainError,
    UndeliverableError,
)
from adapters.teams.references import Reference

TEAMS = "teams"
_TIMEOUT_S = 15
_MAX_CLIENTS = 64
_PAGE = 500
_MAX_ANSWER_BYTES = 1024 * 1024
_DEFAULT_WAIT_S = 1.0
_UNSIGNED: SansIOHTTPPolicy[ClientRequest, AsyncClientResponse] = SansIOHTTPPolicy()
_EARLY_S = 300.0
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
_CLOSED = frozenset({"ConversationNotFound", "BotNotInConversationRoster"})
_NOT_DONE = frozenset({412, 502, 503, 504})
T = TypeVar("T")


class NotDoneError(AdapterError):
    """The Connector did nothing, for certain, and the same call may work a moment later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who we are to the Connector; without `app_id` nobody, which only a local one accepts."""

    app_id: str = ""
    password: str = ""
    tenant: str = ""
    is_managed_identity: bool = False


class Tokens(Protocol):
    """Gives the token that proves who we are."""

    async def token(self) -> str:
        """Return a token that is valid now, or nothing where none is needed.

        Raises:
            AdapterError: Microsoft refuses our credentials, or can't be reached.
        """


class AppTokens:
    """Tokens through botbuilder's credentials (MSAL), fetched off the event loop and kept."""

    def __init__(self, credentials: Credentials) -> None:
        self._given = credentials
        self._lock = asyncio.Lock()
        self._credentials: MicrosoftAppCredentials | None = None
        self._token = ""
        self._until_s = 0.0

    async def token(self) -> str:
        if not self._given.app_id:
            return ""
        if time.monotonic() >= self._until_s:
            async with self._lock:
                if time.monotonic() >= self._until_s:
                    self._token = await self._in_time()
                    self._until_s = time.monotonic() + _EARLY_S
        return self._token

    async def _in_time(self) -> str:
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._fetched), 2 * _TIMEOUT_S)
        except TimeoutError as error:
            raise UncertainError(TEAMS, "unreachable") from error

    def forget(self) -> None:
        """Fetch a new token next time: this one was refused."""
        self._until_s = 0.0

    def _fetched(self) -> str:
        try:
            if self._credentials is None:
                self._credentials = self._made()
            return str(self._credentials.get_access_token())
        except (PermissionError, ValueError, KeyError) as error:
            raise AdapterError(TEAMS, "credentials_refused") from error
        except (OSError, MsalServiceError) as error:  # requests' errors are OSErrors
            raise UncertainError(TEAMS, "unreachable") from error

    def _made(self) -> MicrosoftAppCredentials:
        given = self._given
        if given.is_managed_identity:
            return ManagedIdentityAppCredentials(
                given.app_id, AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
            )
        made = MicrosoftAppCredentials(given.app_id, given.password, given.tenant or None)
        made.app = msal.ConfidentialClientApplication(
            given.app_id,
            client_credential=given.password,
            authority=made.oauth_endpoint,
            verify=ca_bundle() or True,
            timeout=_TIMEOUT_S,
        )
        return made


class Connector:
    """The Connector's calls that we need, each tried once."""

    def __init__(self, session: aiohttp.ClientSession, tokens: AppTokens) -> None:
        self._sender = _Sender(session, tokens)
        self._tokens = tokens
        self._clients: OrderedDict[str, ConnectorClient] = OrderedDict()

    async def post(self, reference: Reference, thread: str, activity: Activity) -> str:
        """Post `activity` and return its id, empty where the Connector names none."""
        conversation = _address(reference, thread)
        client = self._client(reference)
        sent = await self._called(client.conversations.send_to_conversation(conversation, activity))
        return str(getattr(sent, "id", "") or "")

    async def update(
        self, reference: Reference, thread: str, activity_id: str, activity: Activity
    ) -> None:
        """Replace what stands at `activity_id`."""
        activity.id = activity_id
        client = self._client(reference)
        await self._called(
            client.conversations.update_activity(
                _address(reference, thread),
                activity_id,
                activity,
            )
        )

    async def delete(self, reference: Reference, thread: str, activity_id: str) -> None:
        """Take away what stands at `activity_id`."""
        client = self._client(reference)
        await self._called(
            client.conversations.delete_activity(_address(reference, thread), activity_id)
        )

    async def member(self, reference: Reference, member: str) -> Mapping[str, object]:
        """Return what Teams tells about a member of the conversation."""
        client = self._client(reference)
        found = await self._called(
            client.conversations.get_conversation_member(reference.conversation, member, raw=True)
        )
        return _object_of(found.response)

    async def members(
        self, reference: Reference, after: str
    ) -> tuple[list[Mapping[str, object]], str]:
        """Return a page of the conversation's members, and what names the next page."""
        found = await self._called(
            self._client(reference).conversations.get_conversation_paged_members(
                reference.conversation, _PAGE, after or None, raw=True
            )
        )
        page = _object_of(found.response)
        members = page.get("members")
        listed = members if isinstance(members, list) else []
        return [m for m in listed if isinstance(m, dict)], str(page.get("continuationToken") or "")

    def _client(self, reference: Reference) -> ConnectorClient:
        url = reference.service_url
        if url in self._clients:
            self._clients.move_to_end(url)
            return self._clients[url]
        configuration = BotFrameworkConnectorConfiguration(_UNSIGNED, url, sender=self._sender)
        configuration.custom_pipeline = AsyncBfPipeline(configuration)
        client = self._clients[url] = ConnectorClient(_UNSIGNED, custom_configuration=configuration)
        while len(self._clients) > _MAX_CLIENTS:
            self._clients.popitem(last=False)
        return client

    async def _called(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except ErrorResponseException as error:
            refusal = _refusal(error)
            if refusal.code == "unauthorized":
                self._tokens.forget()
            raise refusal from error
        except aiohttp.ClientConnectorError as error:
            raise NotDoneError(TEAMS, "unreachable") from error
        except (aiohttp.ClientError, OSError, TimeoutError, ClientException, ValueError) as error:
            raise UncertainError(TEAMS, "unreachable") from error


class _Answer(AsyncClientResponse):
    """An answer with its body, in the form that msrest reads."""

    def __init__(
        self, request: ClientRequest, response: aiohttp.ClientResponse, body: bytes
    ) -> None:
        super().__init__(request, self)  # a raw answer is this one, with its body
        self.status_code = response.status
        self.headers = CIMultiDict(response.headers)
        self.reason = response.reason
        self._body = body

    def body(self) -> bytes:
        return self._body


class _Sender(AsyncHTTPSender[ClientRequest, AsyncClientResponse]):
    """Signs and sends with aiohttp, once.

    msrest's own fetches tokens on the event loop, blocks a thread, and posts again after a 500.
    """

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens) -> None:
        self._session = session
        self._tokens = tokens

    async def __aexit__(self, *_details: object) -> None:
        """Leave the session open: it is not ours."""

    async def send(
        self, request: Request[ClientRequest], **_config: object
    ) -> Response[ClientRequest, AsyncClientResponse]:
        asked = request.http_request
        if token := await self._tokens.token():
            asked.headers["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            asked.method,
            asked.url,
            data=asked.data,
            headers={name: str(value) for name, value in asked.headers.items()},
            allow_redirects=False,
        ) as response:
            body = await response.content.read(_MAX_ANSWER_BYTES)
            return Response(request, _Answer(asked, response, body))


def _object_of(answer: _Answer) -> Mapping[str, object]:
    """Return an answer's object as it came: the client's own reading drops people's roles."""
    try:
        known = json.loads(answer.body())
    except ValueError as error:
        raise UncertainError(TEAMS, "no_json") from error
    return known if isinstance(known, dict) else {}


def http_session() -> aiohttp.ClientSession:
    """Return a session that uses the proxy and the CA bundle of the environment."""
    bundle = ca_bundle()
    context = ssl.create_default_context(cafile=bundle) if bundle else ssl.create_default_context()
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=100),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        trust_env=True,
    )


def ca_bundle() -> str:
    """Return the CA bundle that the environment names, else nothing."""
    named = (os.environ.get(variable, "") for variable in _CA_VARIABLES)
    return next((path for path in named if path), "")


def _address(reference: Reference, thread: str) -> str:
    return f"{reference.conversation};messageid={thread}" if thread else reference.conversation


def _refusal(error: ErrorResponseException) -> AdapterError:
    status = int(error.response.status_code)
    told = getattr(error.error, "error", None)
    code, words = str(getattr(told, "code", "") or ""), str(getattr(told, "message", "") or "")
    if status == 429:  # noqa: PLR2004 - too many requests
        wait = error.response.headers.get("Retry-After", "")
        return RateLimitedError(TEAMS, float(wait) if wait.isdigit() else _DEFAULT_WAIT_S)
    if code == "ContentStreamNotAllowed":
        return _stream_refusal(words.lower())
    if status in _NOT_DONE:
        return NotDoneError(TEAMS, code or f"http_{status}")
    if status >= 500:  # noqa: PLR2004 - the server's fault
        return UncertainError(TEAMS, code or f"http_{status}")
    if status == 403 or code in _CLOSED:  # noqa: PLR2004 - forbidden
        return UndeliverableError(TEAMS, code or "forbidden")
    is_unauthorized = status == 401  # noqa: PLR2004
    return AdapterError(TEAMS, "unauthorized" if is_unauthorized else code or f"http_{status}")


def _stream_refusal(words: str) -> AdapterError:
    if "cancel" in words:
        return ReplyStoppedError(TEAMS)
    if "completed" in words:
        return AdapterError(TEAMS, "stream_completed")
    if "time" in words:
        return AdapterError(TEAMS, "stream_expired")
    return AdapterError(TEAMS, "stream_not_allowed")
