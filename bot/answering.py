"""Answers what was claimed: every accepted message ends visibly, in one reply."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from adapters.errors import (
    AdapterError,
    RateLimitedError,
    ReplyStoppedError,
    UndeliverableError,
)
from adapters.ports import ChatAdapter, OnVisible, ReplyStream
from adapters.types import (
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.controls.configstore import under_one_version
from bot.controls.speaking import Speaking, Worded
from bot.errors import (
    AnswerTimeoutError,
    BotError,
    DeclinedError,
    GivenUpError,
    ModelRefusedError,
    OverdueError,
    TakenOverError,
    TryAgainError,
    UnreadableError,
)
from bot.language.manner import speaking
from bot.language.texts import said
from bot.observability.timing import step, timed_steps
from bot.ports import Line
from bot.queue.claims import Claim, Closed, State
from bot.queue.leases import Lease
from bot.queue.mailbox import Mailbox
from bot.queue.stops import StopSigns
from bot.record import notes
from bot.record.entry import AnswerLedger
from bot.record.notes import Fired, Notes
from bot.types import Answer, Outcome

log = structlog.get_logger(__name__)

_MAX_DEATHS = 4
_GIVE_UP_S = 24 * 3600.0
_MIN_AGAIN_S = 2.0
_MAX_AGAIN_S = 60.0

Write = Callable[[IncomingMessage, ReplyStream], Awaitable[Answer]]
"""Writes the reply to a message, finishes it, and returns what was shown."""


class Judge(Protocol):
    """Who let a message through."""

    async def reason_of(self, message: IncomingMessage) -> str:
        """Return why `message` was let through, in a word; empty where nobody knows."""

    async def answered(self, message: IncomingMessage, text: str) -> None:
        """Note that our answer `text` to `message` stands in its thread."""


class Showing(Protocol):
    """Decides who sees a reply first."""

    async def stream(
        self,
        adapter: ChatAdapter,
        message: IncomingMessage,
        *,
        stands: SentReply | None,
        known: frozenset[str],
        on_visible: OnVisible,
    ) -> ReplyStream:
        """Begin the reply to `message`; see `ChatAdapter.stream`."""


OnAnswer = Callable[[str, Mapping[str, float]], None]
"""Told of each answer: its outcome, and the milliseconds of its steps."""


class GuardedStream:
    """A reply stream that stops when the person says so, or when another worker took over."""

    def __init__(self, inner: ReplyStream, lease: Lease, stops: StopSigns) -> None:
        self._inner = inner
        self._lease = lease
        self._stops = stops

    async def progress(self, note: str) -> None:
        with step("reply"):
            await self._inner.progress(note)

    async def append(self, text: str) -> None:
        with step("reply"):
            thread = self._lease.claim.thread
            if await self._stops.is_put(thread):
                raise ReplyStoppedError(thread.platform)
            self._lease.check()
            await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        with step("reply"):
            self._lease.check()
            sent = await self._inner.finish(reply)
        notes.replied(sent.messages)
        return sent


class QuietStream:
    """A reply that nobody waits for: it appears with its first supported sentence, or never."""

    def __init__(self, inner: ReplyStream, thread: ThreadId, *, is_shown: bool) -> None:
        self._inner = inner
        self._thread = thread
        self.is_shown = is_shown

    async def progress(self, note: str) -> None:
        if self.is_shown:
            await self._inner.progress(note)

    async def append(self, text: str) -> None:
        self.is_shown = True
        await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        if not self.is_shown:
            return SentReply(thread=self._thread, messages=())
        return await self._inner.finish(reply)


class Delivery:
    """Brings what was written to where it was asked, once, whoever began the reply."""

    def __init__(
        self,
        *,
        mailbox: Mailbox,
        stops: StopSigns,
        adapters: Mapping[str, ChatAdapter],
        ledger: AnswerLedger,
        judge: Judge,
        speaking: Speaking,
        showing: Showing,
    ) -> None:
        self._ledger = ledger
        self._showing = showing
        self._speaking = speaking
        self._mailbox = mailbox
        self._stops = stops
        self._adapters = adapters
        self._judge = judge

    async def apologise(self, lease: Lease, error: BotError | None = None) -> Closed:
        """End the claimed messages with an apology: for `error`, or for nobody having come.

        Raises:
            TryAgainError: The platform can't take it now.
            TakenOverError: The claim was lost meanwhile.
        """
        return await self.visibly(lease, partial(self._apology, error or OverdueError()))

    async def visibly(self, lease: Lease, write: Write) -> Closed:
        """Let `write` write the reply, and tell how the claim ended; errors as for `apologise`."""
        claim = lease.claim
        adapter = self._adapters.get(claim.thread.platform)
        if adapter is None:
            raise TryAgainError("no adapter of this platform runs here", after_s=_MAX_AGAIN_S)
        try:
            answer, is_shown = await self._through(adapter, lease, write)
        except UndeliverableError as refusal:
            log.warning("undeliverable", thread=str(claim.thread), code=refusal.code)
            return Closed(state=State.FAILED, reason=refusal.code)
        except AdapterError as refusal:
            if claim.age_s > _GIVE_UP_S:
                log.warning("given_up", thread=str(claim.thread), code=refusal.code)
                return Closed(state=State.FAILED, reason=refusal.code)
            raise TryAgainError(refusal.code, after_s=_again_s(claim, refusal)) from refusal
        is_failure = answer.outcome is Outcome.FAILED
        state = State.FAILED if is_failure else State.ANSWERED if is_shown else State.SILENT
        return Closed(state=state, error_id=answer.error_id, reason=answer.reason)

    async def _apology(
        self, error: BotError, message: IncomingMessage, stream: ReplyStream
    ) -> Answer:
        how = await self._speaking.of(message)
        with timed_steps() as steps, notes.noting() as noted, speaking(how):
            answer = await apology(error, message, Worded(stream))
            await self._ledger.record(message, answer, ms=steps, notes=noted)
        return answer

    async def _through(
        self, adapter: ChatAdapter, lease: Lease, write: Write
    ) -> tuple[Answer, bool]:
        """Return what was written, and whether anybody can see it."""
        claim = lease.claim
        message = claim.message or _unread(claim)
        stands = claim.reply
        if claim.is_takeover:
            log.info("taken_over", thread=str(claim.thread), deaths=claim.deaths)
            # Perhaps a call arrived, and its note did not.
            unnoted = await adapter.find_reply(message, known=claim.known | set(claim.places))
            if unnoted is not None:
                places = (*claim.places, *unnoted.messages)
                stands = SentReply(thread=claim.thread, messages=places)
        await self._stops.clear(claim.thread)

        async def note(sent: SentReply) -> None:
            if not await self._mailbox.note(claim, sent.messages):
                raise TakenOverError(str(claim.thread))

        inner = await self._showing.stream(
            adapter, message, stands=stands, known=claim.known, on_visible=note
        )
        guarded = GuardedStream(inner, lease, self._stops)
        is_wanted = message.addressed is not Addressed.OVERHEARD
        stream = QuietStream(guarded, claim.thread, is_shown=is_wanted or stands is not None)
        if claim.is_takeover:
            await stream.progress(said("progress_again"))
        # Asked now, not when the message came: whoever joined meanwhile reads along.
        audience = await adapter.audience_of(message)
        with notes.noting():
            notes.judged(await self._judge.reason_of(message))
            answer = await write(replace(message, audience=audience), stream)
        if stream.is_shown:
            try:
                await self._judge.answered(message, answer.text)
            except RedisError as error:  # it stands: no reason to answer it again
                log.warning("answer_not_noted", error=type(error).__name__)
        return answer, stream.is_shown


class Answering:
    """What a worker does with a claim."""

    def __init__(
        self,
        delivery: Delivery,
        line: Line,
        *,
        ledger: AnswerLedger,
        speaking: Speaking,
        timeout_s: float,
        on_answer: OnAnswer = lambda *_: None,
    ) -> None:
        self._speaking = speaking
        self._delivery = delivery
        self._line = line
        self._ledger = ledger
        self._timeout_s = timeout_s
        self._on_answer = on_answer

    async def answer(self, lease: Lease) -> Closed:
        """Answer the claimed messages in their thread; what goes wrong ends in an apology there.

        Raises:
            TryAgainError: The platform can't take it now.
            TakenOverError: The claim was lost meanwhile.
        """
        if lease.claim.message is None:
            return await self._delivery.apologise(lease, UnreadableError())
        if lease.claim.deaths > _MAX_DEATHS:
            return await self._delivery.apologise(lease, GivenUpError())
        with under_one_version():
            return await self._delivery.visibly(lease, self.answer_through)

    async def answer_through(self, message: IncomingMessage, stream: ReplyStream) -> Answer:
        """Answer `message` through `stream` and return what was shown.

        Raises:
            AdapterError: The platform took neither the answer nor the apology.
            RedisError: The memory can't be reached: nobody knows what was shown.
            TakenOverError: Another worker may be answering it.
        """
        stream, how = Worded(stream), await self._speaking.of(message)
        with timed_steps() as steps, notes.noting() as noted, speaking(how):
            try:
                with step("total"):
                    answer = await self._answered(message, stream)
            except (AdapterError, RedisError, TakenOverError):
                raise
            except Exception as error:  # noqa: BLE001 - never silence: it ends in an apology
                answer = await apology(error, message, stream)
            answer = as_seen(answer, message, noted)
            log.info(
                "answered",
                thread=str(message.thread),
                outcome=answer.outcome.value,
                citations=len(answer.citations),
                removed=answer.removed,
                masked=sum(answer.redactions.values()),
                input_tokens=answer.usage.input_tokens,
                output_tokens=answer.usage.output_tokens,
                ms=dict(steps),
            )
            self._on_answer(answer.outcome, steps)
            await self._ledger.record(message, answer, ms=steps, notes=noted)
        return answer

    async def _answered(self, message: IncomingMessage, stream: ReplyStream) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._line.answer(message, stream)
        except TimeoutError as error:
            raise AnswerTimeoutError from error


def as_seen(answer: Answer, message: IncomingMessage, noted: Notes) -> Answer:
    """Return `answer`, as silence where it was to be seen by nobody; a failure stays one."""
    is_silent = message.addressed is Addressed.OVERHEARD and not noted.replies
    if not is_silent or answer.outcome is Outcome.FAILED:
        return answer
    return replace(answer, outcome=Outcome.SILENT, reason=answer.reason or answer.outcome)


async def apology(error: Exception, message: IncomingMessage, stream: ReplyStream) -> Answer:
    """Show what went wrong, with an id that the log has too, and return it as the answer."""
    if isinstance(error, DeclinedError):
        await stream.finish(Reply(text=error.reply))
        return Answer(text=error.reply, outcome=Outcome.REFUSED, reason=type(error).__name__)
    error_id = secrets.token_hex(4)
    log.error("answer_failed", thread=str(message.thread), error_id=error_id, exc_info=error)
    text = said(error.says if isinstance(error, BotError) else BotError.says)
    is_refused = isinstance(error, ModelRefusedError)
    notes.fired(Fired.MODEL_REFUSED, count=int(is_refused))
    shown = text if is_refused else said("error_id", text=text, id=error_id)
    await stream.finish(Reply(text=shown))
    return Answer(
        text=shown,
        outcome=Outcome.REFUSED if is_refused else Outcome.FAILED,
        error_id=error_id,
        reason=type(error).__name__,
    )


def _again_s(claim: Claim, refusal: AdapterError) -> float:
    """Return when to try again: as the platform says, else the later the longer it waits."""
    wished_s = refusal.retry_after_s if isinstance(refusal, RateLimitedError) else 0.0
    return min(_MAX_AGAIN_S, max(_MIN_AGAIN_S, wished_s, claim.age_s / 4))


def _unread(claim: Claim) -> IncomingMessage:
    """Return a message that says only where it was written: its words can't be read."""
    nobody = Person(id="unknown", workspace=claim.thread.workspace, is_guest=True)
    return IncomingMessage(
        event_id=claim.ids[0],
        message_id=claim.ids[0],
        thread=claim.thread,
        person=nobody,
        audience=Audience(visibility=Visibility.CHANNEL, person=nobody),
        addressed=Addressed.MENTION,
        text="",
        sent_at_s=0.0,
    )
