"""What people do in Slack, as the deliveries that reach an app."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.blocks import problems_of
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import Ephemeral

ANN = "U0ANN"
BEN = "U0BEN"
CHANNEL = "C0GENERAL"
DIRECT = "D0ANN"
_ACK_S = 3.0
_REDELIVERIES = 3


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How a delivery went: the last status (200 for an acknowledged envelope), and how long."""

    status: int
    attempts: int
    ack_s: float
    body: str = ""


class SlackPeople:
    """Ann, Ben and others at their keyboards; over HTTP when `url` is given, else by socket."""

    def __init__(self, slack: SlackServer, *, url: str | None = None) -> None:
        self.slack = slack
        self._url = url
        self._events = itertools.count(1)
        slack.workspace.users[ANN] = self.a_user("Ann Reed")
        slack.workspace.users[BEN] = self.a_user("Ben Okafor")

    def a_user(self, name: str, **about: Any) -> dict[str, Any]:
        """Return a user as Slack tells it: a colleague with a confirmed address, unless told."""
        address = f"{name.partition(' ')[0].lower()}@brindlemoor.example"
        return {
            "team_id": self.slack.workspace.team,
            "deleted": False,
            "is_bot": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_email_confirmed": True,
            "real_name": name,
            "profile": {"real_name": name, "display_name": "", "email": address},
            **about,
        }

    async def mention(
        self,
        text: str,
        *,
        user: str = ANN,
        channel: str = CHANNEL,
        thread_ts: str = "",
        **extra: Any,
    ) -> str:
        """Mention the bot in a channel, which brings two events with one ts; return the ts."""
        ts = self.slack.workspace.next_ts()
        words = f"<@{self.slack.workspace.bot_user}> {text}"
        event = self.event("app_mention", words, user=user, channel=channel, ts=ts)
        if thread_ts:
            event["thread_ts"] = thread_ts
        twin = {**event, "type": "message", "channel_type": "channel", **extra}
        self.slack.workspace.wrote(twin)
        event |= {"files": extra["files"]} if "files" in extra else {}
        await self.deliver(event)
        await self.deliver(twin)
        return ts

    async def say(
        self,
        text: str,
        *,
        user: str = ANN,
        channel: str = CHANNEL,
        thread_ts: str = "",
        **extra: Any,
    ) -> str:
        """Write in a channel, or to the bot in a channel whose id begins with D; return the ts."""
        ts = self.slack.workspace.next_ts()
        kind = "im" if channel.startswith("D") else "channel"
        event = self.event("message", text, user=user, channel=channel, ts=ts)
        event["channel_type"] = kind
        if thread_ts:
            event["thread_ts"] = thread_ts
        self.slack.workspace.wrote({**event, **extra})
        await self.deliver({**event, **extra})
        return ts

    async def edit(
        self, ts: str, text: str, *, user: str = ANN, channel: str = CHANNEL, thread_ts: str = ""
    ) -> Delivered:
        """Change a message that was written before."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        message = {"type": "message", "user": user, "text": text, "ts": ts, **thread}
        edited = {**message, "edited": {"user": user, "ts": self.slack.workspace.next_ts()}}
        return await self.deliver(
            self._changed("message_changed", channel, message=edited, previous_message=message)
        )

    async def take_back(
        self, ts: str, *, user: str = ANN, channel: str = CHANNEL, thread_ts: str = ""
    ) -> Delivered:
        """Delete a message that was written before."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        message = {"type": "message", "user": user, "text": "", "ts": ts, **thread}
        return await self.deliver(
            self._changed("message_deleted", channel, deleted_ts=ts, previous_message=message)
        )

    def _changed(self, subtype: str, channel: str, **what: Any) -> dict[str, Any]:
        ts = self.slack.workspace.next_ts()
        kind = "im" if channel.startswith("D") else "channel"
        return {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "channel": channel,
            "channel_type": kind,
            "ts": ts,
            "event_ts": ts,
            **what,
        }

    async def tell(self, text: str, *, user: str = ANN, thread_ts: str = "") -> str:
        """Write to the bot directly; return the ts."""
        return await self.say(text, user=user, channel=DIRECT, thread_ts=thread_ts)

    async def open_pane(self, *, user: str = ANN) -> None:
        """Open the agent pane."""
        await self.deliver(
            {"type": "app_home_opened", "user": user, "channel": DIRECT, "tab": "messages"}
        )

    async def open_home(self, *, user: str = ANN) -> None:
        """Open the home tab; Slack tells which view stands there, if one was published."""
        view = self.slack.workspace.homes.get(user)
        event = {"type": "app_home_opened", "user": user, "channel": DIRECT, "tab": "home"}
        await self.deliver({**event, **({"view": view} if view else {})})

    async def add_us(self, *, user: str = ANN, channel: str = CHANNEL, whom: str = "") -> None:
        """Add the bot, or somebody else, to a channel."""
        event = {
            "type": "member_joined_channel",
            "user": whom or self.slack.workspace.bot_user,
            "channel": channel,
            "channel_type": "C",
            "team": self.slack.workspace.team,
            "inviter": user,
            "event_ts": self.slack.workspace.next_ts(),
        }
        await self.deliver(event)

    async def press_stop(self, *, channel: str, thread_ts: str, user: str = ANN) -> None:
        """Press Stop while an answer is written."""
        event = {"type": "agent_session_stopped", "user": user, "channel": channel}
        await self.deliver({**event, "thread_ts": thread_ts})

    async def command(
        self, text: str, *, user: str = ANN, channel: str = CHANNEL
    ) -> dict[str, Any]:
        """Use the slash command; return what only this person then sees."""
        fields = {
            "command": "/citewell",
            "text": text,
            "user_id": user,
            "team_id": self.slack.workspace.team,
            "channel_id": channel,
            "trigger_id": self.slack.workspace.trigger(),
            "response_url": f"{self.slack.api_url}response",
        }
        if self._url is None:
            done = await self._send(fields, attempt=0, reason="", kind="slash_commands")
        else:
            kind = "application/x-www-form-urlencoded"
            done = await self._post(urlencode(fields), kind, attempt=0, reason="")
        body: dict[str, Any] = json.loads(done.body)
        return body

    def shown(self, answer: dict[str, Any], *, user: str = ANN) -> Ephemeral:
        """Show the answer to a command to its writer, as Slack does; checks its blocks."""
        assert problems_of(answer["blocks"]) == []
        ts = self.slack.workspace.next_ts()
        return Ephemeral(channel=CHANNEL, user=user, thread_ts="", ts=ts, **_seen(answer))

    async def interact(self, payload: dict[str, Any]) -> Delivered:
        """Deliver what a person did with a button, a shortcut or a modal."""
        if self._url is None:
            return await self._send(payload, attempt=0, reason="", kind="interactive")
        body = urlencode({"payload": json.dumps(payload)})
        return await self._post(body, "application/x-www-form-urlencoded", attempt=0, reason="")

    def event(self, kind: str, text: str, *, user: str, channel: str, ts: str) -> dict[str, Any]:
        """Return an event as Slack writes it."""
        return {
            "type": kind,
            "text": text,
            "user": user,
            "channel": channel,
            "ts": ts,
            "event_ts": ts,
            "team": self.slack.workspace.team,
            "client_msg_id": str(uuid.uuid4()),
        }

    async def deliver(self, event: dict[str, Any], *, event_id: str = "") -> Delivered:
        """Deliver an event, again up to three times while it is not acknowledged in time."""
        body = self._envelope(event, event_id)
        attempt, reason = 0, ""
        while True:
            done = await self._once(body, attempt=attempt, reason=reason)
            if done.status == 200 or attempt == _REDELIVERIES or done.body == "no-retry":
                return done
            attempt, reason = attempt + 1, "http_error" if done.status else "http_timeout"

    async def deliver_once(self, event: dict[str, Any], *, event_id: str) -> Delivered:
        """Deliver an event, and leave it to the caller to do it again."""
        return await self._once(self._envelope(event, event_id), attempt=0, reason="")

    def _envelope(self, event: dict[str, Any], event_id: str) -> dict[str, Any]:
        return {
            "token": "deprecated",
            "team_id": self.slack.workspace.team,
            "api_app_id": "A0CITEWELL",
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{next(self._events):06d}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": self.slack.workspace.team, "is_bot": True}],
        }

    async def _once(self, body: dict[str, Any], *, attempt: int, reason: str) -> Delivered:
        if self._url is not None:
            return await self._post(
                json.dumps(body), "application/json", attempt=attempt, reason=reason
            )
        return await self._send(body, attempt=attempt, reason=reason)

    async def _post(self, body: str, kind: str, *, attempt: int, reason: str) -> Delivered:
        headers = {**self.signed(body), "Content-Type": kind}
        if attempt:
            headers |= {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason}
        return await self.post_raw(body, headers, attempt=attempt)

    async def post_raw(self, body: str, headers: dict[str, str], *, attempt: int = 0) -> Delivered:
        """Post a body with exactly these headers."""
        started = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=_ACK_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(str(self._url), data=body.encode(), headers=headers) as response,
            ):
                text = await response.text()
                is_final = response.headers.get("X-Slack-No-Retry") == "1"
                return Delivered(
                    status=response.status,
                    attempts=attempt + 1,
                    ack_s=time.monotonic() - started,
                    body="no-retry" if is_final else text,
                )
        except (TimeoutError, aiohttp.ClientError):
            return Delivered(status=0, attempts=attempt + 1, ack_s=time.monotonic() - started)

    async def _send(
        self, body: dict[str, Any], *, attempt: int, reason: str, kind: str = "events_api"
    ) -> Delivered:
        await self.slack.connected()
        envelope = str(uuid.uuid4())
        socket = next(s for s in self.slack.sockets if not s.closed)
        started = time.monotonic()
        try:
            await socket.send_json(
                {
                    "envelope_id": envelope,
                    "type": kind,
                    "payload": body,
                    "accepts_response_payload": kind != "events_api",
                    "retry_attempt": attempt,
                    "retry_reason": reason,
                }
            )
            await self.slack.until(lambda: envelope in self.slack.acks, timeout_s=_ACK_S)
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            if socket in self.slack.sockets:  # Slack tries another one
                self.slack.sockets.remove(socket)
            return Delivered(status=0, attempts=attempt + 1, ack_s=time.monotonic() - started)
        payload = self.slack.ack_payloads[envelope]
        return Delivered(
            status=200,
            attempts=attempt + 1,
            ack_s=self.slack.acks[envelope] - started,
            body=json.dumps(payload) if payload else "",
        )

    def signed(self, body: str, *, at_s: float | None = None, secret: str = "") -> dict[str, str]:
        """Return the headers of a signed request (v0, HMAC-SHA256)."""
        stamp = str(int(at_s if at_s is not None else time.time()))
        key = (secret or self.slack.signing_secret).encode()
        digest = hmac.new(key, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _seen(answer: dict[str, Any]) -> dict[str, Any]:
    return {"text": answer["text"], "blocks": answer["blocks"]}


async def gathered(*acts: Any) -> list[Any]:
    """Do several things at once."""
    return list(await asyncio.gather(*acts))
