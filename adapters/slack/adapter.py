"""Slack as a `ChatAdapter`."""

import asyncio
from dataclasses import replace
from pathlib import Path

import structlog

from adapters.errors import AdapterError
from adapters.files import Attachment
from adapters.ports import Need, OnVisible, ReplyStream
from adapters.slack.audience import SlackAudiences
from adapters.slack.calls import SLACK, SlackCall, SlackCalls
from adapters.slack.controls import view_of
from adapters.slack.files import SlackFiles
from adapters.slack.history import SlackHistory
from adapters.slack.home import reading_view
from adapters.slack.permissions import SlackPermissions
from adapters.slack.rendering import Json, SlackMessage, as_notice, is_notice, messages_of
from adapters.slack.stream import SlackReplyStream, posting, show_status
from adapters.types import (
    ROOT,
    Audience,
    Capabilities,
    Form,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Transcript,
    Visibility,
)

log = structlog.get_logger(__name__)

_MAX_TITLE_CHARS = 60
_MAX_LOOKED_AT = 50
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})


class SlackAdapter:
    """Posts replies as Block Kit messages, in threads."""

    def __init__(
        self,
        calls: SlackCalls,
        audiences: SlackAudiences,
        history: SlackHistory,
        *,
        bot_user: str,
    ) -> None:
        self._calls = calls
        self._history = history
        self._audiences = audiences
        self._files = SlackFiles(calls)
        self._bot_user = bot_user
        self._permissions = SlackPermissions(calls)
        self._titles: set[asyncio.Task[None]] = set()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_chars=40_000,
            can_edit=True,
            can_stream=True,
            can_answer_privately=True,
            has_buttons=True,
            has_forms=True,
            can_stream_in_channels=True,
        )

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        sent = [await self._post(thread, as_notice(each)) for each in messages_of(reply)]
        return SentReply(thread=thread, messages=tuple(sent))

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        thread, old = sent.thread, list(sent.messages)
        places: list[str] = []
        for message in map(as_notice, messages_of(reply)):
            if old:
                places.append(old.pop(0))
                await self._calls.patiently("chat.update", updating(thread, places[-1], message))
            else:
                places.append(await self._post(thread, message))
        for place in old:
            await self._calls.patiently(
                "chat.delete",
                lambda slack, place=place: slack.chat_delete(  # type: ignore[misc]
                    channel=thread.channel, ts=place
                ),
            )
        return SentReply(thread=thread, messages=tuple(places))

    async def send_privately(self, thread: ThreadId, person: Person, reply: Reply) -> None:
        if thread.channel == person.id:  # nobody else reads along in a direct conversation
            await self.send(thread, reply)
            return
        try:
            for message in messages_of(reply):
                await self._calls.patiently(
                    "chat.postEphemeral",
                    private_posting(thread, person, message),
                    is_repeatable=False,
                )
        except AdapterError as error:
            if error.code not in _NOT_THERE:
                raise
            # A shortcut reaches us from where we are not: there remains the direct conversation.
            await self.send(replace(thread, channel=person.id, thread=ROOT), reply)

    async def tell(self, action: IncomingAction, reply: Reply) -> None:
        """Show `reply`; on the home in a dialog, unless there is more to press, or no time left."""
        if action.thread is None:
            return
        is_home = action.thread.channel == action.person.id
        if is_home and action.trigger and not reply.buttons:
            try:
                await self._open(action.trigger, reading_view(reply))
            except AdapterError as error:
                log.info("left_out", code=error.code, platform=SLACK)
            else:
                return
        await self.send_privately(action.thread, action.person, reply)

    async def read_thread(self, thread: ThreadId, *, limit: int) -> Transcript:
        return await self._history.read(thread, limit=limit)

    async def write_to(self, person: Person, reply: Reply) -> None:
        # Slack takes a person's id for the conversation with them.
        place = ThreadId(platform=SLACK, workspace=person.workspace, channel=person.id, thread=ROOT)
        await self.send(place, reply)

    async def open_form(self, trigger: str, form: Form) -> None:
        await self._open(trigger, view_of(form))

    async def _open(self, trigger: str, view: Json) -> None:
        await self._calls.hastily(
            "views.open", lambda slack: slack.views_open(trigger_id=trigger, view=view)
        )

    async def ping(self) -> None:
        await self._calls.hastily("auth.test", lambda slack: slack.auth_test())

    async def audience_of(self, message: IncomingMessage) -> Audience:
        return await self._audiences.of(message)

    async def known(self, person: Person) -> Person | None:
        return await self._audiences.known(person)

    async def fetch(self, file: Attachment, path: Path, *, max_bytes: int) -> None:
        await self._files.fetch(file, path, max_bytes=max_bytes)

    async def places(self, workspace: str) -> tuple[str, ...]:  # noqa: ARG002 - we are in one
        return await self._permissions.channels()

    async def lacks(self, need: Need) -> str:
        return await self._permissions.lacks(need)

    async def acknowledge(self, message: IncomingMessage, note: str) -> None:
        await show_status(self._calls, message.thread, note)

    async def find_reply(
        self, message: IncomingMessage, *, known: frozenset[str]
    ) -> SentReply | None:
        found = await self._ours_in(message.thread, known, after=message.message_id)
        return SentReply(thread=message.thread, messages=found) if found else None

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,
        known: frozenset[str] = frozenset(),
        on_visible: OnVisible | None = None,
    ) -> ReplyStream:
        is_private = message.audience.visibility is Visibility.PERSON
        if is_private and message.message_id == message.thread.thread:
            self._give_title(message)
        return self._stream(
            message.thread,
            message.audience,
            stands=stands,
            known=known,
            after=message.message_id,
            on_visible=on_visible,
        )

    def _stream(
        self,
        thread: ThreadId,
        audience: Audience,
        *,
        stands: SentReply | None,
        known: frozenset[str],
        after: str = "0",
        on_visible: OnVisible | None = None,
    ) -> SlackReplyStream:
        async def find(places: frozenset[str]) -> tuple[str, ...]:
            return await self._ours_in(thread, known | places, after=after)

        return SlackReplyStream(
            calls=self._calls,
            thread=thread,
            audience=audience,
            find=find,
            stands=stands.messages if stands else (),
            on_visible=on_visible,
        )

    async def _ours_in(
        self, thread: ThreadId, known: frozenset[str], *, after: str
    ) -> tuple[str, ...]:
        try:
            response = await self._calls.patiently(
                "conversations.replies",
                lambda slack: slack.conversations_replies(
                    channel=thread.channel, ts=thread.thread, oldest=after, limit=_MAX_LOOKED_AT
                ),
            )
        except AdapterError as error:
            if error.code == "thread_not_found":  # its first message is gone, and no reply stands
                return ()
            raise
        ours = (
            str(found["ts"])
            for found in response.get("messages") or []
            if found.get("user") == self._bot_user
            and str(found["ts"]) != thread.thread
            and not is_notice(found)
        )
        return tuple(ts for ts in ours if ts not in known)

    def _give_title(self, message: IncomingMessage) -> None:
        """Name a conversation in the pane after its first question, while it is answered."""
        task = asyncio.create_task(self._set_title(message))
        self._titles.add(task)
        task.add_done_callback(self._titles.discard)

    async def _set_title(self, message: IncomingMessage) -> None:
        words = " ".join(message.text.split())
        title = (
            words if len(words) <= _MAX_TITLE_CHARS else f"{words[: _MAX_TITLE_CHARS - 1]}\u2026"
        )
        if title:
            await self._calls.attempted(
                "assistant.threads.setTitle",
                lambda slack: slack.assistant_threads_setTitle(
                    channel_id=message.thread.channel,
                    thread_ts=message.thread.thread,
                    title=title,
                ),
            )

    async def _post(self, thread: ThreadId, message: SlackMessage) -> str:
        response = await self._calls.patiently(
            "chat.postMessage",
            posting(thread, message),
            channel=thread.channel,
            is_repeatable=False,
        )
        return str(response["ts"])


def private_posting(thread: ThreadId, person: Person, message: SlackMessage) -> SlackCall:
    """Return the call that shows `message` in `thread` to `person` alone."""
    return lambda slack: slack.chat_postEphemeral(
        channel=thread.channel,
        user=person.id,
        thread_ts=None if thread.thread == ROOT else thread.thread,
        text=message.text,
        blocks=list(message.blocks),
    )


def updating(thread: ThreadId, place: str, message: SlackMessage) -> SlackCall:
    """Return the call that puts `message` in the place of one of ours."""
    return lambda slack: slack.chat_update(
        channel=thread.channel, ts=place, text=message.text, blocks=list(message.blocks)
    )
