"""What our app may do in this workspace, and where it was added."""

import time

import structlog

from adapters.errors import AdapterError
from adapters.ports import Need
from adapters.slack.calls import SlackCalls
from adapters.slack.identity import scopes_in

log = structlog.get_logger(__name__)

_TTL_S = 60.0
_MAX_CHANNELS, _A_PAGE, _MAX_PAGES = 1_000, 200, 20
_SCOPES = {
    Need.READ_ALONG: frozenset({"channels:history", "groups:history"}),
    Need.GROUPS: frozenset({"usergroups:read"}),
}
_EVENTS = {
    Need.READ_ALONG: " In *Event Subscriptions* it needs `message.channels` and `message.groups`.",
    Need.GROUPS: "",
}


class SlackPermissions:
    """Keeps the scopes of our token for a minute."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._ends_s = 0.0
        self._scopes: frozenset[str] = frozenset()

    async def lacks(self, need: Need) -> str:
        """Return which scopes are missing for `need` and where to add them; never raises."""
        scopes = await self._granted()
        missing = sorted(_SCOPES[need] - scopes) if scopes else []
        if not missing:
            return ""
        named = ", ".join(f"`{scope}`" for scope in missing)
        return (
            f"Citewell's app in Slack lacks {named}: add it at api.slack.com/apps under *OAuth & "
            f"Permissions*, and install the app again.{_EVENTS[need]}"
        )

    async def channels(self) -> tuple[str, ...]:
        """Return the channels that we were added to, at most 1,000.

        Raises:
            AdapterError: Slack did not tell.
        """
        found: list[str] = []
        cursor = ""
        for _ in range(_MAX_PAGES):
            response = await self._calls.hastily(
                "users.conversations",
                lambda slack, cursor=cursor: slack.users_conversations(  # type: ignore[misc]
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=_A_PAGE,
                    cursor=cursor,
                ),
            )
            found += [str(each["id"]) for each in response.get("channels") or []]
            cursor = str((response.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor or len(found) >= _MAX_CHANNELS:
                break
        return tuple(found[:_MAX_CHANNELS])

    async def _granted(self) -> frozenset[str]:
        if time.monotonic() > self._ends_s:
            try:
                response = await self._calls.hastily("auth.test", lambda slack: slack.auth_test())
            except AdapterError as error:
                log.info("scopes_unknown", code=error.code)
                return frozenset()
            self._scopes = scopes_in(response.headers)
            self._ends_s = time.monotonic() + _TTL_S
        return self._scopes
