"""One reply while it is written: streamed as long as Slack takes it, else posted and updated."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Any

import structlog

from adapters.errors import (
    AdapterError,
    RateLimitedError,
    ReplyStoppedError,
    UncertainError,
    UndeliverableError,
)
from adapters.ports import OnVisible
from adapters.slack.calls import SlackCall, SlackCalls
from adapters.slack.rendering import (
    MAX_STREAM_CHARS,
    SlackMessage,
    closing_blocks,
    messages_of,
    without_pings,
)
from adapters.types import ROOT, Audience, Reply, SentReply, ThreadId, Visibility

log = structlog.get_logger(__name__)

_MIN_APPEND_GAP_S = 0.6  # chat.appendStream: 100 a minute and workspace
_MIN_UPDATE_GAP_S = 1.5  # chat.update: 50 a minute
_FIRST_PART_SHARE = 0.5  # of the updates: beyond it a reply is posted whole, and once
_STATUS_TIMEOUT_S = 2.0
_STATUS_GAP_S = 1.0  # nobody reads faster
_LOOK_AFTER_S = (1.0, 3.0)  # a post whose answer was lost may still be under way
_WRITING = "\n\n_writing\u2026_"
_LOADING = (
    "Searching the documents\u2026",
    "Reading what was found\u2026",
    "Checking the sources\u2026",
)

Find = Callable[[frozenset[str]], Awaitable[tuple[str, ...]]]
"""Returns our messages in the thread besides the given ones, the oldest first."""


class _State(Enum):
    NEW = auto()
    STREAMING = auto()
    POSTED = auto()  # an ordinary message, which can be updated


class SlackReplyStream:
    """A `ReplyStream` in a thread.

    `chat.startStream` and its kin as far as they go. On any refusal (a rate limit, a stream that
    Slack closed) what stands becomes an ordinary message and is updated instead, as often as the
    limits leave room. `places` are our messages, one for each part of the reply; `finish` makes
    them exactly the reply's. Where it isn't certain that a message was posted, we look first.
    """

    def __init__(
        self,
        *,
        calls: SlackCalls,
        thread: ThreadId,
        audience: Audience,
        find: Find,
        stands: Sequence[str] = (),
        on_visible: OnVisible | None = None,
        append_gap_s: float = _MIN_APPEND_GAP_S,
        update_gap_s: float = _MIN_UPDATE_GAP_S,
        status_gap_s: float = _STATUS_GAP_S,
        look_after_s: Sequence[float] = _LOOK_AFTER_S,
    ) -> None:
        self._calls = calls
        self._thread = thread
        self._recipient: dict[str, Any] = (
            {}
            if audience.visibility is Visibility.PERSON
            else {
                "recipient_team_id": audience.person.workspace,
                "recipient_user_id": audience.person.id,
            }
        )
        self._find = find
        self._append_gap_s = append_gap_s
        self._update_gap_s = update_gap_s
        self._status_gap_s = status_gap_s
        self._look_after_s = look_after_s
        self._on_visible = on_visible
        self._state = _State.POSTED if stands else _State.NEW
        self._places = list(stands)
        self._is_prepaid = False  # there is room for one update
        self._is_in_doubt = False  # a message may stand that is not among the places
        self._sent = ""  # what Slack has of the text
        self._text = ""  # what was appended
        self._next_call_s = 0.0
        self._status: asyncio.Task[None] | None = None
        self._later_status: asyncio.TimerHandle | None = None
        self._next_status_s = 0.0

    async def progress(self, note: str) -> None:
        # Not awaited: what people see meanwhile must not make them wait longer.
        self._drop_later_status()
        wait_s = self._next_status_s - time.monotonic()
        if wait_s <= 0:
            self._begin_status(note)
        else:
            loop = asyncio.get_running_loop()
            self._later_status = loop.call_later(wait_s, self._begin_status, note)

    async def append(self, text: str) -> None:
        self._text += text
        if time.monotonic() < self._next_call_s:
            return
        await self._settle_status()
        try:
            await self._push()
        except (ReplyStoppedError, UndeliverableError):
            raise
        except AdapterError as error:
            log.info("stream_fell_back", code=error.code, thread=str(self._thread))
            await self._become_message()

    async def finish(self, reply: Reply) -> SentReply:
        await self._settle_status()
        if self._state is _State.STREAMING:
            try:
                if await self._finish_stream(reply):
                    return self._sent_reply()
            except RateLimitedError:
                raise
            except AdapterError as error:
                log.info("stream_fell_back", code=error.code, thread=str(self._thread))
                self._state = _State.POSTED
        await self._make_it(messages_of(reply))
        return self._sent_reply()

    async def _push(self) -> None:
        """Bring what Slack has up to what was appended."""
        new = self._new_part(self._text)
        if self._state is _State.POSTED:
            await self._show_part()
        elif len(self._text) > MAX_STREAM_CHARS:
            return  # `finish` splits what one message can't hold
        elif self._state is _State.NEW:
            await self._start(new)
        elif not await self._grow(new):
            return
        self._sent = self._text

    async def _start(self, text: str) -> None:
        response = await self._posted(
            "chat.startStream",
            lambda slack: slack.chat_startStream(
                channel=self._channel,
                thread_ts=self._thread.thread,
                markdown_text=text,
                **self._recipient,
            ),
        )
        self._state = _State.STREAMING
        self._next_call_s = time.monotonic() + self._append_gap_s
        await self._stand([response])

    async def _grow(self, text: str) -> bool:
        """Append to the stream; False where the limits leave no room: it comes with the next."""
        try:
            await self._calls.hastily(
                "chat.appendStream",
                lambda slack: slack.chat_appendStream(
                    channel=self._channel, ts=self._places[0], markdown_text=text
                ),
            )
        except RateLimitedError as error:
            self._next_call_s = time.monotonic() + error.retry_after_s
            return False
        self._next_call_s = time.monotonic() + self._append_gap_s
        return True

    def _new_part(self, text: str) -> str:
        """Return what of `text` Slack has not yet; a ping cut in two by a call is none either."""
        return without_pings(text)[len(without_pings(self._sent)) :]

    async def _become_message(self) -> None:
        """Go on without a stream, from what stands."""
        if self._state is _State.STREAMING:
            await self._end_stream(self._places[0])
        self._state = _State.POSTED
        await self._show_part()
        self._sent = self._text

    async def _show_part(self) -> None:
        """Show what there is so far, unless the limits leave no room for it."""
        self._next_call_s = time.monotonic() + self._update_gap_s
        message = messages_of(Reply(text=self._text + _WRITING))[0]
        try:
            if self._places:
                await self._calls.hastily("chat.update", self._update(self._places[0], message))
            elif not self._is_in_doubt and await self._calls.prepaid(
                "chat.update", share=_FIRST_PART_SHARE
            ):
                self._is_prepaid = True  # what stands in part must be made whole
                place = await self._posted("chat.postMessage", self._post(message))
                await self._stand([place])
        except UndeliverableError:
            raise
        except AdapterError as error:
            log.info("part_left_out", code=error.code, thread=str(self._thread))

    async def _finish_stream(self, reply: Reply) -> bool:
        """End the stream; False where what stands then is not yet `reply`."""
        fits = reply.text.startswith(self._sent) and len(reply.text) <= MAX_STREAM_CHARS
        rest = self._new_part(reply.text) if fits else ""
        await self._calls.patiently(
            "chat.stopStream",
            lambda slack: slack.chat_stopStream(
                channel=self._channel,
                ts=self._places[0],
                markdown_text=rest or None,
                blocks=closing_blocks(reply) or None if fits else None,
            ),
        )
        self._state = _State.POSTED
        return fits

    async def _make_it(self, messages: Sequence[SlackMessage]) -> None:
        """Make `messages` what stands: in the places there are, then in new ones."""
        if self._is_in_doubt:
            await self._look()
        for number, message in enumerate(messages):
            if number >= len(self._places):
                await self._stand([*self._places, await self._surely_posted(message)])
                continue
            try:
                await self._surely_updated(self._places[number], message)
            except (RateLimitedError, UncertainError, UndeliverableError):
                raise
            except AdapterError as error:
                log.info("reply_posted_anew", code=error.code, thread=str(self._thread))
                place = await self._surely_posted(message)
                old = self._places
                await self._stand([*old[:number], place, *old[number + 1 :], old[number]])
        for place in self._places[len(messages) :]:
            await self._delete(place)
        self._places = self._places[: len(messages)]

    async def _surely_posted(self, message: SlackMessage) -> str:
        """Post `message` and return its place; where that is uncertain, look before posting again.

        Raises:
            AdapterError: Slack refused, or it is not known whether the message stands.
        """
        for pause_s in self._look_after_s:
            try:
                return await self._posted("chat.postMessage", self._post(message), is_hasty=False)
            except UncertainError:
                await asyncio.sleep(pause_s)
            if found := await self._find(frozenset(self._places)):
                self._is_in_doubt = False
                return found[0]
        return await self._posted("chat.postMessage", self._post(message), is_hasty=False)

    async def _posted(self, method: str, call: SlackCall, *, is_hasty: bool = True) -> str:
        """Post once and return the place; whatever interrupts it leaves us in doubt."""
        was_in_doubt, self._is_in_doubt = self._is_in_doubt, True
        try:
            if is_hasty:
                response = await self._calls.hastily(method, call, channel=self._channel)
            else:
                response = await self._calls.patiently(
                    method, call, channel=self._channel, is_repeatable=False
                )
        except UncertainError:
            raise
        except AdapterError:
            self._is_in_doubt = was_in_doubt
            raise
        self._is_in_doubt = was_in_doubt
        return str(response["ts"])

    async def _look(self) -> None:
        """Take up what stands although we were not told."""
        await asyncio.sleep(self._look_after_s[0])
        found = await self._find(frozenset(self._places))
        self._is_in_doubt = False
        if found:
            await self._stand([*self._places, *found])

    async def _surely_updated(self, place: str, message: SlackMessage) -> None:
        """Update a message of ours; what a dead worker left as an open stream is ended first."""
        is_prepaid, self._is_prepaid = self._is_prepaid, False
        update = self._update(place, message)
        try:
            await self._calls.patiently("chat.update", update, is_prepaid=is_prepaid)
        except AdapterError as error:
            if error.code != "streaming_state_conflict":
                raise
            await self._end_stream(place)
            await self._calls.patiently("chat.update", update)

    async def _end_stream(self, place: str) -> None:
        """End a stream, so that its message can be updated; one that is none is left as it is."""
        try:
            await self._calls.patiently(
                "chat.stopStream",
                lambda slack: slack.chat_stopStream(channel=self._channel, ts=place),
            )
        except RateLimitedError:
            raise
        except AdapterError as error:
            log.info("left_out", code=error.code, thread=str(self._thread))

    async def _stand(self, places: Sequence[str]) -> None:
        self._places = list(places)
        if self._on_visible is not None:
            await self._on_visible(self._sent_reply())

    async def _delete(self, place: str) -> None:
        try:
            await self._calls.patiently(
                "chat.delete", lambda slack: slack.chat_delete(channel=self._channel, ts=place)
            )
        except RateLimitedError:
            raise
        except AdapterError as error:
            log.info("left_out", code=error.code, thread=str(self._thread))

    def _sent_reply(self) -> SentReply:
        return SentReply(thread=self._thread, messages=tuple(self._places))

    def _post(self, message: SlackMessage) -> SlackCall:
        return posting(self._thread, message)

    def _update(self, place: str, message: SlackMessage) -> SlackCall:
        return lambda slack: slack.chat_update(
            channel=self._channel, ts=place, text=message.text, blocks=list(message.blocks)
        )

    def _begin_status(self, note: str) -> None:
        self._next_status_s = time.monotonic() + self._status_gap_s
        self._status = asyncio.create_task(self._show_status(note, self._status))

    def _drop_later_status(self) -> None:
        """Leave out a status that did not get its turn before what comes now."""
        if self._later_status is not None:
            self._later_status.cancel()

    async def _show_status(self, note: str, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await previous
        await show_status(self._calls, self._thread, note)

    async def _settle_status(self) -> None:
        """Let a status arrive before the text that ends it."""
        self._drop_later_status()
        status, self._status = self._status, None
        if status is not None:
            done, _ = await asyncio.wait([status], timeout=_STATUS_TIMEOUT_S)
            if not done:
                status.cancel()

    @property
    def _channel(self) -> str:
        return self._thread.channel


def posting(thread: ThreadId, message: SlackMessage) -> SlackCall:
    """Return the call that posts `message` in `thread`, without previews of its links."""
    return lambda slack: slack.chat_postMessage(
        channel=thread.channel,
        thread_ts=None if thread.thread == ROOT else thread.thread,
        text=message.text,
        blocks=list(message.blocks),
        unfurl_links=False,
        unfurl_media=False,
    )


async def show_status(calls: SlackCalls, thread: ThreadId, note: str) -> None:
    """Show beside the thread what is being done; best effort."""
    await calls.attempted(
        "assistant.threads.setStatus",
        lambda slack: slack.assistant_threads_setStatus(
            channel_id=thread.channel,
            thread_ts=thread.thread,
            status=note[:50],
            loading_messages=list(_LOADING),
        ),
    )
