"""Microsoft's servers: login, keys and the Bot Connector, behind a proxy of the tests' own."""

import asyncio
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.servers.teams.activities import Refused, posted, problems_of, updated
from tests.servers.teams.files import serve
from tests.servers.teams.tls import Authority, Proxy
from tests.servers.teams.tokens import SERVICE_URL, Signer
from tests.servers.teams.workspace import Message, Workspace

_WAIT_S = 60.0
_SENDS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
_STREAM_GAP_S = 0.98  # clocks and the way here are never quite even


@dataclass(kw_only=True)
class Failure:
    """What a call shall answer instead of doing its work; with `does_it` it does it as well."""

    status: int = 500
    code: str = ""
    words: str = ""
    retry_after: int | None = None
    times: int = 1
    does_it: bool = False
    breaks: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the Connector, as it came."""

    method: str
    conversation: str
    body: dict[str, Any]
    at_s: float
    status: int


class TeamsServer:
    """A strict Teams: it answers as Teams does, and notes in `violations` what Teams forbids."""

    def __init__(self, *, has_rate_limits: bool = True) -> None:
        self.workspace = Workspace()
        self.app_id = "22222222-2222-2222-2222-222222222222"
        self.password = "a client secret"
        self.service_url = SERVICE_URL
        self.signer = Signer(self.app_id)
        self.violations: list[str] = []
        self.calls: list[Call] = []
        self.asked: list[str] = []
        self.looked_up = 0
        self.refused_too_often: Counter[str] = Counter()
        self.are_keys_there = True
        self.is_local = False
        self.proxy = Proxy()
        self._has_rate_limits = has_rate_limits
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._changed = asyncio.Condition()
        self._folder = tempfile.TemporaryDirectory()
        self._authority = Authority(Path(self._folder.name))
        application = web.Application(client_max_size=1024**2)
        router = application.router
        router.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        router.add_get("/v1/.well-known/keys", self._keys)
        router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._login)
        router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        router.add_get("/common/discovery/instance", self._instances)
        base = "/{region}/v3/conversations/{conversation}"
        router.add_post(f"{base}/activities", self._post)
        router.add_put(f"{base}/activities/{{activity}}", self._put)
        router.add_delete(f"{base}/activities/{{activity}}", self._delete)
        router.add_get(f"{base}/members/{{member}}", self._member)
        router.add_get(f"{base}/pagedmembers", self._members)
        router.add_get("/_layouts/15/download.aspx", partial(serve, self))
        self._runner = web.AppRunner(application, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._authority.context)
        await site.start()
        await self.proxy.start(self._runner.addresses[0][1])
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    def be_local(self) -> None:
        """Be a tool on this machine, without TLS and without tokens."""
        self.is_local = True
        self.service_url = f"http://127.0.0.1:{self._runner.addresses[1][1]}/emea/"

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.proxy.stop()
        await self._runner.cleanup()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to find us where Microsoft would be."""
        bundle = str(self._authority.bundle)
        return {
            "HTTPS_PROXY": self.proxy.url,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def fail(self, method: str, **failure: Any) -> None:
        """Let the next calls of `post`, `put`, `delete` or `member` fail; see `Failure`."""
        self._failures[method].append(Failure(**failure))

    def messages(self, root: str | None = None, *, conversation: str = "") -> list[Message]:
        """Return the bot's messages that people see, in one place or everywhere."""
        return [
            m
            for m in self.workspace.messages
            if m.is_visible and root in {None, m.root} and conversation in {"", m.conversation}
        ]

    async def until(self, is_so: Callable[[], object], *, timeout_s: float = _WAIT_S) -> None:
        """Return when `is_so`; it is asked again after each call and each change."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: bool(is_so()))

    async def replies(
        self, root: str | None = None, count: int = 1, *, conversation: str = ""
    ) -> list[Message]:
        """Wait until `count` messages of the bot's are whole, and return them."""

        def whole() -> list[Message]:
            found = self.messages(root, conversation=conversation)
            return [m for m in found if not m.is_streaming]

        await self.until(lambda: len(whole()) >= count)
        return whole()

    async def changed(self) -> None:
        """Wake whoever waits for a change."""
        async with self._changed:
            self._changed.notify_all()

    async def _metadata(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.host}{request.path}")
        if not self.are_keys_there:
            return web.Response(status=503)
        issuer = "https://login.botframework.com"
        return web.json_response(
            {"issuer": "https://api.botframework.com", "jwks_uri": f"{issuer}/v1/.well-known/keys"}
        )

    async def _keys(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.host}{request.path}")
        return web.json_response(self.signer.published())

    async def _login(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.host}{request.path}")
        tenant = request.match_info["tenant"]
        base = f"https://login.microsoftonline.com/{tenant}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            }
        )

    async def _instances(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.host}{request.path}")
        host = "login.microsoftonline.com"
        known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return web.json_response({"metadata": [known]})

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.host}{request.path}")
        form = await request.post()
        is_right = (
            form.get("client_id") == self.app_id
            and form.get("client_secret") == self.password
            and form.get("grant_type") == "client_credentials"
            and form.get("scope") == "https://api.botframework.com/.default"
            and request.match_info["tenant"] in {self.workspace.tenant, "botframework.com"}
        )
        if not is_right:
            told = {"error": "invalid_client", "error_description": "AADSTS7000215: no"}
            return web.json_response(told, status=401)
        token = self.signer.token(aud="https://api.botframework.com", appid=self.app_id)
        return web.json_response(
            {"token_type": "Bearer", "expires_in": 3599, "access_token": token}
        )

    async def _post(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()

        def do(conversation: str) -> tuple[int, str]:
            return posted(self.workspace, conversation, body)

        return await self._called("post", request, body, do)

    async def _put(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        activity = request.match_info["activity"]

        def do(_conversation: str) -> tuple[int, str]:
            updated(self.workspace, activity, body)
            return 200, activity

        return await self._called("put", request, body, do)

    async def _delete(self, request: web.Request) -> web.Response:
        activity = request.match_info["activity"]

        def do(_conversation: str) -> tuple[int, str]:
            found = self.workspace.find(activity)
            if found is None:
                raise Refused(404, "ActivityNotFoundInConversation")
            self.workspace.messages.remove(found)
            self.workspace.deleted.append(activity)
            return 200, ""

        return await self._called("delete", request, {}, do)

    async def _member(self, request: web.Request) -> web.Response:
        self.looked_up += 1
        member = request.match_info["member"]
        if (failure := self._failure_of("member")) is not None:
            return self._told(Refused(failure.status, failure.code, failure.words))
        if not self._is_authorized(request):
            return self._told(Refused(401, "Unauthorized"))
        known = self.workspace.members
        aliases = {about.get("aadObjectId"): each for each, about in known.items()}
        member = aliases.get(member, member)  # it is found by its directory id as well
        found = known.get(member)
        if found is None:
            return self._told(Refused(404, "MemberNotFoundInConversation"))
        return web.json_response({"id": member, **found})

    async def _members(self, request: web.Request) -> web.Response:
        if (failure := self._failure_of("members")) is not None:
            return self._told(Refused(failure.status, failure.code, failure.words))
        if not self._is_authorized(request):
            return self._told(Refused(401, "Unauthorized"))
        conversation = request.match_info["conversation"]
        roster = self.workspace.rosters.get(conversation, ["29:ann", "29:ben"])
        begin = int(request.query.get("continuationToken", "0"))
        end = begin + min(int(request.query.get("pageSize", "200")), 500)
        known = self.workspace.members
        page = [{"id": member, **known.get(member, {})} for member in roster[begin:end]]
        more = {"continuationToken": str(end)} if end < len(roster) else {}
        return web.json_response({"members": page, **more})

    async def _called(
        self,
        method: str,
        request: web.Request,
        body: dict[str, Any],
        do: Callable[[str], tuple[int, str]],
    ) -> web.Response:
        conversation = request.match_info["conversation"]
        answer: web.Response | None = None
        failure = self._failure_of(method)
        if failure is None or failure.does_it:
            answer = self._answer(method, request, body, do)
        if failure is not None:
            answer = self._told(Refused(failure.status, failure.code, failure.words))
            if failure.retry_after is not None:
                answer.headers["Retry-After"] = str(failure.retry_after)
            if failure.breaks and request.transport is not None:
                request.transport.abort()
        assert answer is not None
        self.calls.append(
            Call(
                method=method,
                conversation=conversation,
                body=body,
                at_s=time.monotonic(),
                status=answer.status,
            )
        )
        await self.changed()
        return answer

    def _answer(
        self,
        method: str,
        request: web.Request,
        body: dict[str, Any],
        do: Callable[[str], tuple[int, str]],
    ) -> web.Response:
        conversation = request.match_info["conversation"]
        if not self._is_authorized(request):
            self.violations.append(f"{method}: not authorized")
            return self._told(Refused(401, "Unauthorized"))
        if body and self._is_too_often(conversation.partition(";")[0], body):
            self.refused_too_often[method] += 1
            return web.Response(status=429, headers={"Retry-After": "1"})
        self.violations += [f"{method}: {problem}" for problem in problems_of(body) if body]
        try:
            status, answered = do(conversation)
        except Refused as refusal:
            if refusal.status == 400:
                self.violations.append(f"{method}: {refusal.words}")
            return self._told(refusal)
        return web.json_response({"id": answered} if answered else {}, status=status)

    def _is_authorized(self, request: web.Request) -> bool:
        if self.is_local:
            return "Authorization" not in request.headers
        is_ours = request.host == "smba.trafficmanager.net"
        return is_ours and request.headers.get("Authorization", "").startswith("Bearer ey")

    def _told(self, refusal: Refused) -> web.Response:
        told = {"error": {"code": refusal.code, "message": refusal.words}}
        return web.json_response(told, status=refusal.status)

    def _failure_of(self, name: str) -> Failure | None:
        waiting = self._failures[name]
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]

    def _is_too_often(self, conversation: str, body: dict[str, Any]) -> bool:
        if not self._has_rate_limits:
            return False
        now = time.monotonic()
        recent, streamed = self._recent[conversation], self._recent[f"{conversation} stream"]
        is_stream = any(e["type"] == "streaminfo" for e in body.get("entities") or [])
        if is_stream and streamed and now - streamed[-1] < _STREAM_GAP_S:
            return True
        if any(len([at for at in recent if at > now - span]) >= calls for calls, span in _SENDS):
            return True
        recent.append(now)
        if is_stream:
            streamed.append(now)
        return False
