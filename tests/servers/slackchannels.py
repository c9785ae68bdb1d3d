"""A strict stand-in for Slack as a source: channels, what was written there, and who is in them."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.vendor import Vendor

TOKEN, TEAM, BOT = "xoxb-valid", "T1", "UBOT"
_DAY_S = 86_400.0


@dataclass(kw_only=True)
class Message:
    """A message, a start of a thread unless it says which."""

    user: str
    text: str
    thread: str = ""
    bot_id: str = ""
    subtype: str = ""
    edited: str = ""


@dataclass(kw_only=True)
class Channel:
    """A channel with its messages by their `ts`."""

    name: str
    is_private: bool = False
    is_member: bool = True
    people: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)


class SlackChannels(Vendor):
    """Serves `channels` by id, at most `most` of anything at once."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.token = TOKEN
        self.lacks = ""  # a scope that the app was not given
        self.has_expired_cursors = False
        self._most = most
        self._clock = itertools.count(1)
        for name, answer in (
            ("auth.test", self._test),
            ("conversations.info", self._info),
            ("conversations.history", self._history),
            ("conversations.replies", self._replies),
            ("conversations.members", self._members),
            ("users.info", self._user),
        ):
            self.route("GET", f"/api/{name}", answer)

    def write(
        self, channel: str, user: str, text: str, *, age_days: float = 30.0, **about: str
    ) -> str:
        """Write a message, so many days ago; return its ts."""
        at_s = time.time() - age_days * _DAY_S
        ts = f"{int(at_s)}.{next(self._clock):06d}"
        self.channels[channel].messages[ts] = Message(user=user, text=text, **about)
        return ts

    def is_authorized(self, request: web.Request) -> bool:
        """Let everybody in: Slack answers 200 to a wrong token, with an error."""
        del request
        return True

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _error("token_expired")
        if self.lacks:
            return _error("missing_scope", needed=self.lacks)
        channel = self.channels.get(request.query.get("channel", ""))
        if "channel" in request.query and channel is None:
            return _error("channel_not_found")
        is_info = request.path.endswith("conversations.info")
        if channel is not None and not channel.is_member and not is_info:
            return _error("not_in_channel")
        return None

    async def _test(self, request: web.Request) -> web.Response:
        return self._refusal(request) or _answer(
            url="https://acme.slack.example/", team_id=TEAM, user_id=BOT, bot_id="B1"
        )

    async def _info(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        channel = self.channels[request.query["channel"]]
        about = {
            "id": request.query["channel"],
            "name": channel.name,
            "is_channel": True,
            "is_group": channel.is_private,
            "is_mpim": False,
            "is_private": channel.is_private,
            "is_member": channel.is_member,
        }
        return _answer(channel=about)

    async def _history(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        if "oldest" not in request.query or not 0 < int(request.query["limit"]) < 1_000:
            return self.refuse(f"history: {dict(request.query)}")
        messages = self.channels[request.query["channel"]].messages
        starts = [
            ts
            for ts in sorted(messages, reverse=True)
            if not messages[ts].thread and float(ts) >= float(request.query["oldest"])
        ]
        return self._paged(request, [self._shown(messages, ts) for ts in starts], "messages")

    async def _replies(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        messages = self.channels[request.query["channel"]].messages
        start = request.query["ts"]
        if start not in messages:
            return _error("thread_not_found")
        inside = [start, *_replies_to(messages, start)]
        return self._paged(request, [self._shown(messages, ts) for ts in inside], "messages")

    async def _members(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        people: list[Any] = [*self.channels[request.query["channel"]].people]
        return self._paged(request, people, "members")

    async def _user(self, request: web.Request) -> web.Response:
        user = self.users.get(request.query["user"])
        return self._refusal(request) or (
            _answer(user=user) if user is not None else _error("user_not_found")
        )

    def _shown(self, messages: dict[str, Message], ts: str) -> dict[str, Any]:
        message = messages[ts]
        about: dict[str, Any] = {"type": "message", "ts": ts, "text": message.text}
        about |= {"user": message.user} if message.user else {}
        for name in ("bot_id", "subtype"):
            about |= {name: value} if (value := getattr(message, name)) else {}
        about |= {"edited": {"user": message.user, "ts": message.edited}} if message.edited else {}
        replies = _replies_to(messages, ts)
        if message.thread or replies:
            about["thread_ts"] = message.thread or ts
        if replies:
            about["reply_count"] = len(replies)
            about["reply_users"] = sorted({messages[each].user for each in replies})[:5]
            about["latest_reply"] = replies[-1]
        return about

    def _paged(self, request: web.Request, found: list[Any], name: str) -> web.Response:
        cursor = request.query.get("cursor", "")
        if cursor and self.has_expired_cursors:
            return _error("invalid_cursor")
        start = int(cursor.removeprefix("at-") or 0)
        end = start + self._most
        following = f"at-{end}" if end < len(found) else ""
        return _answer(
            **{name: found[start:end]},
            has_more=bool(following),
            response_metadata={"next_cursor": following},
        )


def a_user(email: str, **about: Any) -> dict[str, Any]:
    """Return a user as Slack tells it: a colleague with a confirmed address, unless told."""
    return {
        "team_id": TEAM,
        "deleted": False,
        "is_bot": False,
        "is_restricted": False,
        "is_email_confirmed": True,
        "profile": {"email": email},
        **about,
    }


def _replies_to(messages: dict[str, Message], ts: str) -> list[str]:
    return sorted(each for each, message in messages.items() if message.thread == ts)


def _answer(**about: Any) -> web.Response:
    return web.json_response({"ok": True, **about})


def _error(error: str, **about: str) -> web.Response:
    return web.json_response({"ok": False, "error": error, **about})
