"""One reply while it is written: streamed as long as Slack takes it, else posted and updated."""

import asyncio
import time
from collections.abc import Awaitable
from enum import Enum, auto
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.errors import AdapterError, ReplyStoppedError
from adapters.ports import OnVisible
from adapters.slack.calls import attempted, called
from adapters.slack.rendering import (
    MAX_STREAM_CHARS,
    SlackMessage,
    messages_of,
    source_blocks,
    without_pings,
)
from adapters.types import Audience, Reply, SentReply, ThreadId, Visibility

log = structlog.get_logger(__name__)

_MIN_APPEND_GAP_S = 0.6  # chat.appendStream: 100 a minute and workspace
_MIN_UPDATE_GAP_S = 1.5  # chat.update: 50 a minute
_STATUS_TIMEOUT_S = 2.0
_LOADING = (
    "Searching the documents\u2026",
    "Reading what was found\u2026",
    "Checking the sources\u2026",
)


class _State(Enum):
    NEW = auto()
    STREAMING = auto()
    POSTED = auto()  # an ordinary message, which can be updated


class SlackReplyStream:
    """A `ReplyStream` in a thread.

    `chat.startStream` and its kin as far as they go. On any refusal (a rate limit, a stream that
    Slack closed) what stands becomes an ordinary message and is updated instead; where even that
    is refused, the whole reply is posted anew and the begun one is removed.
    """

    def __init__(
        self,
        *,
        patient: AsyncWebClient,
        hasty: AsyncWebClient,
        thread: ThreadId,
        audience: Audience,
        stands: str = "",
        on_visible: OnVisible | None = None,
        append_gap_s: float = _MIN_APPEND_GAP_S,
        update_gap_s: float = _MIN_UPDATE_GAP_S,
    ) -> None:
        self._patient = patient
        self._hasty = hasty
        self._thread = thread
        self._recipient: dict[str, Any] = (
            {}
            if audience.visibility is Visibility.PERSON
            else {
                "recipient_team_id": audience.person.workspace,
                "recipient_user_id": audience.person.id,
            }
        )
        self._append_gap_s = append_gap_s
        self._update_gap_s = update_gap_s
        self._on_visible = on_visible
        # What somebody else began may still be a stream: only that one's end makes it a message.
        self._is_foreign = bool(stands)
        self._state = _State.POSTED if stands else _State.NEW
        self._ts = stands
        self._sent = ""  # what Slack has of the text
        self._text = ""  # what was appended
        self._next_call_s = 0.0
        self._status: asyncio.Task[None] | None = None

    async def progress(self, note: str) -> None:
        # Not awaited: what people see meanwhile must not make them wait longer.
        previous = self._status
        self._status = asyncio.create_task(self._show_status(note, previous))

    async def append(self, text: str) -> None:
        self._text += text
        if time.monotonic() < self._next_call_s:
            return
        await self._settle_status()
        try:
            await self._push()
        except ReplyStoppedError:
            raise
        except AdapterError as error:
            log.info("stream_fell_back", code=error.code, thread=str(self._thread))
            await self._become_message()

    async def finish(self, reply: Reply) -> SentReply:
        await self._settle_status()
        if self._state is _State.STREAMING:
            try:
                if await self._finish_stream(reply):
                    return SentReply(thread=self._thread, messages=(self._ts,))
            except AdapterError as error:
                log.info("stream_fell_back", code=error.code, thread=str(self._thread))
                self._state = _State.POSTED
        first, *rest = messages_of(reply)
        await self._show(first)
        more = [await self._post(message) for message in rest]
        return SentReply(thread=self._thread, messages=(self._ts, *more))

    async def _push(self) -> None:
        """Bring what Slack has up to what was appended."""
        new = self._new_part(self._text)
        if self._state is _State.POSTED:
            self._next_call_s = time.monotonic() + self._update_gap_s
            await self._show(messages_of(Reply(text=self._text))[0])
        elif len(self._text) > MAX_STREAM_CHARS:
            return  # `finish` splits what one message can't hold
        elif self._state is _State.NEW:
            response = await called(
                self._hasty.chat_startStream(
                    channel=self._thread.channel,
                    thread_ts=self._thread.thread,
                    markdown_text=new,
                    **self._recipient,
                )
            )
            self._state = _State.STREAMING
            await self._now_at(str(response["ts"]))
            self._next_call_s = time.monotonic() + self._append_gap_s
        else:
            await called(
                self._hasty.chat_appendStream(
                    channel=self._thread.channel, ts=self._ts, markdown_text=new
                )
            )
            self._next_call_s = time.monotonic() + self._append_gap_s
        self._sent = self._text

    def _new_part(self, text: str) -> str:
        """Return what of `text` Slack has not yet; a ping cut in two by a call is none either."""
        return without_pings(text)[len(without_pings(self._sent)) :]

    async def _become_message(self) -> None:
        """Go on without a stream, from what stands."""
        was_streaming = self._state is _State.STREAMING
        self._state = _State.POSTED
        self._next_call_s = time.monotonic() + self._update_gap_s
        if was_streaming:
            await attempted(self._patient.chat_stopStream(channel=self._channel, ts=self._ts))
        message = messages_of(Reply(text=self._text))[0]
        await self._show(message)
        self._sent = self._text

    async def _finish_stream(self, reply: Reply) -> bool:
        """End the stream; False where what stands then is not yet `reply`."""
        fits = reply.text.startswith(self._sent) and len(reply.text) <= MAX_STREAM_CHARS
        rest = self._new_part(reply.text) if fits else ""
        await called(
            self._patient.chat_stopStream(
                channel=self._channel,
                ts=self._ts,
                markdown_text=rest or None,
                blocks=source_blocks(reply) or None if fits else None,
            )
        )
        self._state = _State.POSTED
        return fits

    async def _show(self, message: SlackMessage) -> None:
        """Make `message` what stands: in its place, or as the first that stands."""
        if not self._ts:
            await self._now_at(await self._post(message))
            return
        if self._is_foreign:
            self._is_foreign = False
            await attempted(self._hasty.chat_stopStream(channel=self._channel, ts=self._ts))
        await self._replace(message)

    async def _now_at(self, ts: str) -> None:
        self._ts = ts
        if self._on_visible is not None:
            await self._on_visible(SentReply(thread=self._thread, messages=(ts,)))

    async def _replace(self, message: SlackMessage) -> None:
        """Change what stands to `message`; where Slack refuses, post it and remove that."""
        try:
            await called(
                self._patient.chat_update(
                    channel=self._channel,
                    ts=self._ts,
                    text=message.text,
                    blocks=list(message.blocks),
                )
            )
        except AdapterError as error:
            log.info("reply_posted_anew", code=error.code, thread=str(self._thread))
            old = self._ts
            await self._now_at(await self._post(message))
            await attempted(self._patient.chat_delete(channel=self._channel, ts=old))

    async def _post(self, message: SlackMessage) -> str:
        response = await called(post(self._patient, self._thread, message))
        return str(response["ts"])

    async def _show_status(self, note: str, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await previous
        await attempted(
            self._hasty.assistant_threads_setStatus(
                channel_id=self._channel,
                thread_ts=self._thread.thread,
                status=note[:50],
                loading_messages=list(_LOADING),
            )
        )

    async def _settle_status(self) -> None:
        """Let a status arrive before the text that ends it."""
        status, self._status = self._status, None
        if status is not None:
            done, _ = await asyncio.wait([status], timeout=_STATUS_TIMEOUT_S)
            if not done:
                status.cancel()

    @property
    def _channel(self) -> str:
        return self._thread.channel


def post(
    client: AsyncWebClient, thread: ThreadId, message: SlackMessage
) -> Awaitable[AsyncSlackResponse]:
    """Post `message` in `thread`, without previews of its links."""
    return client.chat_postMessage(
        channel=thread.channel,
        thread_ts=thread.thread,
        text=message.text,
        blocks=list(message.blocks),
        unfurl_links=False,
        unfurl_media=False,
    )
