"""Who we are in Slack and what our tokens may do, as `auth.test` says."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from adapters.slack.calls import called, slack_client

WANTED_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "groups:history",
        "groups:read",
        "im:history",
        "mpim:history",
        "mpim:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)
"""What `deploy/slack/manifest.yaml` asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackIdentity:
    """Who we are in Slack, as `auth.test` says; `url` is the workspace's address."""

    team: str
    bot_user: str
    bot_id: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token may do: its scopes (none where Slack names none), our clock minus Slack's."""

    scopes: frozenset[str]
    clock_skew_s: float


async def identify(token: str, base_url: str) -> SlackIdentity:
    """Return who the token makes us.

    Raises:
        AdapterError: Slack refuses the token, or can't be reached.
    """
    response = await called(slack_client(token, base_url).auth_test())
    return SlackIdentity(
        team=str(response["team_id"]),
        bot_user=str(response["user_id"]),
        bot_id=str(response.get("bot_id") or ""),
        url=str(response.get("url") or ""),
    )


async def granted(token: str, base_url: str) -> Grant:
    """Return what the token may do, and how far our clock is off.

    Raises:
        AdapterError: As for `identify`.
    """
    response = await called(slack_client(token, base_url).auth_test())
    headers = _lower(response.headers)
    skew_s = 0.0
    if date := headers.get("date"):
        skew_s = time.time() - parsedate_to_datetime(date).timestamp()
    return Grant(scopes=scopes_in(headers), clock_skew_s=skew_s)


async def check_app_token(app_token: str, base_url: str) -> None:
    """Ask for a Socket Mode address and leave it unused.

    Raises:
        AdapterError: Slack refuses the app's token, or can't be reached.
    """
    await called(slack_client("", base_url).apps_connections_open(app_token=app_token))


def scopes_in(headers: Mapping[str, object]) -> frozenset[str]:
    """Return the scopes that an answer names; none where it names none."""
    return frozenset(filter(None, re.split(r"[,\s]+", _lower(headers).get("x-oauth-scopes", ""))))


def _lower(headers: Mapping[str, object]) -> Mapping[str, str]:
    return {str(key).lower(): str(value) for key, value in headers.items()}
