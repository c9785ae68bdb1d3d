"""Calls Slack's Web API within its limits, and turns its refusals into our errors."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Protocol

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.errors import (
    AdapterError,
    RateLimitedError,
    ReplyStoppedError,
    UncertainError,
    UndeliverableError,
)
from adapters.ports import CallLimiter, Windows

log = structlog.get_logger(__name__)

SLACK = "slack"
_TIMEOUT_S = 10
_PATIENCE_S = 25.0
_REPETITIONS = 2
_FIRST_PAUSE_S = 0.5
_OPTIONAL_SHARE = 0.75

_A_MINUTE = 60.0
_TIER_2, _TIER_3, _TIER_4 = ((20, _A_MINUTE),), ((50, _A_MINUTE),), ((100, _A_MINUTE),)
_WINDOWS: dict[str, Windows] = {
    "assistant.threads.setStatus": ((600, _A_MINUTE),),
    "chat.appendStream": _TIER_4,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "chat.postMessage": ((300, _A_MINUTE),),
    "chat.startStream": _TIER_2,
    "chat.stopStream": _TIER_2,
    "chat.update": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.members": _TIER_4,
    "conversations.replies": _TIER_3,
    "files.info": _TIER_4,
    "usergroups.list": _TIER_2,
    "users.list": _TIER_2,
    "users.conversations": _TIER_3,
    "users.info": _TIER_4,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
}
"""Calls a minute, method and workspace (https://docs.slack.dev/apis/web-api/rate-limits)."""
_A_CHANNEL: dict[str, Windows] = {"chat.postMessage": ((1, 1.1),)}
"""One a second; a little less, since calls don't all take the same time to arrive."""

_UNCERTAIN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_UNDELIVERABLE = frozenset(
    {
        "cannot_reply_to_message",
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
    }
)
_SERVER_ERROR = 500

OnCall = Callable[[str, str, str], None]
"""Told of each call: the platform, the method, and `ok` or the refusal's code."""
SlackCall = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


class CallGuard(Protocol):
    """Leaves Slack alone for a while when it keeps failing."""

    def guard(self) -> AbstractContextManager[None]:
        """Count how the call inside ends.

        Raises:
            AdapterError: Slack is not called now.
        """


class SlackCalls:
    """Slack's Web API for one workspace, within the limits that all our processes share."""

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        session: aiohttp.ClientSession,
        limiter: CallLimiter,
        guard: CallGuard,
        workspace: str,
        on_call: OnCall = lambda *_: None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.client = slack_client(token, base_url, session)
        self._limiter = limiter
        self._guard = guard
        self._workspace = workspace
        self._on_call = on_call
        self._patience_s = patience_s

    async def hastily(
        self, method: str, call: SlackCall, *, channel: str = ""
    ) -> AsyncSlackResponse:
        """Call once, if there is room now: for what has a fallback, or may be left out.

        Raises:
            RateLimitedError: There is no room; Slack may not have been asked.
            AdapterError: As for `called`.
        """
        wait_s = await self._reserve(method, channel, share=_OPTIONAL_SHARE)
        if wait_s > 0:
            raise RateLimitedError(SLACK, wait_s)
        return await self._once(method, call, channel)

    async def prepaid(self, method: str, *, share: float) -> bool:
        """Take room for a later call of `method`; False where `share` of the limits is used."""
        return await self._reserve(method, "", share=share) == 0

    async def patiently(
        self,
        method: str,
        call: SlackCall,
        *,
        channel: str = "",
        is_repeatable: bool = True,
        is_prepaid: bool = False,
    ) -> AsyncSlackResponse:
        """Call when there is room, obey `Retry-After`, and repeat what failed.

        What is not `is_repeatable` (it would show twice) is not repeated unless it is certain
        that it did nothing. Room for what `is_prepaid` was taken before.

        Raises:
            RateLimitedError: There is no room for too long.
            AdapterError: As for `called`.
        """
        ends_s = time.monotonic() + self._patience_s
        repetitions = _REPETITIONS if is_repeatable else 0
        while True:
            wait_s = 0.0 if is_prepaid else await self._reserve(method, channel)
            is_prepaid = False
            if wait_s == 0:
                try:
                    return await self._once(method, call, channel)
                except RateLimitedError as error:
                    wait_s = error.retry_after_s
                except UncertainError:
                    if not repetitions:
                        raise
                    repetitions -= 1
                    wait_s = _FIRST_PAUSE_S * 2 ** (_REPETITIONS - repetitions)
            if time.monotonic() + wait_s > ends_s:
                raise RateLimitedError(SLACK, wait_s)
            await asyncio.sleep(wait_s)

    async def attempted(
        self, method: str, call: SlackCall, *, channel: str = ""
    ) -> AsyncSlackResponse | None:
        """Call hastily what nothing depends on; None where Slack refused it."""
        try:
            return await self.hastily(method, call, channel=channel)
        except AdapterError as error:
            log.info("left_out", code=error.code, platform=SLACK)
            return None

    async def _reserve(self, method: str, channel: str, *, share: float = 1.0) -> float:
        key = self._key(method)
        windows = _A_CHANNEL.get(method)
        if windows is not None:
            wait_s = await self._limiter.reserve(f"{key}:{channel}", windows)
            if wait_s > 0:
                return wait_s
        return await self._limiter.reserve(key, _WINDOWS.get(method, _TIER_3), share=share)

    async def _once(self, method: str, call: SlackCall, channel: str) -> AsyncSlackResponse:
        try:
            with self._guard.guard():
                response = await called(call(self.client))
        except AdapterError as error:
            self._on_call(SLACK, method, error.code)
            if isinstance(error, RateLimitedError):
                key = (
                    f"{self._key(method)}:{channel}" if method in _A_CHANNEL else self._key(method)
                )
                await self._limiter.block(key, error.retry_after_s)
            raise
        self._on_call(SLACK, method, "ok")
        return response

    def _key(self, method: str) -> str:
        return f"{SLACK}:{self._workspace}:{method}"


def http_session() -> aiohttp.ClientSession:
    """Return a session that keeps its connections: a new one costs two ways there and back."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))


def slack_client(
    token: str, base_url: str, session: aiohttp.ClientSession | None = None
) -> AsyncWebClient:
    """Return a client that tries once: what is tried again, and when, is decided here.

    Without a `session` each call opens a connection of its own.
    """
    return AsyncWebClient(
        token=token, base_url=base_url, timeout=_TIMEOUT_S, retry_handlers=[], session=session
    )


async def called(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Await a call.

    Raises:
        RateLimitedError: Slack asks to wait.
        ReplyStoppedError: The person pressed Stop.
        UncertainError: Slack could not be reached or failed; perhaps it did what was asked.
        UndeliverableError: Nothing can be shown there.
        AdapterError: Slack refused.
    """
    try:
        return await call
    except SlackApiError as error:
        raise _refusal(error) from error
    except (SlackRequestError, SlackClientError) as error:
        raise AdapterError(SLACK, "invalid_request") from error
    except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:  # also no JSON
        raise UncertainError(SLACK, "unreachable") from error


def _refusal(error: SlackApiError) -> AdapterError:
    response = error.response
    code = str(response.get("error") or "unknown_error")
    if code == "stopped_by_user":
        return ReplyStoppedError(SLACK)
    if code in {"ratelimited", "rate_limited"}:
        wait = response.headers.get("Retry-After", "1")
        return RateLimitedError(SLACK, float(wait) if wait.isdigit() else 1.0)
    if code in _UNCERTAIN or response.status_code >= _SERVER_ERROR:
        return UncertainError(SLACK, code)
    if code in _UNDELIVERABLE:
        return UndeliverableError(SLACK, code)
    return AdapterError(SLACK, code)
