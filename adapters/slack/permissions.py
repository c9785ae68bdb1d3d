"""What our app may do in this workspace, as Slack says with each answer to `auth.test`."""

import time

import structlog

from adapters.errors import AdapterError
from adapters.ports import Need
from adapters.slack.calls import SlackCalls
from adapters.slack.identity import scopes_in

log = structlog.get_logger(__name__)

_TTL_S = 60.0
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
