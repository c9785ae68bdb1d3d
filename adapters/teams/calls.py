"""Calls within Teams' limits, which all our processes share, and again where Teams says so."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

import structlog
from botbuilder.schema import Activity

from adapters.errors import AdapterError, RateLimitedError, UncertainError
from adapters.ports import CallLimiter, Windows
from adapters.teams.connector import TEAMS, Connector, NotDoneError
from adapters.teams.references import Reference

log = structlog.get_logger(__name__)

_PATIENCE_S = 25.0
_FIRST_PAUSE_S = 0.5
_MAX_PAUSE_S = 8.0
_OPTIONAL_SHARE = 0.75
_SENDS: Windows = ((7, 1), (8, 2), (60, 30), (1_800, 3_600))
_MEMBERS: Windows = ((14, 1), (16, 2), (120, 30), (3_600, 3_600))
_A_TENANT: Windows = ((50, 1),)
_STREAM: Windows = ((1, 1.05),)
"""A bot's calls in each conversation, in a tenant, and on a stream
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit)."""

T = TypeVar("T")
OnCall = Callable[[str, str, str], None]
"""Told of each call: the platform, the method, and `ok` or the refusal's code."""


class CallGuard(Protocol):
    """Leaves Teams alone for a while when it keeps failing."""

    def guard(self) -> AbstractContextManager[None]:
        """Count how the call inside ends.

        Raises:
            AdapterError: Teams is not called now.
        """


class TeamsCalls:
    """What we ask of Teams, each call as urgently as it is needed."""

    def __init__(
        self,
        connector: Connector,
        *,
        limiter: CallLimiter,
        guard: CallGuard,
        on_call: OnCall = lambda *_: None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._connector = connector
        self._limiter = limiter
        self._guard = guard
        self._on_call = on_call
        self._patience_s = patience_s

    async def post(self, reference: Reference, thread: str, activity: Activity) -> str:
        """Post patiently and return the id; what is uncertain is not repeated.

        Raises:
            RateLimitedError: There is no room, or Teams can't, for too long; nothing was posted.
            UncertainError: Perhaps it stands.
            AdapterError: Teams refused.
        """
        return await self._patiently(
            "post",
            lambda: self._connector.post(reference, thread, activity),
            reference,
        )

    async def stream(self, reference: Reference, activity: Activity) -> str:
        """Post a part of a stream, if a second has passed, and return its id where it is new.

        Raises:
            RateLimitedError: There is no room now; Teams may not have been asked.
            AdapterError: As for `post`.
        """
        await self._reserve_now(reference)
        return await self._once(
            "stream", lambda: self._connector.post(reference, "", activity), reference
        )

    async def end_stream(self, reference: Reference, activity: Activity) -> None:
        """Post the end of a stream, patiently: a second one is refused, so it may be repeated.

        Raises:
            AdapterError: As for `post`.
        """
        await self._patiently(
            "stream",
            lambda: self._connector.post(reference, "", activity),
            reference,
            is_repeatable=True,
            is_stream=True,
        )

    async def stream_part(self, reference: Reference, place: str, activity: Activity) -> None:
        """Replace what stands at `place`, if a second has passed; errors as for `stream`."""
        await self._reserve_now(reference)
        await self._once(
            "update", lambda: self._connector.update(reference, "", place, activity), reference
        )

    async def update(
        self, reference: Reference, thread: str, place: str, activity: Activity
    ) -> None:
        """Replace what stands at `place`, patiently; it may be repeated. Errors as for `post`."""
        await self._patiently(
            "update",
            lambda: self._connector.update(reference, thread, place, activity),
            reference,
            is_repeatable=True,
        )

    async def delete(self, reference: Reference, thread: str, place: str) -> None:
        """Take away what stands at `place`; errors as for `post`."""
        await self._patiently(
            "delete",
            lambda: self._connector.delete(reference, thread, place),
            reference,
            is_repeatable=True,
        )

    async def member(self, reference: Reference, member: str) -> Mapping[str, object]:
        """Return what Teams tells about somebody in the conversation, asked once."""
        wait_s = await self._reserve("member", reference)
        if wait_s > 0:
            raise RateLimitedError(TEAMS, wait_s)
        return await self._once(
            "member", lambda: self._connector.member(reference, member), reference
        )

    async def members(
        self, reference: Reference, after: str
    ) -> tuple[list[Mapping[str, object]], str]:
        """Return a page of the conversation's members, and what names the next one."""
        wait_s = await self._reserve("member", reference)
        if wait_s > 0:
            raise RateLimitedError(TEAMS, wait_s)
        return await self._once(
            "member", lambda: self._connector.members(reference, after), reference
        )

    async def attempted(self, reference: Reference, thread: str, activity: Activity) -> None:
        """Post what nothing depends on, if there is room; best effort."""
        try:
            if await self._reserve("post", reference, share=_OPTIONAL_SHARE) == 0:
                await self._once(
                    "post", lambda: self._connector.post(reference, thread, activity), reference
                )
        except AdapterError as error:
            log.info("left_out", code=error.code, platform=TEAMS)

    async def _patiently(
        self,
        method: str,
        call: Callable[[], Awaitable[T]],
        reference: Reference,
        *,
        is_repeatable: bool = False,
        is_stream: bool = False,
    ) -> T:
        ends_s = time.monotonic() + self._patience_s
        pause_s = _FIRST_PAUSE_S
        while True:
            wait_s = await self._reserve(method, reference, is_stream=is_stream)
            if wait_s == 0:
                try:
                    return await self._once(method, call, reference)
                except RateLimitedError as error:
                    wait_s = error.retry_after_s
                except NotDoneError:
                    wait_s = 0.0
                except UncertainError:
                    if not is_repeatable:
                        raise
                    wait_s = 0.0
                # Not everybody at once: who was told to wait together would come together.
                wait_s += pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                pause_s = min(2 * pause_s, _MAX_PAUSE_S)
            if time.monotonic() + wait_s > ends_s:
                raise RateLimitedError(TEAMS, wait_s)
            await asyncio.sleep(wait_s)

    async def _reserve_now(self, reference: Reference) -> None:
        wait_s = await self._reserve("stream", reference, is_stream=True, share=_OPTIONAL_SHARE)
        if wait_s > 0:
            raise RateLimitedError(TEAMS, wait_s)

    async def _reserve(
        self, method: str, reference: Reference, *, is_stream: bool = False, share: float = 1.0
    ) -> float:
        """Return the seconds to wait for room; 0 where it was taken."""
        place = f"{TEAMS}:{reference.tenant}:{reference.conversation}"
        if method == "member":
            return await self._limiter.reserve(f"{place}:member", _MEMBERS, share=share)
        if is_stream:
            wait_s = await self._limiter.reserve(f"{place}:stream", _STREAM)
            if wait_s > 0:
                return wait_s
        wait_s = await self._limiter.reserve(f"{TEAMS}:{reference.tenant}", _A_TENANT, share=share)
        if wait_s > 0:
            return wait_s
        return await self._limiter.reserve(place, _SENDS, share=share)

    async def _once(self, method: str, call: Callable[[], Awaitable[T]], reference: Reference) -> T:
        try:
            with self._guard.guard():
                done = await call()
        except AdapterError as error:
            self._on_call(TEAMS, method, error.code)
            if isinstance(error, RateLimitedError):
                place = f"{TEAMS}:{reference.tenant}:{reference.conversation}"
                key = f"{place}:member" if method == "member" else place
                await self._limiter.block(key, error.retry_after_s)
            raise
        self._on_call(TEAMS, method, "ok")
        return done
