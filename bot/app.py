"""What adapters call, and what a worker runs: every accepted message ends visibly."""

import asyncio
import secrets
from collections.abc import Mapping
from functools import partial

import structlog

from adapters.errors import AdapterError, NotAcceptedError, ReplyStoppedError
from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import (
    IncomingCommand,
    IncomingMessage,
    IncomingStop,
    Person,
    Reply,
    SentReply,
    SuggestedPrompt,
    ThreadId,
)
from bot.errors import AnswerTimeoutError, BotError, ModelRefusedError
from bot.inbox import Inbox, StopSigns
from bot.observability.timing import step, timed_steps
from bot.orchestrator import Orchestrator
from bot.outbox import Outbox, Stage
from bot.types import Answer, Outcome
from knowledge.ports import VectorIndex

log = structlog.get_logger(__name__)

_PROMPTS = (
    SuggestedPrompt(title="Leave", message="How many days of leave do I have?"),
    SuggestedPrompt(title="Expenses", message="How do I get my travel expenses back?"),
    SuggestedPrompt(title="Access", message="How do I reset my password?"),
    SuggestedPrompt(title="Help", message="What can you do?"),
)
HELP = (
    "I answer questions from the company's documents and link the source of every claim. "
    "Mention me in a channel, write to me directly, or open my pane. Personal data that you "
    "write is replaced before the language model sees it, and put back in the answer.\n\n"
    "- `help` shows this\n- `status` shows what I know and which model writes"
)


class StoppableStream:
    """A reply stream that ends when the person pressed Stop, wherever that was received."""

    def __init__(self, inner: ReplyStream, thread: ThreadId, stops: StopSigns) -> None:
        self._inner = inner
        self._thread = thread
        self._stops = stops

    async def progress(self, note: str) -> None:
        with step("reply"):
            await self._inner.progress(note)

    async def append(self, text: str) -> None:
        with step("reply"):
            if await self._stops.is_put(self._thread):
                raise ReplyStoppedError(self._thread.platform)
            await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        with step("reply"):
            return await self._inner.finish(reply)


class App:
    """The bot as adapters see it (`MessageHandlers`), and as the worker calls it (`answer`)."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        stops: StopSigns,
        outbox: Outbox,
        orchestrator: Orchestrator,
        index: VectorIndex,
        model_name: str,
        answer_timeout_s: float,
    ) -> None:
        self._inbox = inbox
        self._stops = stops
        self._outbox = outbox
        self._orchestrator = orchestrator
        self._index = index
        self._model_name = model_name
        self._answer_timeout_s = answer_timeout_s
        self._adapters: dict[str, ChatAdapter] = {}

    def connect(self, platform: str, adapter: ChatAdapter) -> None:
        """Answer messages of `platform` through `adapter`."""
        self._adapters[platform] = adapter

    @property
    def adapters(self) -> Mapping[str, ChatAdapter]:
        """The connected platforms."""
        return self._adapters

    async def on_message(self, message: IncomingMessage) -> None:
        is_new = await self._inbox.accept(message)
        log.info(
            "received",
            thread=str(message.thread),
            message_id=message.message_id,
            kind=message.addressed.value,
            is_new=is_new,
        )

    async def on_stop(self, stop: IncomingStop) -> None:
        await self._stops.put(stop.thread)

    async def on_opened(self, person: Person) -> tuple[SuggestedPrompt, ...]:
        log.info("pane_opened", is_guest=person.is_guest)
        return _PROMPTS

    async def on_command(self, command: IncomingCommand) -> Reply:
        if command.text.strip().lower() == "status":
            chunks = await self._index.count()
            return Reply(text=f"{chunks:,} passages indexed. Model: `{self._model_name}`.")
        return Reply(text=HELP)

    async def answer(self, message: IncomingMessage) -> None:
        """Answer `message` in its thread; what goes wrong ends in an apology there.

        Raises:
            AdapterError: The platform took neither the answer nor the apology.
            NotAcceptedError: No adapter of its platform runs here.
        """
        adapter = self._adapters.get(message.thread.platform)
        if adapter is None:
            raise NotAcceptedError(f"no adapter for {message.thread.platform}")
        trace = await self._outbox.begin(message)
        if trace.stage is Stage.FINISHED:
            return
        stands = trace.reply
        if trace.stage is Stage.ANSWERING:  # a worker died; perhaps between the call and its note
            known = await self._outbox.replies_in(message)
            stands = await adapter.find_reply(message, known=known)
        if trace.stage is not Stage.NEW:
            log.info("taken_over", thread=str(message.thread), stage_was=trace.stage.value)
        await self._stops.clear(message.thread)
        inner = adapter.stream(
            message, stands=stands, on_visible=partial(self._outbox.visible, message)
        )
        await self.answer_through(message, StoppableStream(inner, message.thread, self._stops))
        await self._outbox.finished(message)

    async def answer_through(self, message: IncomingMessage, stream: ReplyStream) -> Answer:
        """Answer `message` through `stream` and return what was shown.

        Raises:
            AdapterError: The platform took neither the answer nor the apology.
        """
        with timed_steps() as steps:
            try:
                with step("total"):
                    answer = await self._answered(message, stream)
            except AdapterError:
                raise
            except Exception as error:  # noqa: BLE001 - never silence: it ends in an apology
                answer = await _apologise(error, message, stream)
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
        return answer

    async def _answered(self, message: IncomingMessage, stream: ReplyStream) -> Answer:
        try:
            async with asyncio.timeout(self._answer_timeout_s):
                return await self._orchestrator.answer(message, stream)
        except TimeoutError as error:
            raise AnswerTimeoutError from error


async def _apologise(error: Exception, message: IncomingMessage, stream: ReplyStream) -> Answer:
    error_id = secrets.token_hex(4)
    log.error("answer_failed", thread=str(message.thread), error_id=error_id, exc_info=error)
    text = error.reply if isinstance(error, BotError) else BotError.reply
    is_refused = isinstance(error, ModelRefusedError)
    shown = text if is_refused else f"{text} (Error id `{error_id}`)"
    await stream.finish(Reply(text=shown))
    return Answer(text=shown, outcome=Outcome.REFUSED if is_refused else Outcome.FAILED)
