"""What people do with buttons, shortcuts and modals, as the payloads that reach an app."""

import json
from typing import Any

from tests.servers.slack.controls import defaults_of, state_of
from tests.servers.slack.people import ANN, CHANNEL, Delivered, SlackPeople
from tests.servers.slack.workspace import Ephemeral, Message, Modal


def buttons_of(message: Message | Ephemeral) -> dict[str, dict[str, Any]]:
    """Return the buttons, and the thumbs as `up` and `down`, that stand under a message."""
    found = {}
    for block in message.blocks:
        for element in block.get("elements", []):
            if element.get("type") == "button":
                found[element["text"]["text"]] = element
            if element.get("type") == "feedback_buttons":
                shared = {"action_id": element["action_id"], "type": "feedback_buttons"}
                found["up"] = {**shared, "value": element["positive_button"]["value"]}
                found["down"] = {**shared, "value": element["negative_button"]["value"]}
    return found


def press_payload(
    people: SlackPeople, message: Message | Ephemeral, label: str, *, user: str = ANN, **forged: Any
) -> dict[str, Any]:
    """Return the payload of pressing the button `label`; `forged` takes the place of its parts."""
    workspace = people.slack.workspace
    button = buttons_of(message)[label]
    action = {
        "type": button["type"],
        "action_id": button["action_id"],
        "block_id": "b",
        "action_ts": workspace.next_ts(),
        "value": button.get("value"),
    }
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": isinstance(message, Ephemeral),
        "thread_ts": message.thread_ts or None,
    }
    body = {"ts": message.ts, "thread_ts": message.thread_ts, "user": workspace.bot_user}
    return {
        "type": "block_actions",
        "team": {"id": workspace.team, "domain": "brindlemoor"},
        "user": {"id": user, "username": "someone", "team_id": workspace.team},
        "api_app_id": "A0CITEWELL",
        "container": container,
        "channel": {"id": message.channel, "name": "general"},
        **({} if isinstance(message, Ephemeral) else {"message": {**body, "text": message.text}}),
        "trigger_id": workspace.trigger(),
        "actions": [action],
        **forged,
    }


async def press(
    people: SlackPeople, message: Message | Ephemeral, label: str, *, user: str = ANN, **forged: Any
) -> Delivered:
    """Press a button of a message."""
    return await people.interact(press_payload(people, message, label, user=user, **forged))


async def press_home(people: SlackPeople, label: str, *, user: str = ANN) -> Delivered:
    """Press a button of the home, which stands in no channel and no message."""
    workspace = people.slack.workspace
    view = workspace.homes[user]
    (button,) = [
        element
        for block in view["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "button" and element["text"]["text"] == label
    ]
    action = {**button, "block_id": "b", "action_ts": workspace.next_ts()}
    return await people.interact(
        {
            "type": "block_actions",
            "team": {"id": workspace.team, "domain": "brindlemoor"},
            "user": {"id": user, "username": "someone", "team_id": workspace.team},
            "api_app_id": "A0CITEWELL",
            "container": {"type": "view", "view_id": view["id"]},
            "view": {**view, "private_metadata": "", "callback_id": ""},
            "trigger_id": workspace.trigger(),
            "actions": [action],
        }
    )


async def use_shortcut(
    people: SlackPeople,
    callback_id: str,
    text: str,
    *,
    ts: str,
    user: str = ANN,
    channel: str = CHANNEL,
    **message: str,
) -> Delivered:
    """Use a shortcut on a message that Ben, or whoever `message` says, wrote in a channel."""
    workspace = people.slack.workspace
    return await people.interact(
        {
            "type": "message_action",
            "callback_id": callback_id,
            "team": {"id": workspace.team},
            "user": {"id": user, "team_id": workspace.team},
            "channel": {"id": channel},
            "message": {"type": "message", "user": "U0BEN", "ts": ts, "text": text, **message},
            "message_ts": ts,
            "trigger_id": workspace.trigger(),
        }
    )


async def modal_of(people: SlackPeople, count: int = 1) -> Modal:
    """Wait until `count` modals were opened, and return the newest."""
    workspace = people.slack.workspace
    await people.slack.until(lambda: len(workspace.modals) >= count)
    return workspace.modals[-1]


async def submit(
    people: SlackPeople,
    modal: Modal,
    values: dict[str, str] | None = None,
    *,
    user: str = ANN,
    state: str | None = None,
) -> dict[str, str]:
    """Send a modal as it is, with `values` filled in; return the errors that it then shows."""
    workspace = people.slack.workspace
    filled = {**defaults_of(modal.view), **(values or {})}
    view = {
        **modal.view,
        "id": modal.id,
        "state": {"values": state_of(modal.view, filled)},
        "private_metadata": modal.view["private_metadata"] if state is None else state,
    }
    done = await people.interact(
        {
            "type": "view_submission",
            "team": {"id": workspace.team},
            "user": {"id": user, "team_id": workspace.team},
            "view": view,
            "trigger_id": workspace.trigger(),
        }
    )
    assert done.status == 200, done
    answer = json.loads(done.body) if done.body else {}
    if answer:
        assert answer["response_action"] == "errors"
        assert set(answer["errors"]) <= set(view["state"]["values"])
    errors: dict[str, str] = answer.get("errors", {})
    return errors
