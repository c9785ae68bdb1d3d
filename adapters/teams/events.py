"""Reads Teams' activities: which of them are messages to us, and what they say in plain words."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field, model_validator

from adapters.teams.files import attachments_in
from adapters.teams.references import Kind, Reference
from adapters.teams.security import Trusted
from adapters.types import (
    ROOT,
    Addressed,
    Audience,
    IncomingDeletion,
    IncomingMessage,
    Person,
    ThreadId,
    Visibility,
)
from adapters.words import language_in

PLATFORM = "teams"
CHAT = "chat"
"""The thread of a chat that has no threads."""
_THREAD = ";messageid="
_PERSON, _CHANNEL = "29:", "19:"
_MAX_ID_CHARS = 1_000
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h\d|blockquote)>", re.IGNORECASE)
_MENTION = re.compile(r"<at[^<>]*>.*?</at>", re.IGNORECASE | re.DOTALL)


Id: TypeAlias = Annotated[str, Field(max_length=_MAX_ID_CHARS)]


class Lenient(BaseModel, frozen=True, extra="ignore", populate_by_name=True):
    """Reads `null` as if the field were not there."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: object) -> object:
        if isinstance(values, dict):
            return {key: value for key, value in values.items() if value is not None}
        return values


class Account(Lenient, frozen=True):
    """Somebody, or a bot."""

    id: Id = ""
    name: str = ""
    role: str = ""
    aad_object_id: Id = Field("", alias="aadObjectId")


class Conversation(Lenient, frozen=True):
    """Where it was written."""

    id: Id
    kind: str = Field("", alias="conversationType")
    tenant: str = Field("", alias="tenantId")


class EntityIn(Lenient, frozen=True):
    """What we read of an entity: who is mentioned, and with which words."""

    type: str = ""
    mentioned: Account = Account()
    text: str = ""


class TeamsActivity(Lenient, frozen=True):
    """What we read of an activity."""

    type: str
    id: Id = ""
    name: str = ""
    action: str = ""
    text: str = ""
    timestamp: str = ""
    locale: str = ""
    reply_to: Id = Field("", alias="replyToId")
    sender: Account = Field(Account(), alias="from")
    recipient: Account = Account()
    conversation: Conversation
    entities: tuple[EntityIn, ...] = ()
    attachments: tuple[dict[str, object], ...] = ()
    members_added: tuple[Account, ...] = Field((), alias="membersAdded")
    channel_data: dict[str, object] = Field({}, alias="channelData")
    value: object = None

    @property
    def event(self) -> str:
        """What happened, where Teams names it in the channel's data."""
        return str(self.channel_data.get("eventType") or "")

    @property
    def team(self) -> str:
        """The directory's group behind the team, or nothing: its members are the team's."""
        return str(mapping(self.channel_data.get("team")).get("aadGroupId") or "")

    @property
    def is_shared(self) -> bool:
        """Whether other companies take part in the channel."""
        return mapping(self.channel_data.get("channel")).get("type") == "shared"

    @property
    def kind(self) -> Kind:
        """The kind of conversation; the most public one where Teams names none that we know."""
        try:
            return Kind(self.conversation.kind)
        except ValueError:
            is_chat = self.conversation.id.startswith("a:")
            return Kind.PERSONAL if is_chat else Kind.CHANNEL

    @property
    def place(self) -> tuple[str, str]:
        """The conversation's id, and the root message of the thread in it (none in chats)."""
        conversation, _, root = self.conversation.id.partition(_THREAD)
        return conversation, root


def root_of(thread: ThreadId) -> str:
    """Return the root message of `thread`; nothing for a chat, and for the channel itself."""
    return "" if thread.thread in {CHAT, ROOT} else thread.thread


def reference_in(activity: TeamsActivity, trusted: Trusted) -> Reference:
    """Return where the activity's conversation is reached."""
    return Reference(
        service_url=trusted.service_url,
        tenant=trusted.tenant,
        conversation=activity.place[0],
        kind=activity.kind,
        bot=activity.recipient.id,
        bot_name=activity.recipient.name,
        person=activity.sender.id,
        person_id=activity.sender.aad_object_id or activity.sender.id,
    )


def thread_in(activity: TeamsActivity, trusted: Trusted) -> ThreadId:
    """Return the thread that an activity belongs to."""
    conversation, root = activity.place
    is_threaded = activity.kind is Kind.CHANNEL
    root = (root or activity.reply_to or activity.id) if is_threaded else CHAT
    return ThreadId(platform=PLATFORM, workspace=trusted.tenant, channel=conversation, thread=root)


def person_in(activity: TeamsActivity, trusted: Trusted) -> Person:
    """Return who wrote; whoever Microsoft's directory does not know is a guest."""
    sender = activity.sender
    home = activity.conversation.tenant or trusted.tenant
    is_team = activity.kind is Kind.CHANNEL and not activity.is_shared
    team = activity.team if is_team else ""
    return Person(
        id=sender.aad_object_id or sender.id,
        workspace=trusted.tenant,
        is_guest=home != trusted.tenant or not sender.aad_object_id,
        groups=frozenset({f"{PLATFORM}:{trusted.tenant}:{team}"} if team else ()),
        language=language_in(activity.locale),
    )


def message_in(activity: TeamsActivity, trusted: Trusted) -> IncomingMessage | None:
    """Return the message that an activity brings, or None when it is not to us."""
    addressed = _addressed(activity)
    if addressed is None:
        return None
    person = person_in(activity, trusted)
    is_private = activity.kind is Kind.PERSONAL
    return IncomingMessage(
        event_id=f"{activity.id}:{activity.event}" if activity.event else activity.id,
        message_id=activity.id,
        thread=thread_in(activity, trusted),
        person=person,
        audience=Audience(
            visibility=Visibility.PERSON if is_private else Visibility.CHANNEL,
            person=person,
            has_outsiders=person.is_guest or activity.is_shared,
        ),
        addressed=addressed,
        text=plain(activity),
        sent_at_s=_seconds(activity.timestamp),
        named_at=_named_at(activity),
        files=attachments_in(activity.attachments),
    )


def deletion_in(activity: TeamsActivity, trusted: Trusted) -> IncomingDeletion | None:
    """Return which message was taken back, or None where none was."""
    if activity.type != "messageDelete" or not activity.id:
        return None
    return IncomingDeletion(
        event_id=f"{activity.id}:deleted",
        message_id=activity.id,
        thread=thread_in(activity, trusted),
    )


def plain(activity: TeamsActivity) -> str:
    """Return the words that the person saw, without the mention of us."""
    return _shown(activity.text, activity)


def words_of(content: str) -> str:
    """Return the words of a message's HTML, a line for each paragraph, item or row."""
    lines = _TAG.sub("", _BREAK.sub("\n", content.replace("\n", " ")))
    shown = (" ".join(line.split()) for line in html.unescape(lines).split("\n"))
    return "\n".join(filter(None, shown))


def words_of_command(activity: TeamsActivity, ids: Mapping[str, str]) -> str:
    """Return the words with people and channels as `user:ID` and `channel:ID`.

    `ids` are the ids that people go by here, by those that Teams mentions them with.
    """
    return _shown(activity.text, activity, ids)


def mentioned_in(activity: TeamsActivity) -> tuple[str, ...]:
    """Return the Connector's ids of the people who are mentioned beside us."""
    others = (entity.mentioned.id for entity in _mentions(activity))
    return tuple(sorted({each for each in others if each.startswith(_PERSON)}))


def _shown(text: str, activity: TeamsActivity, ids: Mapping[str, str] | None = None) -> str:
    for entity in _mentions(activity):
        if entity.text:
            text = text.replace(entity.text, _named(entity, activity, ids))
    text = _TAG.sub(" ", _MENTION.sub(" ", text)) if "<at" in text else text
    lines = (" ".join(line.split()) for line in html.unescape(text).splitlines())
    return "\n".join(lines).strip()


def _named(entity: EntityIn, activity: TeamsActivity, ids: Mapping[str, str] | None) -> str:
    mentioned = entity.mentioned.id
    if mentioned == activity.recipient.id:
        return " "
    if ids is not None and mentioned.startswith(_CHANNEL):
        return f"channel:{mentioned}"
    if ids is not None and mentioned in ids:
        return f"user:{ids[mentioned]}"
    return f"@{_TAG.sub('', entity.text).strip()}"


def _mentions(activity: TeamsActivity) -> list[EntityIn]:
    return [entity for entity in activity.entities if entity.type == "mention"]


def _named_at(activity: TeamsActivity) -> int:
    """Return how many of the characters that `plain` leaves stand before the mention of us."""
    us = activity.recipient.id
    marks = [each.text for each in _mentions(activity) if each.mentioned.id == us and each.text]
    before, *after = activity.text.split(marks[0], 1) if marks else ("",)
    return len(_shown(before, activity)) if after else -1


def mapping(value: object) -> Mapping[str, object]:
    """Return an object as a mapping, and what is none as an empty one."""
    return value if isinstance(value, dict) else {}


def _addressed(activity: TeamsActivity) -> Addressed | None:
    sender = activity.sender
    is_from_person = bool(sender.id) and sender.role != "bot" and not sender.id.startswith("28:")
    if not is_from_person or sender.id == activity.recipient.id or not activity.id:
        return None
    mentioned = {e.mentioned.id for e in activity.entities if e.type == "mention"}
    if activity.kind is Kind.PERSONAL:
        return Addressed.DIRECT
    if activity.recipient.id in mentioned:
        return Addressed.MENTION
    # Without a mention Teams only brings what it was given consent for; a group chat has no
    # threads that could say who is spoken to.
    root = activity.place[1]
    is_in_thread = activity.kind is Kind.CHANNEL and bool(root) and root != activity.id
    return Addressed.FOLLOW_UP if is_in_thread else Addressed.OVERHEARD


def _seconds(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return datetime.now(UTC).timestamp()
