"""Reads Slack's events: which of them are messages to us, and what they say in plain words."""

import html
import re
from collections.abc import Mapping

from pydantic import BaseModel, model_validator

from adapters.slack.files import attachments_in
from adapters.types import (
    Addressed,
    Audience,
    IncomingDeletion,
    IncomingMessage,
    IncomingStop,
    Person,
    ThreadId,
    Visibility,
)

PLATFORM = "slack"

_TAKEN_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
_MARKUP = re.compile(r"<([^<>\s][^<>]*)>")


class _Lenient(BaseModel, frozen=True, extra="ignore"):
    """Reads `null` as if the field were not there: Slack sends both."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: object) -> object:
        if isinstance(values, dict):
            return {key: value for key, value in values.items() if value is not None}
        return values


class SlackEvent(_Lenient, frozen=True):
    """What we read of an event of type `message` or `app_mention`."""

    type: str
    channel: str = ""
    channel_type: str = ""
    user: str = ""
    text: str = ""
    ts: str = ""
    thread_ts: str = ""
    subtype: str = ""
    bot_id: str = ""
    user_team: str = ""
    hidden: bool = False
    files: tuple[object, ...] = ()


class SlackDelivery(_Lenient, frozen=True):
    """The envelope around an event."""

    team_id: str
    event_id: str
    event: SlackEvent
    is_ext_shared_channel: bool = False


class SlackChange(_Lenient, frozen=True):
    """What we read of an event of subtype `message_changed` or `message_deleted`."""

    channel: str = ""
    channel_type: str = ""
    subtype: str = ""
    deleted_ts: str = ""
    message: dict[str, object] = {}
    previous_message: dict[str, object] = {}


class SlackStop(_Lenient, frozen=True):
    """What we read of `agent_session_stopped`."""

    channel: str = ""
    channel_id: str = ""
    user: str = ""
    user_id: str = ""
    thread_ts: str = ""


def message_in(body: Mapping[str, object], *, bot_user: str) -> IncomingMessage | None:
    """Return the message that a delivery brings, or None when no person wrote one.

    A mention in a channel comes as two events with one `ts`; both are read alike.

    Raises:
        ValueError: The delivery is not of the form that Slack promises.
    """
    delivery = SlackDelivery.model_validate(body)
    event = delivery.event
    addressed = _addressed(event, bot_user)
    if addressed is None:
        return None
    home = event.user_team or delivery.team_id
    is_outside = home != delivery.team_id
    person = Person(id=event.user, workspace=home, is_guest=is_outside)
    is_private = event.channel_type == "im"
    return IncomingMessage(
        event_id=delivery.event_id,
        message_id=event.ts,
        thread=ThreadId(
            platform=PLATFORM,
            workspace=delivery.team_id,
            channel=event.channel,
            thread=event.thread_ts or event.ts,
        ),
        person=person,
        audience=Audience(
            visibility=Visibility.PERSON if is_private else Visibility.CHANNEL,
            person=person,
            has_outsiders=is_outside or delivery.is_ext_shared_channel,
        ),
        addressed=addressed,
        text=plain(event.text, bot_user),
        sent_at_s=float(event.ts),
        named_at=_named_at(event.text, bot_user),
        files=attachments_in(event.files),
    )


def edit_in(body: Mapping[str, object], *, bot_user: str) -> IncomingMessage | None:
    """Return the message in its new words, or None where a person did not edit one to us.

    Slack sends the same event when it unfurls a link; that one names no edit.

    Raises:
        ValueError: As for `message_in`.
    """
    change = SlackChange.model_validate(body.get("event"))
    if change.subtype != "message_changed" or not change.message.get("edited"):
        return None
    event = {**change.message, "channel": change.channel, "channel_type": change.channel_type}
    return message_in({**body, "event": event}, bot_user=bot_user)


def deletion_in(body: Mapping[str, object]) -> IncomingDeletion | None:
    """Return which message was taken back, or None where none was.

    A message with replies leaves a tombstone, which comes as a change.

    Raises:
        ValueError: The delivery is not of the form that Slack promises.
    """
    change = SlackChange.model_validate(body.get("event"))
    is_tombstone = change.message.get("subtype") == "tombstone"
    ts = str(change.message.get("ts")) if is_tombstone else change.deleted_ts
    team, event_id = str(body.get("team_id") or ""), str(body.get("event_id") or "")
    if not (ts and team and event_id and change.channel):
        return None
    thread = str(change.previous_message.get("thread_ts") or ts)
    return IncomingDeletion(
        event_id=event_id,
        message_id=ts,
        thread=ThreadId(platform=PLATFORM, workspace=team, channel=change.channel, thread=thread),
    )


def stop_in(body: Mapping[str, object]) -> IncomingStop | None:
    """Return the stop sign that a delivery brings, or None when it names no thread."""
    team = str(body.get("team_id") or "")
    stop = SlackStop.model_validate(body.get("event"))
    channel = stop.channel or stop.channel_id
    if not (team and channel and stop.thread_ts):
        return None
    thread = ThreadId(platform=PLATFORM, workspace=team, channel=channel, thread=stop.thread_ts)
    return IncomingStop(thread=thread, person=Person(id=stop.user or stop.user_id, workspace=team))


def plain(text: str, bot_user: str) -> str:
    """Return Slack's markup as the words that the person saw, without the mention of us."""
    without_us = re.sub(_mention_of(bot_user), " ", text)
    shown = _MARKUP.sub(lambda found: _shown(found[1]), without_us)
    lines = (" ".join(line.split(" ")).strip() for line in html.unescape(shown).split("\n"))
    return re.sub(r" {2,}", " ", "\n".join(lines)).strip()


def words_of_command(text: str) -> str:
    """Return a command's text with people, groups and channels as `user:ID` and so on."""

    def named(found: re.Match[str]) -> str:
        target = found[1].partition("|")[0]
        for mark, kind in (("@", "user"), ("#", "channel"), ("!subteam^", "group")):
            if target.startswith(mark):
                return f"{kind}:{target.removeprefix(mark)}"
        return _shown(found[1])

    return " ".join(html.unescape(_MARKUP.sub(named, text)).split())


def _mention_of(bot_user: str) -> str:
    return rf"<@{re.escape(bot_user)}(?:\|[^>]*)?>"


def _named_at(text: str, bot_user: str) -> int:
    """Return how many of the characters that `plain` leaves stand before the mention of us."""
    before, *after = re.split(_mention_of(bot_user), text, maxsplit=1)
    return len(plain(before, bot_user)) if after else -1


def _addressed(event: SlackEvent, bot_user: str) -> Addressed | None:
    is_from_person = event.user and not event.bot_id and event.user != bot_user
    if not is_from_person or event.hidden or event.subtype not in _TAKEN_SUBTYPES or not event.ts:
        return None
    if event.channel_type == "im":
        return Addressed.DIRECT
    if event.type == "app_mention" or re.search(_mention_of(bot_user), event.text):
        return Addressed.MENTION
    is_in_thread = bool(event.thread_ts) and event.thread_ts != event.ts
    return Addressed.FOLLOW_UP if is_in_thread else Addressed.OVERHEARD


def _shown(markup: str) -> str:
    target, _, label = markup.partition("|")
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("@"):
        return f"@{label or 'someone'}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {bare, target}:
        return bare
    return f"{label} ({bare})" if "://" in bare and label not in bare else label
