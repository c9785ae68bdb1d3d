"""What people do with a message's menu and with dialogs, as the invokes that reach a bot."""

import json
from typing import Any

from tests.servers.teams.activities import card_problems
from tests.servers.teams.people import ANN, BEN, CHANNEL, TeamsPeople
from tests.servers.teams.workspace import Message, texts_of

_WAIT_S = 5.0  # Teams waits no longer for an invoke


def message_action(
    people: TeamsPeople,
    command: str,
    content: str,
    *,
    user: str = ANN,
    author: str = BEN,
    conversation: str = CHANNEL,
    root: str = "",
    message_id: str = "1780000000999",
    kind: str = "fetchTask",
    **value: Any,
) -> dict[str, Any]:
    """Return the invoke of an action that was used on a message with this HTML."""
    where = {"conversation": conversation}
    activity = people.activity("", user=user, root=root or message_id, **where)
    name = author.removeprefix("29:")
    payload = {
        "id": message_id,
        "replyToId": root or None,
        "messageType": "message",
        "createdDateTime": activity["timestamp"],
        "from": {"user": {"id": f"aad-{name}", "displayName": name.title()}, "application": None},
        "body": {"contentType": "html", "content": content},
        "attachments": [],
        "mentions": [],
    }
    told = {"commandId": command, "commandContext": "message", "messagePayload": payload}
    del activity["text"]
    return {
        **activity,
        "type": "invoke",
        "name": f"composeExtension/{kind}",
        "value": {**told, **value},
    }


async def use_action(
    people: TeamsPeople, command: str, content: str, **how: Any
) -> dict[str, Any] | str:
    """Use an action on a message; return the card of the dialog that opens, or its words."""
    return await _dialog(people, message_action(people, command, content, **how))


async def open_dialog(
    people: TeamsPeople, message: Message, data: dict[str, Any], *, user: str = ANN
) -> dict[str, Any] | str:
    """Press a button that opens a dialog; return the dialog's card, or its words."""
    assert opens_dialog(data)
    return await _dialog(people, card_invoke(people, message, "task/fetch", data, user=user))


async def send_card_dialog(
    people: TeamsPeople,
    message: Message,
    card: dict[str, Any],
    values: dict[str, str],
    *,
    user: str = ANN,
) -> dict[str, Any] | str:
    """Send the form in a dialog that a button opened; return what the dialog then shows."""
    data = filled(card, values)
    return await _dialog(people, card_invoke(people, message, "task/submit", data, user=user))


def opens_dialog(data: dict[str, Any]) -> bool:
    """Return whether Teams asks for a dialog when a button with this data is pressed."""
    asked = data.get("msteams", {}).get("type")
    assert asked in {None, "task/fetch", "imBack"}, asked
    return bool(asked == "task/fetch")


def card_invoke(
    people: TeamsPeople, message: Message, name: str, data: dict[str, Any], *, user: str = ANN
) -> dict[str, Any]:
    """Return the invoke that a card under a message of the bot's brings."""
    where = {"conversation": message.conversation, "root": message.root}
    new_id = f"f:{people.teams.workspace.next_id()}"
    activity = people.activity("", user=user, message_id=new_id, **where)
    del activity["text"]
    value = {"data": data, "context": {"theme": "default"}}
    return {**activity, "type": "invoke", "name": name, "replyToId": message.id, "value": value}


def filled(card: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Return what the form on `card` sends with `values` in its fields."""
    fields = {item["id"]: item.get("value", "") for item in card["body"] if "id" in item}
    assert not set(values) - set(fields), "no such field"
    (action,) = card["actions"]
    return {**action["data"], **fields, **values}


async def send_dialog(
    people: TeamsPeople, command: str, card: dict[str, Any], values: dict[str, str], **how: Any
) -> dict[str, Any] | str:
    """Send the form in a dialog with `values` filled in; return what the dialog then shows."""
    data = filled(card, values)
    invoke = message_action(people, command, "", kind="submitAction", data=data, **how)
    return await _dialog(people, invoke)


async def _dialog(people: TeamsPeople, invoke: dict[str, Any]) -> dict[str, Any] | str:
    done = await people.deliver(invoke)
    assert done.status == 200, done
    assert done.ack_s < _WAIT_S
    task = json.loads(done.body)["task"]
    if task["type"] == "message":
        assert isinstance(task["value"], str)
        return str(task["value"])
    assert task["type"] == "continue", task
    info = task["value"]
    assert set(info) <= {"title", "width", "height", "card", "url", "fallbackUrl"}
    assert info["card"]["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = info["card"]["content"]
    assert card_problems(card) == []
    return card


def words_in(dialog: dict[str, Any] | str) -> str:
    """Return what a dialog says."""
    return dialog if isinstance(dialog, str) else "\n".join(texts_of(dialog))
