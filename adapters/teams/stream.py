"""One reply while it is written: streamed in a personal chat, elsewhere typing and one message."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto

import structlog
from botbuilder.schema import Activity

from adapters.errors import (
    AdapterError,
    RateLimitedError,
    ReplyStoppedError,
    UncertainError,
    UndeliverableError,
)
from adapters.ports import OnVisible
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import TEAMS, NotDoneError
from adapters.teams.events import root_of
from adapters.teams.references import Reference, References
from adapters.teams.rendering import (
    MAX_MESSAGE_CHARS,
    TeamsMessage,
    activity_of,
    messages_of,
    stream_activity_of,
    streamed_markdown_of,
    typing_activity,
)
from adapters.types import Reply, SentReply, ThreadId

log = structlog.get_logger(__name__)

_MAX_STREAM_S = 100.0  # Teams ends a stream after two minutes
_WRITING = "\n\n_writing\u2026_"
_NOTE_TIMEOUT_S = 3.0
_PERHAPS = TeamsMessage(
    text=(
        "I was interrupted while I posted my answer, and Teams can't tell me whether it stands "
        "above. If it does not, please ask again."
    )
)


Find = Callable[[], Awaitable[Reference]]
"""Returns where the conversation is reached; raises UndeliverableError where that is not known."""


def place_key(thread: ThreadId, place: str) -> str:
    """Return the key of what is kept about a message of ours."""
    return f"{thread.workspace}:{thread.channel}:{place}"


class _State(Enum):
    NEW = auto()
    STREAMING = auto()  # Teams shows it as being written
    BROKEN = auto()  # a part was refused; Teams may still hold the stream open
    POSTED = auto()  # an ordinary message, which can be updated


class TeamsReplyStream:
    """A `ReplyStream` in a conversation.

    In a personal chat the text grows in a stream that Teams takes at most once a second and for
    two minutes; after that, or where it refuses, the reply is an ordinary message. Elsewhere
    people see that something is written, and then one message. `places` are our messages, one
    for each part of the reply. Teams has no way to ask for what stands: that a message is about
    to be posted is noted first, and where its end was never noted the person is told so.
    """

    def __init__(
        self,
        *,
        calls: TeamsCalls,
        references: References,
        find: Find,
        thread: ThreadId,
        message_id: str,
        stands: Sequence[str] = (),
        may_stream: bool,
        on_visible: OnVisible | None = None,
        max_stream_s: float = _MAX_STREAM_S,
    ) -> None:
        self._calls = calls
        self._references = references
        self._find = find
        self._thread = thread
        self._message_id = message_id
        self._on_visible = on_visible
        self._max_stream_s = max_stream_s
        self._places = list(stands)
        self._may_stream = may_stream
        # What somebody began before may be a stream that is still open.
        is_open = bool(stands) and self._may_stream
        self._state = _State.STREAMING if is_open else _State.POSTED if stands else _State.NEW
        self._is_stopped = False
        self._is_ours = not stands  # a stream of somebody else's: we don't know its numbers
        self._number = 0
        self._began_s = 0.0
        self._text = ""
        self._sent = ""
        self._note: asyncio.Task[None] | None = None

    async def progress(self, note: str) -> None:
        # Not awaited: what people see meanwhile must not make them wait longer.
        previous = self._note
        self._note = asyncio.create_task(self._show_note(note, previous))

    async def append(self, text: str) -> None:
        self._text += text
        if not (self._may_stream and self._is_ours):
            return
        await self._settle_note()
        self._heed_stop()
        if len(self._text) > MAX_MESSAGE_CHARS:
            return  # `finish` splits what one message can't hold
        try:
            if self._state is _State.POSTED:
                await self._show_part()
            elif self._state is _State.BROKEN or self._is_late():
                await self._end_early()
                self._heed_stop()
            else:
                await self._grow()
        except RateLimitedError:
            return  # it comes with the next
        except ReplyStoppedError:
            self._is_stopped = True
            raise
        except UndeliverableError:
            raise
        except AdapterError as error:
            log.info("stream_fell_back", code=error.code, thread=str(self._thread))
            self._fall_back()

    async def finish(self, reply: Reply) -> SentReply:
        await self._settle_note()
        messages = messages_of(reply)
        if self._state in {_State.STREAMING, _State.BROKEN}:
            await self._finish_stream(messages[0], self._calls.end_stream)
        for number, message in enumerate(messages):
            if number == 0 and self._sent == message.text and self._state is _State.POSTED:
                continue
            if number < len(self._places):
                await self._replace(number, message)
            else:
                await self._post(number, message)
        for place in self._places[len(messages) :]:
            await self._delete(place)
        self._places = self._places[: len(messages)]
        if reply.feedback:
            for place in self._places:
                await self._references.remember(place_key(self._thread, place), reply.feedback)
        return self._sent_reply()

    def _heed_stop(self) -> None:
        """Raise ReplyStoppedError where Teams has said that the person pressed Stop."""
        if self._is_stopped:
            raise ReplyStoppedError(TEAMS)

    async def _grow(self) -> None:
        shown = streamed_markdown_of(self._text)
        if not shown or not shown.startswith(self._sent) or shown == self._sent:
            return
        await self._push("streaming", shown)
        self._sent = shown

    async def _push(self, kind: str, text: str) -> None:
        stream_id = self._places[0] if self._places else ""
        reference = await self._find()
        activity = stream_activity_of(
            text, reference, kind=kind, number=self._number + 1, stream_id=stream_id
        )
        sent = await self._calls.stream(reference, activity)
        self._number += 1
        if not stream_id:
            self._began_s = time.monotonic()
            if not sent:
                raise AdapterError(TEAMS, "no_stream_id")
            self._state = _State.STREAMING
            await self._stand([sent])

    def _is_late(self) -> bool:
        return self._number > 0 and time.monotonic() - self._began_s > self._max_stream_s

    async def _end_early(self) -> None:
        """Make of a stream that broke, or that Teams would soon end, a message to update."""
        message = messages_of(Reply(text=self._text + _WRITING))[0]
        await self._finish_stream(message, self._calls.stream)
        self._sent = ""

    def _fall_back(self) -> None:
        """Go on without a stream; one that stands is ended before anything else is done to it."""
        self._sent = ""
        if self._state is _State.STREAMING:
            self._state = _State.BROKEN
        elif not self._places:
            self._may_stream = False

    async def _show_part(self) -> None:
        """Show what there is so far in the message that the stream became."""
        message = messages_of(Reply(text=self._text + _WRITING))[0]
        reference = await self._find()
        await self._calls.stream_part(reference, self._places[0], activity_of(message, reference))

    async def _finish_stream(
        self, message: TeamsMessage, end: Callable[[Reference, Activity], Awaitable[object]]
    ) -> None:
        """End the stream with `message`; where Teams refuses, it is updated or posted after."""
        reference = await self._find()
        activity = activity_of(message, reference, stream_id=self._places[0])
        self._sent = ""
        try:
            await end(reference, activity)
        except (NotDoneError, RateLimitedError, UncertainError, UndeliverableError):
            raise  # perhaps it is still open
        except AdapterError as error:  # completed, expired, or stopped by the person
            log.info("stream_fell_back", code=error.code, thread=str(self._thread))
            self._is_stopped = self._is_stopped or isinstance(error, ReplyStoppedError)
        else:
            self._sent = message.text
        self._state = _State.POSTED

    async def _replace(self, number: int, message: TeamsMessage) -> None:
        reference = await self._find()
        try:
            await self._calls.update(
                reference, self._root, self._places[number], activity_of(message, reference)
            )
        except (RateLimitedError, UncertainError, UndeliverableError):
            raise
        except AdapterError as error:
            log.info("reply_posted_anew", code=error.code, thread=str(self._thread))
            if not self._is_stopped:  # what the person stopped stands as it is
                await self._post(number, message)

    async def _post(self, number: int, message: TeamsMessage) -> None:
        """Post `message` as part `number`, once, whoever dies over it."""
        reference = await self._find()
        key = f"{self._thread}:{self._message_id}:{number}"
        is_first = await self._references.begin(key)
        if not is_first:
            message = _PERHAPS
        try:
            place = await self._calls.post(reference, self._root, activity_of(message, reference))
        except UncertainError:
            raise
        except AdapterError:
            if is_first:  # else an earlier one may stand, whatever became of this
                await self._references.settle(key)
            raise
        old = self._places
        await self._stand([*old[:number], place, *old[number + 1 :]])
        await self._references.settle(key)

    async def _delete(self, place: str) -> None:
        try:
            await self._calls.delete(await self._find(), self._root, place)
        except RateLimitedError:
            raise
        except AdapterError as error:
            log.info("left_out", code=error.code, thread=str(self._thread))

    async def _stand(self, places: Sequence[str]) -> None:
        self._places = list(places)
        if self._on_visible is not None:
            await self._on_visible(self._sent_reply())

    async def _show_note(self, note: str, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await previous
        if not (self._may_stream and self._is_ours):
            if previous is None and self._state is _State.NEW:
                reference = await self._find()
                await self._calls.attempted(reference, self._root, typing_activity(reference))
            return
        if self._state in {_State.POSTED, _State.BROKEN} or self._sent:
            return
        try:
            await self._push("informative", note[:1].upper() + note[1:])
        except RateLimitedError:
            return
        except ReplyStoppedError:
            self._is_stopped = True  # `append` says so: a note never raises
        except AdapterError as error:
            log.info("stream_fell_back", code=error.code, thread=str(self._thread))
            self._fall_back()

    async def _settle_note(self) -> None:
        """Let a note arrive before the text that ends it."""
        task, self._note = self._note, None
        if task is not None:
            await asyncio.wait([task], timeout=_NOTE_TIMEOUT_S)
            if task.done():
                task.result()
            else:
                task.cancel()

    def _sent_reply(self) -> SentReply:
        return SentReply(thread=self._thread, messages=tuple(self._places))

    @property
    def _root(self) -> str:
        return root_of(self._thread)
