"""Reads a thread as Slack shows it: its messages, who wrote them, and where each is opened."""

import asyncio
from collections.abc import Mapping

from pydantic import BaseModel

from adapters.errors import UNREADABLE, AdapterError, ThreadUnreadableError
from adapters.slack.calls import SLACK, SlackCalls
from adapters.slack.events import plain
from adapters.slack.identity import SlackIdentity
from adapters.slack.people import SlackPeople
from adapters.types import Person, ThreadId, ThreadMessage, Transcript

_PAGE = 200
_MAX_PAGES = 5
_MAX_PEOPLE = 50
_UNSEEN = frozenset({"tombstone", "channel_join", "channel_leave"})


class _Message(BaseModel, frozen=True, extra="ignore"):
    """What we read of a message (https://docs.slack.dev/reference/methods/conversations.replies)."""

    ts: str
    user: str = ""
    bot_id: str = ""
    username: str = ""
    text: str = ""
    subtype: str = ""
    user_team: str = ""


class SlackHistory:
    """Reads threads with `conversations.replies`, where we are a member."""

    def __init__(self, calls: SlackCalls, people: SlackPeople, identity: SlackIdentity) -> None:
        self._calls = calls
        self._people = people
        self._us = identity

    async def read(self, thread: ThreadId, *, limit: int) -> Transcript:
        """Return the first message and the newest ones; see `ChatAdapter.read_thread`."""
        try:
            found = await self._messages(thread)
        except AdapterError as error:
            code = "not_in_channel" if error.code == "channel_not_found" else error.code
            if code in UNREADABLE:
                raise ThreadUnreadableError(SLACK, code) from error
            raise
        seen = [each for each in found if each.subtype not in _UNSEEN]
        newest = seen[1:][-(limit - 1) :] if limit > 1 else []
        kept = [*seen[:1], *newest]
        people = await self._who(kept)
        return Transcript(
            messages=tuple(self._message(each, thread, people) for each in kept),
            left_out=len(seen) - len(kept),
        )

    async def _messages(self, thread: ThreadId) -> list[_Message]:
        found: list[_Message] = []
        cursor = ""
        for _ in range(_MAX_PAGES):
            asked = cursor
            response = await self._calls.patiently(
                "conversations.replies",
                lambda slack, asked=asked: slack.conversations_replies(  # type: ignore[misc]
                    channel=thread.channel, ts=thread.thread, limit=_PAGE, cursor=asked or None
                ),
            )
            found += [_Message.model_validate(each) for each in response.get("messages") or ()]
            cursor = str((response.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found
        raise AdapterError(SLACK, "too_long")

    async def _who(self, messages: list[_Message]) -> Mapping[str, Person]:
        """Return who wrote, by their ids; of more than fifty the others count as outsiders."""
        users = list(dict.fromkeys(m.user for m in messages if m.user and not self._is_ours(m)))
        homes = {m.user: m.user_team for m in messages}
        asked = [
            Person(
                id=user,
                workspace=homes[user] or self._us.team,
                is_guest=homes[user] not in {"", self._us.team},
            )
            for user in users[:_MAX_PEOPLE]
        ]
        known = await asyncio.gather(*map(self._people.known, asked))
        return {person.id: person for person in known}

    def _is_ours(self, message: _Message) -> bool:
        return message.user == self._us.bot_user or message.bot_id == self._us.bot_id != ""

    def _message(
        self, message: _Message, thread: ThreadId, people: Mapping[str, Person]
    ) -> ThreadMessage:
        is_ours, is_app = self._is_ours(message), bool(message.bot_id)
        name = "Citewell" if is_ours else message.username if is_app else ""
        stranger = Person(
            id=message.user or message.bot_id or "unknown",
            workspace=self._us.team,
            is_guest=not (is_ours or is_app),
            name=name,
        )
        return ThreadMessage(
            id=message.ts,
            person=people.get(message.user, stranger),
            text=plain(message.text, self._us.bot_user),
            url=self._link(thread, message.ts),
            is_ours=is_ours,
        )

    def _link(self, thread: ThreadId, ts: str) -> str:
        """Return a message's address, as Slack's "Copy link" makes it."""
        base = self._us.url or "https://slack.com/"
        place = f"{base}archives/{thread.channel}/p{ts.replace('.', '')}"
        return (
            place
            if ts == thread.thread
            else (f"{place}?thread_ts={thread.thread}&cid={thread.channel}")
        )
