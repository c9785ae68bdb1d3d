"""Slack: what people answered each other in the threads of some channels."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import CursorExpiredError, DocumentGoneError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import MissingError, RejectedError
from knowledge.ingestion.sources.locations import location_of
from knowledge.ingestion.sources.slackapi import Answer, Following, SlackApi
from knowledge.ingestion.sources.slacktext import markdown_of, title_of
from knowledge.permissions import group, parse_principal
from knowledge.types import EVERYONE, Principal, SourceDocument

_PAGE_SIZE = 200
_MAX_REPLY_PAGES = 10
_MAX_MEMBER_PAGES = 50
_DAY_S = 86_400.0
_FRESH_S = 2 * _DAY_S  # for that long each sync looks whether a reply was edited, then weekly
_WRITTEN = frozenset({"", "thread_broadcast", "file_share", "me_message"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Edited(_Model):
    ts: str = ""


class _Message(_Model):
    ts: str
    user: str = ""
    text: str = ""
    subtype: str = ""
    bot_id: str | None = None
    thread_ts: str = ""
    reply_count: int = 0
    reply_users: tuple[str, ...] = ()
    latest_reply: str = ""
    edited: _Edited = _Edited()

    @property
    def is_persons(self) -> bool:
        """Whether a person wrote it, and no app; least of all this bot."""
        return bool(self.user) and not self.bot_id and self.subtype in _WRITTEN


class _History(Answer):
    messages: tuple[_Message, ...] = ()
    following: Following = Field(Following(), alias="response_metadata")


class _Channel(_Model):
    id: str
    name: str = ""
    is_channel: bool = False
    is_group: bool = False
    is_mpim: bool = False
    is_private: bool = True
    is_member: bool = False


class _Info(Answer):
    channel: _Channel | None = None


class _Self(Answer):
    url: str = ""
    team: str = Field("", alias="team_id")
    user: str = Field("", alias="user_id")


class _Members(Answer):
    members: tuple[str, ...] = ()
    following: Following = Field(Following(), alias="response_metadata")


class _Profile(_Model):
    email: str = ""


class _User(_Model):
    team: str = Field("", alias="team_id")
    is_deleted: bool = Field(default=False, alias="deleted")
    is_bot: bool = False
    is_guest: bool = Field(default=True, alias="is_restricted")
    is_stranger: bool = False
    is_email_confirmed: bool = False
    profile: _Profile = _Profile()


class _Person(Answer):
    user: _User | None = None


class _Cursor(_Model):
    """Where a listing is: in which channel, and after what of it."""

    channel: str
    page: str = ""
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    channel: _Channel
    readers: frozenset[Principal]


class SlackSource:
    """Threads in which at least two people wrote; what apps wrote, the bot itself too, is left out.

    Each sync lists all threads of the last `days`, since Slack tells neither what was deleted nor
    who left. A channel that the bot is in no more has none, so its threads leave the index.
    """

    def __init__(self, name: str, api: SlackApi, *, channels: tuple[str, ...], days: int) -> None:
        self._name = name
        self._channels = channels
        self._days = days
        self._api = api
        self._self: _Self | None = None

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        at = _cursor(cursor) if cursor else None
        oldest = at.oldest if at else f"{time.time() - self._days * _DAY_S:.6f}"
        waiting = list(self._channels)
        if at is not None:
            if at.channel not in waiting:
                raise CursorExpiredError("the channel is listed no more")
            waiting = waiting[waiting.index(at.channel) :]
        own = await self._bot()
        for position, channel in enumerate(waiting):
            place = await self._place(channel, own)
            after = waiting[position + 1] if position + 1 < len(waiting) else ""
            if place is None:
                following = _Cursor(channel=after, oldest=oldest)
                yield Batch(
                    unsupported=(f"channel {channel}: invite the bot to it",),
                    cursor=following.model_dump_json() if after else "",
                )
                continue
            page = at.page if at is not None and at.channel == channel else ""
            async for found, page_after in self._pages(channel, oldest, page):
                following = _Cursor(
                    channel=channel if page_after else after, page=page_after, oldest=oldest
                )
                yield Batch(
                    documents=tuple(
                        self._document(each, place, own)
                        for each in found
                        if _is_answered(each, own)
                    ),
                    cursor=following.model_dump_json() if following.channel else "",
                )

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        channel, ts = document.ref.split("/")
        own = await self._bot()
        messages = [
            each
            for each in await self._replies(channel, ts)
            if each.is_persons and each.user != own.user
        ]
        texts = [(markdown_of(each.text, bot_user=own.user), _date(each.ts)) for each in messages]
        parts = [
            text if at == 0 else f"Reply, {date}: {text}"
            for at, (text, date) in enumerate(texts)
            if text
        ]
        if len({each.user for each in messages}) < 2:  # noqa: PLR2004 - one asks, one answers
            parts = []
        about = {"title": document.id, "updated": texts[-1][1] if texts else ""}
        path = folder / "thread.md"
        text = f"---\n{yaml.safe_dump(about, allow_unicode=True)}---\n\n" + "\n\n".join(parts)
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return path

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        own = await self._bot()
        wanted = {self._members_of(channel): channel for channel in self._channels}
        known: dict[str, str] = {}
        found: dict[Principal, frozenset[str]] = {}
        for named in groups:
            if named in wanted:
                found[named] = await self._addresses(wanted[named], own, known)
        return found

    async def close(self) -> None:
        await self._api.close()

    async def _bot(self) -> _Self:
        if self._self is None:
            self._self = await self._api.call("auth.test", _Self)
        return self._self

    async def _place(self, channel: str, own: _Self) -> _Place | None:
        """Return a channel with who may read it; None where the bot is not in it."""
        try:
            found = (await self._api.call("conversations.info", _Info, channel=channel)).channel
        except MissingError:
            return None
        is_channel = (
            found is not None and (found.is_channel or found.is_group) and not found.is_mpim
        )
        if found is None or not is_channel or not found.is_member:
            return None
        if not found.is_private:
            return _Place(channel=found, readers=frozenset({EVERYONE}))
        inside = parse_principal(f"channel:slack:{own.team}:{channel}")
        return _Place(channel=found, readers=frozenset({inside, self._members_of(channel)}))

    def _members_of(self, channel: str) -> Principal:
        return group(channel, source=self._name)

    async def _pages(
        self, channel: str, oldest: str, page: str
    ) -> AsyncIterator[tuple[tuple[_Message, ...], str]]:
        while True:
            asked: dict[str, str | int] = {"channel": channel, "oldest": oldest}
            asked |= {"limit": _PAGE_SIZE, **({"cursor": page} if page else {})}
            try:
                found = await self._api.call("conversations.history", _History, **asked)
            except RejectedError as error:
                if not page:
                    raise
                raise CursorExpiredError("the listing can't be gone on with") from error
            except MissingError:
                yield (), ""  # it was left meanwhile
                return
            page = found.following.cursor
            yield found.messages, page
            if not page:
                return

    def _document(self, message: _Message, place: _Place, own: _Self) -> SourceDocument:
        title = title_of(markdown_of(message.text, bot_user=own.user)) or "Thread"
        channel = place.channel.id
        return SourceDocument(
            id=f"#{place.channel.name}: {title}",
            location=location_of(self._name, f"{channel}/{message.ts}"),
            url=f"{own.url.rstrip('/')}/archives/{channel}/p{message.ts.replace('.', '')}",
            ref=f"{channel}/{message.ts}",
            version=_version(message),
            readers=place.readers,
            thread=f"slack:{own.team}:{channel}:{message.ts}",
            is_mirrored=True,
        )

    async def _replies(self, channel: str, ts: str) -> list[_Message]:
        found: list[_Message] = []
        asked: dict[str, str | int] = {"channel": channel, "ts": ts, "limit": _PAGE_SIZE}
        try:
            for _ in range(_MAX_REPLY_PAGES):
                page = await self._api.call("conversations.replies", _History, **asked)
                found += page.messages
                if not page.following.cursor:
                    break
                asked["cursor"] = page.following.cursor
        except MissingError as error:
            raise DocumentGoneError(f"{channel}/{ts}") from error
        return found

    async def _addresses(self, channel: str, own: _Self, known: dict[str, str]) -> frozenset[str]:
        people: list[str] = []
        asked: dict[str, str | int] = {"channel": channel, "limit": _PAGE_SIZE}
        try:
            for _ in range(_MAX_MEMBER_PAGES):
                page = await self._api.call("conversations.members", _Members, **asked)
                people += page.members
                if not page.following.cursor:
                    break
                asked["cursor"] = page.following.cursor
        except MissingError:
            return frozenset()
        for person in people:
            if person not in known:
                known[person] = await self._address(person, own)
        return frozenset(known[person] for person in people if known[person])

    async def _address(self, person: str, own: _Self) -> str:
        """Return the confirmed address of a colleague; empty for guests, apps and who left."""
        try:
            user = (await self._api.call("users.info", _Person, user=person)).user
        except MissingError:
            return ""
        if user is None or user.is_guest or user.is_stranger or user.is_deleted or user.is_bot:
            return ""
        return user.profile.email if user.is_email_confirmed and user.team == own.team else ""


def _is_answered(message: _Message, own: _Self) -> bool:
    """Return whether another person than who began a thread wrote in it, as far as is told."""
    is_start = not message.thread_ts or message.thread_ts == message.ts
    others = set(message.reply_users) - {message.user, own.user}
    return is_start and message.is_persons and message.user != own.user and bool(others)


def _version(message: _Message) -> str:
    """Return what changes with a thread; empty where only its replies can tell."""
    now_s = time.time()
    if now_s - float(message.latest_reply or message.ts) < _FRESH_S:
        return ""
    week = int(now_s // (7 * _DAY_S))
    return f"{message.latest_reply}/{message.reply_count}/{message.edited.ts}/{week}"


def _date(ts: str) -> str:
    return datetime.fromtimestamp(float(ts), UTC).date().isoformat()


def _cursor(text: str) -> _Cursor:
    try:
        return _Cursor.model_validate(json.loads(text))
    except ValueError as error:
        raise CursorExpiredError("the cursor can't be read") from error
