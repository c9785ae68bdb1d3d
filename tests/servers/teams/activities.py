"""Checks activities against what Teams documents, and does what they ask for."""

import json
import time
from typing import Any

from tests.servers.teams.workspace import Message, Workspace, texts_of

MAX_BYTES = 80 * 1024
MAX_CARD_BYTES = 28 * 1024
_ELEMENTS = {"TextBlock", "Container", "ColumnSet", "Column", "FactSet", "Fact", "Image", "Table",
             "TableRow", "TableCell", "Input.Text", "Input.ChoiceSet", "Input.Toggle", "Input.Date",
             "ActionSet"}  # fmt: skip
_ACTIONS = {"Action.Submit", "Action.OpenUrl", "Action.Execute", "Action.ShowCard"}


class Refused(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """What the Connector answers instead: a status, its code and words."""

    def __init__(self, status: int, code: str, words: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.words = status, code, words


def problems_of(activity: dict[str, Any]) -> list[str]:
    """Return what Teams would refuse or not show; empty when all is well."""
    found = []
    if len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) > MAX_BYTES:
        found.append("activity over 80 KB")
    for entity in activity.get("entities") or []:
        found += _entity(entity)
    for attachment in activity.get("attachments") or []:
        if attachment.get("contentType") != "application/vnd.microsoft.card.adaptive":
            found.append(f"attachment {attachment.get('contentType')}")
        found += card_problems(attachment.get("content") or {})
    if activity.get("type") == "message" and not (
        activity.get("text") or activity.get("attachments")
    ):
        found.append("a message without text and cards")
    return found


def posted(workspace: Workspace, conversation: str, activity: dict[str, Any]) -> tuple[int, str]:
    """Take a posted activity; return the status and the id to answer with."""
    place, _, root = conversation.partition(";messageid=")
    info = next((e for e in activity.get("entities") or [] if e["type"] == "streaminfo"), None)
    if info is not None:
        return _streamed(workspace, place, activity, info)
    if activity["type"] == "typing":
        workspace.typing.append((place, root))
        return 202, ""
    message = Message(conversation=place, root=root, id=workspace.next_id())
    _fill(message, activity)
    workspace.messages.append(message)
    return 201, message.id


def updated(workspace: Workspace, message_id: str, activity: dict[str, Any]) -> None:
    """Replace a message of the bot's."""
    message = workspace.find(message_id)
    if message is None or not message.is_visible:
        raise Refused(404, "ActivityNotFoundInConversation")
    if message.is_streaming and not _is_over(message, workspace):
        raise Refused(400, "BadRequest", "the message is still being streamed")
    _fill(message, activity)
    message.is_streaming = False
    message.edits += 1


def _fill(message: Message, activity: dict[str, Any]) -> None:
    message.text = activity.get("text") or ""
    message.entities = [e for e in activity.get("entities") or [] if e["type"] != "streaminfo"]
    message.cards = [a["content"] for a in activity.get("attachments") or []]
    message.channel_data = activity.get("channelData") or {}
    message.changed_at_s = time.monotonic()


def _streamed(
    workspace: Workspace, place: str, activity: dict[str, Any], info: dict[str, Any]
) -> tuple[int, str]:
    if not place.startswith("a:"):
        raise Refused(403, "ContentStreamNotAllowed", "Content stream is not allowed")
    stream_id, kind = info.get("streamId"), info.get("streamType", "streaming")
    number, text = info.get("streamSequence"), activity.get("text") or ""
    if not stream_id:
        if number != 1 or activity["type"] != "typing" or not text:
            raise Refused(400, "BadRequest", "Start streaming activities should include text")
        is_busy = any(
            m.is_streaming and not _is_over(m, workspace)
            for m in workspace.messages
            if m.conversation == place
        )
        if is_busy:
            raise Refused(403, "ContentStreamNotAllowed", "Content stream is not allowed")
        stream = Message(conversation=place, root="", id=workspace.next_id(), is_streaming=True)
        workspace.messages.append(stream)
        _grow(stream, kind, 1, text)
        return 201, stream.id
    found = workspace.find(stream_id)
    if found is None:
        raise Refused(400, "BadRequest", "no such stream")
    _refuse_ended(found, workspace)
    if kind == "final":
        if activity["type"] != "message" or number is not None:
            raise Refused(400, "BadRequest", "a final message has no sequence")
        _fill(found, activity)
        found.is_streaming, found.was_streamed = False, True
        return 202, ""
    if not isinstance(number, int) or number <= found.number or activity["type"] != "typing":
        raise Refused(400, "BadRequest", "sequence")
    _grow(found, kind, number, text)
    return 202, ""


def _refuse_ended(stream: Message, workspace: Workspace) -> None:
    if stream.is_cancelled:
        raise Refused(403, "ContentStreamNotAllowed", "Content stream was canceled by user.")
    if not stream.is_streaming:
        raise Refused(
            403,
            "ContentStreamNotAllowed",
            "Content stream is not allowed on an already completed streamed message",
        )
    if _is_over(stream, workspace):
        raise Refused(
            403,
            "ContentStreamNotAllowed",
            "Content stream finished due to exceeded streaming time.",
        )


def _is_over(stream: Message, workspace: Workspace) -> bool:
    age_s = time.monotonic() - stream.began_at_s
    return stream.is_cancelled or age_s > workspace.stream_limit_s


def _grow(stream: Message, kind: str, number: int, text: str) -> None:
    if kind == "informative":
        if stream.text or len(text) > 1_000:
            raise Refused(400, "BadRequest", "informative after text")
        stream.informed.append(text)
    elif kind == "streaming":
        if not text.startswith(stream.text):
            raise Refused(400, "BadRequest", "text must contain what was streamed before")
        stream.text = text
        stream.parts.append(text)
    else:
        raise Refused(400, "BadRequest", "streamType")
    stream.number, stream.changed_at_s = number, time.monotonic()


def _entity(entity: dict[str, Any]) -> list[str]:
    kind = entity.get("type")
    if kind == "streaminfo":
        return [] if len(entity) > 2 else ["streaminfo has lost its properties"]
    if kind == "mention":
        is_whole = str(entity.get("mentioned", {}).get("id", "")).startswith("29:")
        return [] if is_whole and entity.get("text") else ["a mention of nobody"]
    if kind != "https://schema.org/Message":
        return [f"entity {kind}"]
    if entity.get("@type") != "Message" or "@context" not in entity:
        return ["the label's entity is not whole"]
    claims = entity.get("citation", [])
    labelled = [entity, *(claim.get("appearance", {}) for claim in claims)]
    labels = [each["usageInfo"] for each in labelled if "usageInfo" in each]
    kinds = {(label.get("@type"), label.get("type"), bool(label.get("name"))) for label in labels}
    if kinds - {("CreativeWork", "https://schema.org/Message", True)}:
        return ["a sensitivity label is not whole"]
    found = [] if len(claims) <= 20 else ["more than 20 citations"]
    for claim in claims:
        shown = claim.get("appearance", {})
        if claim.get("@type") != "Claim" or not isinstance(claim.get("position"), int):
            found.append("a citation without position")
        if not (shown.get("name") and shown.get("abstract")):
            found.append("a citation without name or abstract")
        if len(shown.get("name", "")) > 80 or len(shown.get("abstract", "")) > 160:
            found.append("a citation's words are too long")
    return found


def card_problems(card: dict[str, Any]) -> list[str]:
    """Return what Teams would refuse of a card; empty when all is well."""
    found = []
    if card.get("type") != "AdaptiveCard" or card.get("version") not in {
        "1.2",
        "1.3",
        "1.4",
        "1.5",
    }:
        found.append("no card of version 1.5 or below")
    if len(json.dumps(card).encode()) > MAX_CARD_BYTES:
        found.append("card over 28 KB")
    for node in _nodes([card.get("body", []), card.get("actions", [])]):
        kind = node.get("type", "")
        known = _ACTIONS if kind.startswith("Action.") else _ELEMENTS
        if kind and kind not in known:
            found.append(f"element {kind}")
        if kind == "TextBlock" and not node.get("text"):
            found.append("a text block without text")
    if not texts_of(card) and not card.get("actions"):
        found.append("an empty card")
    return found


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in _nodes(item)]
    if not isinstance(node, dict):
        return []
    inner = [node.get(name) for name in ("items", "columns", "rows", "cells", "actions", "card")]
    return [node, *(found for part in inner for found in _nodes(part))]
