"""Who is a guest: Slack's answer, remembered for a while."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping

import structlog

from adapters.errors import AdapterError
from adapters.slack.calls import SLACK, SlackCalls

log = structlog.get_logger(__name__)

_TTL_S = 600.0
_MAX_PEOPLE = 10_000
_TIMEOUT_S = 1.0  # a message waits for this, and its acknowledgement too


class SlackPeople:
    """Looks people up with `users.info`; whom Slack does not tell about counts as a guest."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    async def is_guest(self, user: str) -> bool:
        """Return whether `user` is a guest or a stranger, who may read public documents only."""
        known = self._known.get(user)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._calls.hastily(
                    "users.info", lambda slack: slack.users_info(user=user)
                )
            is_guest = _is_guest(response.get("user") or {})
        except TimeoutError:
            return known[1] if known is not None else True
        except AdapterError as error:
            log.info("person_unknown", code=error.code, platform=SLACK)
            if error.code != "unknown_method":  # a Slack-like server that knows no guests
                return known[1] if known is not None else True
            is_guest = False
        self._known[user] = (time.monotonic() + _TTL_S, is_guest)
        while len(self._known) > _MAX_PEOPLE:
            self._known.popitem(last=False)
        return is_guest


def _is_guest(about: Mapping[str, object]) -> bool:
    return any(about.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger"))
