"""Slack's servers: the Web API, signed events, and Socket Mode."""

import asyncio
import json
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.loopback import Loopback
from tests.servers.slack.files import content_of, login_page
from tests.servers.slack.methods import METHODS, Method, Refused
from tests.servers.slack.workspace import Message, Workspace

SCOPES = (
    "app_mentions:read,assistant:write,channels:history,channels:read,chat:write,commands,files:read,groups:history,"
    "groups:read,im:history,mpim:history,mpim:read,usergroups:read,users:read,users:read.email"
)
_WAIT_S = 60.0


@dataclass(kw_only=True)
class Failure:
    """What a method shall answer instead of doing its work, and how often.

    With `does_it` it does its work all the same: the caller can't tell. It answers after `after_s`,
    and not before `until` is set.
    """

    error: str = "internal_error"
    status: int = 200
    retry_after: int | None = None
    times: int = 1
    after_s: float = 0.0
    does_it: bool = False
    until: asyncio.Event | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the Web API, as it came."""

    method: str
    args: dict[str, Any]
    at_s: float
    error: str


class SlackServer(Loopback):
    """A strict Slack: it answers as Slack does, and notes in `violations` what Slack forbids."""

    def __init__(self, *, has_rate_limits: bool = True) -> None:
        super().__init__()
        self.workspace = Workspace()
        self.bot_token = "xoxb-1-test"
        self.app_token = "xapp-1-test"
        self.signing_secret = "8f742231b10e8888abcd99edabcd99ed"
        self.violations: list[str] = []
        self.calls: list[Call] = []
        self.connections: set[int] = set()
        self.sockets: list[web.WebSocketResponse] = []
        self.acks: dict[str, float] = {}
        self.ack_payloads: dict[str, Any] = {}
        self.scopes = SCOPES
        self.refused_too_often: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self._has_rate_limits = has_rate_limits
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._changed = asyncio.Condition()
        self.application.router.add_post("/api/{method}", self._api)
        self.application.router.add_get("/api/{method}", self._api)
        self.application.router.add_get("/socket", self._socket)
        self.application.router.add_get("/files-pri/{file}/{name}", self._file)
        self.application.router.add_get("/login", login_page)

    async def leave(self) -> None:
        await self.disconnect_sockets()

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` must be."""
        return str(self._server.make_url("/api/"))

    def fail(self, method: str, **failure: Any) -> None:
        """Let the next calls of `method` fail; see `Failure`."""
        self._failures[method].append(Failure(**failure))

    def methods(self) -> list[str]:
        """Return the methods that were called, in order."""
        return [call.method for call in self.calls]

    def messages(self, thread_ts: str | None = None) -> list[Message]:
        """Return the bot's messages, in one thread or everywhere."""
        return [m for m in self.workspace.messages if thread_ts in {None, m.thread_ts}]

    async def until(self, is_so: Callable[[], object], *, timeout_s: float = _WAIT_S) -> None:
        """Return when `is_so`; it is asked again after each call and each change."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: bool(is_so()))

    async def replies(self, thread_ts: str, count: int = 1) -> list[Message]:
        """Wait until `count` messages of the bot's in a thread are whole, and return them."""

        def whole() -> list[Message]:
            return [m for m in self.messages(thread_ts) if not m.is_streaming]

        await self.until(lambda: len(whole()) >= count)
        return whole()

    async def connected(self, count: int = 1) -> None:
        """Return when `count` sockets are open."""
        await self.until(lambda: len([s for s in self.sockets if not s.closed]) >= count)

    async def disconnect_sockets(self) -> None:
        """Close every socket, as Slack does routinely."""
        sockets, self.sockets = self.sockets, []
        for socket in sockets:
            await socket.close()

    async def changed(self) -> None:
        """Wake whoever waits for a change."""
        async with self._changed:
            self._changed.notify_all()

    async def _api(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername")[1])
        args = await _arguments(request)
        failure = self._failure_of(name)
        if failure is not None:
            if failure.does_it:
                self._answer(name, args, request)
            await asyncio.sleep(failure.after_s)
            if failure.until is not None:
                self.held[name] += 1
                await self.changed()
                await failure.until.wait()
            answer, status = {"ok": False, "error": failure.error}, failure.status
            headers = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
        else:
            answer, status, headers = self._answer(name, args, request)
        error = "" if answer["ok"] else str(answer["error"])
        self.calls.append(Call(method=name, args=args, at_s=time.monotonic(), error=error))
        await self.changed()
        headers = {"X-OAuth-Scopes": self.scopes, "Date": formatdate(usegmt=True), **headers}
        return web.json_response(answer, status=status, headers=headers)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file to who may read it, and send anybody else to the page to log in."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        may_read = token == self.bot_token and "files:read" in self.scopes
        return content_of(self.workspace, request, may_read=may_read)

    def _failure_of(self, name: str) -> Failure | None:
        waiting = self._failures[name]
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]

    def _answer(
        self, name: str, args: dict[str, Any], request: web.Request
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        method = METHODS.get(name)
        if method is None:
            return self._refused(name, "unknown_method")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != (self.app_token if method.is_app_level else self.bot_token):
            return {"ok": False, "error": "invalid_auth"}, 200, {}
        channel = f"{name}:{args.get('channel')}" if method.a_channel else ""
        if self._is_too_often(name, method.a_minute, 60.0) or (
            channel and self._is_too_often(channel, 1, method.a_channel)
        ):
            self.refused_too_often[name] += 1
            return {"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"}
        if name.startswith("files.") and "files:read" not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": "files:read"}, 200, {}
        given = {key for key, value in args.items() if value is not None}
        wrong = (method.required - given) | (given - method.required - method.optional)
        if wrong:
            return self._refused(name, f"invalid_arguments: {', '.join(sorted(wrong))}")
        return self._done(name, method, args)

    def _done(
        self, name: str, method: Method, args: dict[str, Any]
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        problems: list[str] = []
        try:
            result = method.run(self.workspace, args, problems)
        except Refused as refusal:
            self.violations += [f"{name}: {problem}" for problem in problems]
            if str(refusal) not in _STATES:
                return self._refused(name, str(refusal))
            return {"ok": False, "error": str(refusal)}, 200, {}
        self.violations += [f"{name}: {problem}" for problem in problems]
        if name == "apps.connections.open":
            url = str(self._server.make_url("/socket")).replace("http://", "ws://")
            result = {"url": f"{url}?ticket=1"}
        return {"ok": True, **result}, 200, {}

    def _refused(self, name: str, why: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        self.violations.append(f"{name}: {why}")
        return {"ok": False, "error": why.partition(":")[0]}, 200, {}

    def _is_too_often(self, name: str, calls: int, span_s: float) -> bool:
        recent, now = self._recent[name], time.monotonic()
        while recent and recent[0] < now - span_s:
            recent.popleft()
        if self._has_rate_limits and len(recent) >= calls:
            return True
        recent.append(now)
        return False

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        await self.changed()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                answer = json.loads(message.data)
                if "envelope_id" in answer:
                    self.acks[answer["envelope_id"]] = time.monotonic()
                    self.ack_payloads[answer["envelope_id"]] = answer.get("payload")
                    await self.changed()
        if socket in self.sockets:
            self.sockets.remove(socket)
        return socket


_STATES = {
    "message_not_in_streaming_state",
    "streaming_state_conflict",
    "message_not_found",
    "not_in_channel",
    "thread_not_found",
    "user_not_found",
    "file_not_found",
    "expired_trigger_id",
    "hash_conflict",
}


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        body: dict[str, Any] = await request.json()
        return body
    values: dict[str, Any] = dict(request.query)
    for key, value in (await request.post()).items():
        text = str(value)
        if re.match(r"[\[{]", text):
            values[key] = json.loads(text)
        else:
            values[key] = {"true": True, "false": False, "1": True, "0": False}.get(text, text)
    return values
