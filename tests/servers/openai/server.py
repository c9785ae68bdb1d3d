"""A strict stand-in, on loopback, for a model server that speaks OpenAI's protocol."""

import asyncio
import itertools
import json
import math
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from tests.servers.openai import wire
from tests.servers.openai.answers import Answer, Break, Failure, Hang, Reset, Script, Scripted
from tests.servers.openai.readers import obedient
from tests.servers.openai.requests import ChatRequest, EmbeddingRequest, ModerationRequest

Body = TypeVar("Body", bound=BaseModel)

_HOST = "127.0.0.1"
_GRACE_S = 0.05
_IS_RESET = web.RequestKey("is_reset", bool)
_NUMBERS = itertools.count(1)
_MAX_BODY_BYTES = 20_000_000
_LINGER_OFF = struct.pack("ii", 1, 0)  # closing then sends a reset, not an end
_MODELS = ("gpt-4.1-mini", "gpt-4.1-nano", "text-embedding-3-small")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came in, right or wrong; `json` is None where the body is not JSON."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def raw(self) -> bytes:
        """Path, headers and body: all that the client gave away."""
        lines = [self.path, *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(lines).encode() + b"\n\n" + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A request that OpenAI's server would refuse."""

    path: str
    status: int
    code: str | None
    message: str


class ModelServer:
    """Serves chat completions, embeddings and the model list, and keeps all that it was sent.

    `script` decides the answer to each chat request (default: the obedient reader); it can be
    exchanged at any time. A text with a word of `flags` is of that category to the moderation
    endpoint; `failing` endpoints (`embeddings`, `moderations`) answer with an error. Refused
    requests are in `violations`; scripted failures are not.
    """

    def __init__(
        self,
        script: Script | Scripted = obedient,
        *,
        api_key: str = "sk-standin-key",
        models: tuple[str, ...] = _MODELS,
        dimensions: int = 384,
        context_tokens: int = 128_000,
    ) -> None:
        self.script = script
        self.api_key = api_key
        self.requests: list[Received] = []
        self.violations: list[Violation] = []
        self.flags: dict[str, str] = {}
        self.failing: dict[str, Failure] = {}
        self.completed = 0
        self.abandoned = 0
        self._models = models
        self._dimensions = dimensions
        self._context_tokens = context_tokens
        # LangChain keeps its HTTP clients by address for ever: a port that a later test is given
        # again must not bring back a client of an event loop that is gone.
        self._root = f"/{next(_NUMBERS)}/v1"
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Condition()

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` is to be."""
        return f"http://{_HOST}:{self._port}{self._root}"

    @property
    def chats(self) -> list[Received]:
        """The requests for completions alone, in order."""
        return [item for item in self.requests if item.path.endswith("/chat/completions")]

    def has_seen(self, text: str) -> bool:
        """Say whether `text` stood in any request: in its bytes, or escaped in its JSON."""
        return any(
            text.encode() in item.raw or text in json.dumps(item.json, ensure_ascii=False)
            for item in self.requests
        )

    async def until(self, is_true: Callable[[], bool], *, timeout_s: float = 10) -> None:
        """Return once `is_true`; it is asked after each request, completion and abandonment."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(is_true)

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Refuse connections within; the port stays the same."""
        await self._stop()
        try:
            yield
        finally:
            await self._start()

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _start(self) -> None:
        application = web.Application(middlewares=[self._guarded], client_max_size=_MAX_BODY_BYTES)
        application.router.add_post(f"{self._root}/chat/completions", self._chat)
        application.router.add_post(f"{self._root}/embeddings", self._embed)
        application.router.add_post(f"{self._root}/moderations", self._moderate)
        application.router.add_get(f"{self._root}/models", self._list)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, access_log=None, shutdown_timeout=_GRACE_S
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        received = await _received(request)
        self.requests.append(received)
        await self._notify()
        try:
            self._check(request, received)
            response: web.StreamResponse = await handler(request)
        except wire.ApiError as error:
            self.violations.append(
                Violation(
                    path=request.path,
                    status=error.status,
                    code=error.code,
                    message=error.message,
                )
            )
            return web.json_response(error.body, status=error.status, headers=error.headers)
        except (asyncio.CancelledError, ConnectionError):
            self.abandoned += not request.get(_IS_RESET, False)
            raise
        else:
            self.completed += 1
            return response
        finally:
            await asyncio.shield(self._notify())

    def _check(self, request: web.Request, received: Received) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise wire.ApiError(401, "You didn't provide an API key.")
        if key != self.api_key:
            raise wire.ApiError(401, "Incorrect API key provided.", code="invalid_api_key")
        problem = request.match_info.http_exception
        if problem is not None:
            message = f"Invalid URL ({request.method} {request.path})"
            raise wire.ApiError(problem.status, message)
        if request.method == "POST" and request.content_type != "application/json":
            raise wire.ApiError(415, "Unsupported content type: send application/json.")
        if request.method == "POST" and not isinstance(received.json, dict):
            raise wire.ApiError(400, "We could not parse the JSON body of your request.")

    async def _list(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(wire.models(self._models))

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        wanted = _parsed(EmbeddingRequest, await request.json())
        self._know(wanted.model)
        if failure := self.failing.get("embeddings"):
            return _failed(failure)
        return web.json_response(wire.embeddings(wanted, self._dimensions))

    async def _moderate(self, request: web.Request) -> web.StreamResponse:
        wanted = _parsed(ModerationRequest, await request.json())
        if failure := self.failing.get("moderations"):
            return _failed(failure)
        return web.json_response(wire.moderations(wanted, self.flags))

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        wanted = _parsed(ChatRequest, await request.json())
        self._know(wanted.model)
        if wanted.stream_options is not None and not wanted.stream:
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise wire.ApiError(400, message, param="stream_options")
        if wanted.characters > self._context_tokens * 4:
            message = f"This model's maximum context length is {self._context_tokens} tokens."
            code = "context_length_exceeded"
            raise wire.ApiError(400, message, code=code, param="messages")
        scripted = self.script(wanted) if callable(self.script) else self.script
        match scripted:
            case Failure():
                return _failed(scripted)
            case Reset():
                await _reset(request)
            case Hang():
                await _hang()
            case Answer() if wanted.stream:
                return await self._stream(request, wanted, scripted)
            case Answer():
                body = wire.completion(
                    wanted, len(self.chats), scripted.content, scripted.finish_reason
                )
                return web.json_response(body)
        raise AssertionError(scripted)

    def _know(self, model: str) -> None:
        if model not in self._models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise wire.ApiError(404, message, code="model_not_found")

    async def _stream(
        self, request: web.Request, wanted: ChatRequest, answer: Answer
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        async for data in self._events(request, wanted, answer):
            size = answer.packet_bytes or len(data)
            for start in range(0, len(data), size):
                await response.write(data[start : start + size])
        await response.write_eof()
        return response

    async def _events(
        self, request: web.Request, wanted: ChatRequest, answer: Answer
    ) -> AsyncIterator[bytes]:
        number = len(self.chats)
        first = {"role": "assistant", "content": "", "refusal": None}
        yield wire.chunk(wanted, number, delta=first)
        for count, piece in enumerate((*answer.deltas, None)):
            if answer.breaks is not None and count == answer.breaks_after:
                if answer.breaks is Break.END:
                    return
                yield await _broken(request, answer.breaks)
            if piece is None:
                break
            await _paced(answer)
            yield wire.chunk(wanted, number, delta={"content": piece})
        yield wire.chunk(wanted, number, finish_reason=answer.finish_reason)
        if wanted.stream_options is not None and wanted.stream_options.include_usage:
            yield wire.chunk(wanted, number, used=wire.usage(wanted, answer.content))
        yield wire.DONE

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _received(request: web.Request) -> Received:
    body = await request.read()
    try:
        parsed = json.loads(body) if body else None
    except ValueError:
        parsed = None
    return Received(
        method=request.method,
        path=request.path_qs,
        headers=dict(request.headers),
        body=body,
        json=parsed,
    )


def _parsed(kind: type[Body], body: object) -> Body:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise wire.ApiError.of(error) from error


def _failed(failure: Failure) -> web.Response:
    error = wire.ApiError(failure.status, failure.message, kind=failure.type, code=failure.code)
    headers = {}
    if failure.retry_after_s is not None:  # the client reads the finer one first
        headers["Retry-After"] = str(math.ceil(failure.retry_after_s))
        headers["retry-after-ms"] = str(round(failure.retry_after_s * 1_000))
    return web.json_response(error.body, status=failure.status, headers=headers)


async def _broken(request: web.Request, kind: Break) -> bytes:
    if kind is Break.GARBAGE:
        return wire.GARBAGE
    if kind is Break.ERROR:
        message = "The server had an error while processing your request."
        return wire.event(wire.ApiError(500, message, kind="server_error").body)
    if kind is Break.DROP:
        await _reset(request)
    return await _hang()


async def _reset(request: web.Request) -> NoReturn:
    """Reset the connection; losing it cancels this handler."""
    request[_IS_RESET] = True
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        transport.abort()
    await _hang()


async def _hang() -> NoReturn:
    """Wait until the client goes or the server ends: both cancel this handler."""
    while True:
        await asyncio.Event().wait()


async def _paced(answer: Answer) -> None:
    if answer.gate is not None:
        await answer.gate.pass_piece()
    if answer.delay_s:
        await asyncio.sleep(answer.delay_s)
