"""Calls Slack's Web API and turns its refusals into our errors."""

from collections.abc import Awaitable

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.errors import AdapterError, RateLimitedError, ReplyStoppedError

log = structlog.get_logger(__name__)

SLACK = "slack"
_TIMEOUT_S = 10
_RETRIES = 2


def patient_client(token: str, base_url: str) -> AsyncWebClient:
    """Return a client that obeys `Retry-After` and tries again on 5xx and broken connections."""
    return AsyncWebClient(
        token=token,
        base_url=base_url,
        timeout=_TIMEOUT_S,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=_RETRIES),
            AsyncServerErrorRetryHandler(max_retry_count=_RETRIES),
            AsyncRateLimitErrorRetryHandler(max_retry_count=_RETRIES),
        ],
    )


def hasty_client(token: str, base_url: str) -> AsyncWebClient:
    """Return a client that tries once: for what has a fallback, or may be left out."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=_TIMEOUT_S, retry_handlers=[])


async def called(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Await a call.

    Raises:
        RateLimitedError: Slack asks to wait.
        ReplyStoppedError: The person pressed Stop.
        AdapterError: Slack refused, or could not be reached.
    """
    try:
        return await call
    except SlackApiError as error:
        raise _refusal(error) from error
    except (SlackRequestError, SlackClientError) as error:
        raise AdapterError(SLACK, "invalid_request") from error
    except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:  # also no JSON
        raise AdapterError(SLACK, "unreachable") from error


async def attempted(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse | None:
    """Await a call that nothing depends on; None where Slack refused it."""
    try:
        return await called(call)
    except AdapterError as error:
        log.info("left_out", code=error.code, platform=SLACK)
        return None


def _refusal(error: SlackApiError) -> AdapterError:
    response = error.response
    code = str(response.get("error") or "unknown_error")
    if code == "stopped_by_user":
        return ReplyStoppedError(SLACK)
    if code in {"ratelimited", "rate_limited"}:
        wait = response.headers.get("Retry-After", "1")
        return RateLimitedError(SLACK, float(wait) if wait.isdigit() else 1.0)
    return AdapterError(SLACK, code)
