"""What people do in Teams, as the activities that reach a bot."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.servers.teams.server import TeamsServer
from tests.servers.teams.workspace import Message

ANN = "29:ann"
BEN = "29:ben"
PERSONAL = "a:ann"
GROUP = "19:group@thread.v2"
CHANNEL = "19:general@thread.tacv2"
TEAM = "aad-team-handbook"
_ACK_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How a delivery went: the status (0 where none came), the body, and how long it took."""

    status: int
    body: str = ""
    ack_s: float = 0.0


class TeamsPeople:
    """Ann, Ben and others at their keyboards."""

    def __init__(self, teams: TeamsServer, url: str) -> None:
        self.teams = teams
        self._url = url
        for member in (ANN, BEN):
            name = member.removeprefix("29:")
            teams.workspace.members[member] = {
                "name": name.title(),
                "aadObjectId": f"aad-{name}",
                "email": f"{name}@brindlemoor.example",
                "userPrincipalName": f"{name}@brindlemoor.example",
                "tenantId": teams.workspace.tenant,
                "userRole": "user",
            }

    async def tell(self, text: str, *, user: str = ANN, conversation: str = PERSONAL) -> str:
        """Write to the bot in a personal chat; return the activity's id."""
        return await self._sent(self.activity(text, user=user, conversation=conversation))

    async def mention(
        self,
        text: str,
        *,
        user: str = ANN,
        conversation: str = CHANNEL,
        root: str = "",
        **also: Any,
    ) -> str:
        """Mention the bot in a channel or group chat; return the activity's id."""
        activity = self.activity(
            f"<at>Citewell</at> {text}", user=user, conversation=conversation, root=root
        )
        us = {"id": self.teams.workspace.bot, "name": "Citewell"}
        activity["entities"] = [{"type": "mention", "mentioned": us, "text": "<at>Citewell</at>"}]
        return await self._sent({**activity, **also})

    async def say(
        self,
        text: str,
        *,
        user: str = ANN,
        conversation: str = CHANNEL,
        root: str = "",
        **also: Any,
    ) -> str:
        """Write where the bot reads along; return the activity's id."""
        activity = self.activity(text, user=user, conversation=conversation, root=root)
        return await self._sent({**activity, **also})

    async def edit(self, message_id: str, text: str, **where: Any) -> Delivered:
        """Change a message that was written before."""
        activity = self.activity(text, message_id=message_id, **where)
        activity["channelData"]["eventType"] = "editMessage"
        return await self.deliver({**activity, "type": "messageUpdate"})

    async def take_back(self, message_id: str, **where: Any) -> Delivered:
        """Delete a message that was written before."""
        activity = self.activity("", message_id=message_id, **where)
        activity["channelData"]["eventType"] = "softDeleteMessage"
        return await self.deliver({**activity, "type": "messageDelete"})

    async def install(self, *, user: str = ANN, conversation: str = PERSONAL) -> None:
        """Add the bot, which Teams tells of twice."""
        base = self.activity("", user=user, conversation=conversation)
        del base["text"]
        us = {"id": self.teams.workspace.bot}
        await self.deliver({**base, "type": "conversationUpdate", "membersAdded": [us]})
        await self.deliver({**base, "type": "installationUpdate", "action": "add"})

    async def thumb(self, reaction: str, words: str, *, reply_to: str, **where: Any) -> Delivered:
        """Press a thumb under a reply, and say why; `message_id` as before comes again."""
        again = where.pop("message_id", "")
        new_id = again or f"f:{self.teams.workspace.next_id()}"
        activity = self.activity("", message_id=new_id, **where)
        feedback = json.dumps({"feedbackText": words})
        return await self.deliver(
            {
                **activity,
                "type": "invoke",
                "name": "message/submitAction",
                "replyToId": reply_to,
                "value": {
                    "actionName": "feedback",
                    "actionValue": {"reaction": reaction, "feedback": feedback},
                },
            }
        )

    async def press(self, message: Message, label: str, *, user: str = ANN) -> Delivered:
        """Press the button `label` of a card under a message of the bot's."""
        actions = [each for card in message.cards for each in card.get("actions", [])]
        (data,) = [each["data"] for each in actions if each["title"] == label]
        assert "msteams" not in data, "it opens a dialog"
        where = {"conversation": message.conversation, "root": message.root}
        pressed = self.activity("", user=user, **where)
        return await self.deliver({**pressed, "value": data, "replyToId": message.id})

    def press_stop(self, *, conversation: str = PERSONAL) -> None:
        """Press Stop while an answer is streamed: Teams tells the bot at its next call."""
        for message in self.teams.workspace.messages:
            if message.conversation == conversation and message.is_streaming:
                message.is_cancelled = True

    def activity(
        self,
        text: str,
        *,
        user: str = ANN,
        conversation: str = PERSONAL,
        root: str = "",
        message_id: str = "",
    ) -> dict[str, Any]:
        """Return a message as the Connector delivers it."""
        workspace = self.teams.workspace
        new_id = message_id or workspace.next_id()
        name = user.removeprefix("29:")
        kind = "personal" if conversation.startswith("a:") else "groupChat"
        place = conversation
        channel_data: dict[str, Any] = {"tenant": {"id": workspace.tenant}}
        if conversation.endswith("@thread.tacv2"):
            kind, place = "channel", f"{conversation};messageid={root or new_id}"
            channel_data["team"] = {"id": "19:team", "aadGroupId": TEAM}
            channel_data["channel"] = {"id": conversation}
        return {
            "type": "message",
            "id": new_id,
            "timestamp": datetime.now(UTC).isoformat(),
            "serviceUrl": self.teams.service_url,
            "channelId": "msteams",
            "from": {"id": user, "name": name.title(), "aadObjectId": f"aad-{name}"},
            "recipient": {"id": workspace.bot, "name": "Citewell"},
            "conversation": {
                "id": place,
                "conversationType": kind,
                "tenantId": workspace.tenant,
                **({"isGroup": True} if kind != "personal" else {}),
            },
            "text": text,
            "textFormat": "plain",
            "locale": workspace.locales.get(user, "en-GB"),
            "channelData": channel_data,
        }

    async def deliver(self, activity: dict[str, Any], *, token: str | None = None) -> Delivered:
        """Deliver an activity once, with a right token unless another one is given."""
        bearer = self.teams.signer.token() if token is None else token
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return await self.post_raw(json.dumps(activity), headers)

    async def post_raw(self, body: str, headers: dict[str, str]) -> Delivered:
        """Post a body with exactly these headers."""
        started = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=_ACK_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body.encode(), headers=headers) as response,
            ):
                text = await response.text()
                return Delivered(
                    status=response.status, body=text, ack_s=time.monotonic() - started
                )
        except (TimeoutError, aiohttp.ClientError):
            return Delivered(status=0, ack_s=time.monotonic() - started)

    async def _sent(self, activity: dict[str, Any]) -> str:
        done = await self.deliver(activity)
        assert done.status == 200, done
        return str(activity["id"])
