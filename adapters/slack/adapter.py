"""Slack as a `ChatAdapter`."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from adapters.ports import OnVisible, ReplyStream
from adapters.slack.calls import attempted, called
from adapters.slack.rendering import SlackMessage, messages_of
from adapters.slack.stream import SlackReplyStream, post
from adapters.types import (
    Capabilities,
    IncomingMessage,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)

_MAX_TITLE_CHARS = 60
_MAX_LOOKED_AT = 50


class SlackAdapter:
    """Posts replies as Block Kit messages, in threads.

    `patient` obeys rate limits and tries again; `hasty` is for what has a fallback.
    """

    def __init__(self, *, patient: AsyncWebClient, hasty: AsyncWebClient, bot_user: str) -> None:
        self._bot_user = bot_user
        self._patient = patient
        self._hasty = hasty
        self._titles: set[asyncio.Task[None]] = set()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_chars=40_000,
            can_edit=True,
            can_stream=True,
            can_answer_privately=True,
            has_buttons=True,
        )

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        sent = [await self._post(thread, message) for message in messages_of(reply)]
        return SentReply(thread=thread, messages=tuple(sent))

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        channel = sent.thread.channel
        messages = messages_of(reply)
        for ts, message in zip(sent.messages, messages, strict=False):
            await called(
                self._patient.chat_update(
                    channel=channel, ts=ts, text=message.text, blocks=list(message.blocks)
                )
            )
        kept = sent.messages[: len(messages)]
        for ts in sent.messages[len(messages) :]:
            await called(self._patient.chat_delete(channel=channel, ts=ts))
        new = [await self._post(sent.thread, message) for message in messages[len(kept) :]]
        return SentReply(thread=sent.thread, messages=(*kept, *new))

    async def ping(self) -> None:
        await called(self._hasty.auth_test())

    async def find_reply(
        self, message: IncomingMessage, *, known: frozenset[str]
    ) -> SentReply | None:
        response = await attempted(
            self._hasty.conversations_replies(
                channel=message.thread.channel,
                ts=message.thread.thread,
                oldest=message.message_id,
                limit=_MAX_LOOKED_AT,
            )
        )
        if response is None:
            return None
        ours = (
            str(found["ts"])
            for found in response.get("messages") or []
            if found.get("user") == self._bot_user and float(found["ts"]) > message.sent_at_s
        )
        new = next((ts for ts in ours if ts not in known), None)
        return SentReply(thread=message.thread, messages=(new,)) if new else None

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,
        on_visible: OnVisible | None = None,
    ) -> ReplyStream:
        is_private = message.audience.visibility is Visibility.PERSON
        if is_private and message.message_id == message.thread.thread:
            self._give_title(message)
        return SlackReplyStream(
            patient=self._patient,
            hasty=self._hasty,
            thread=message.thread,
            audience=message.audience,
            stands=stands.messages[0] if stands else "",
            on_visible=on_visible,
        )

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
            await attempted(
                self._hasty.assistant_threads_setTitle(
                    channel_id=message.thread.channel,
                    thread_ts=message.thread.thread,
                    title=title,
                )
            )

    async def _post(self, thread: ThreadId, message: SlackMessage) -> str:
        response = await called(post(self._patient, thread, message))
        return str(response["ts"])
