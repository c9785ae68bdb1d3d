"""What adapters call: messages, commands and gestures, each handed on to who can do it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from adapters.ports import ChatAdapter
from adapters.types import (
    IncomingAction,
    IncomingCommand,
    IncomingDeletion,
    IncomingMessage,
    IncomingStop,
    IncomingSubmission,
    Person,
    Reply,
    SuggestedPrompt,
)
from bot.inbox import Inbox
from bot.interactions import Interactions
from bot.stops import StopSigns

log = structlog.get_logger(__name__)

_MAX_NOTES = 200
_TAKEN = "has your question\u2026"
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


class App:
    """The bot as adapters see it (`MessageHandlers`)."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        stops: StopSigns,
        adapters: dict[str, ChatAdapter],
        about: Callable[[], Awaitable[str]],
        interactions: Interactions,
    ) -> None:
        self._inbox = inbox
        self._stops = stops
        self._adapters = adapters
        self._about = about
        self._interactions = interactions
        self._notes: set[asyncio.Task[None]] = set()

    def connect(self, platform: str, adapter: ChatAdapter) -> None:
        """Answer messages of `platform` through `adapter`."""
        self._adapters[platform] = adapter

    async def on_message(self, message: IncomingMessage) -> None:
        is_new = await self._inbox.accept(message)
        log.info(
            "received",
            thread=str(message.thread),
            message_id=message.message_id,
            kind=message.addressed.value,
            is_new=is_new,
        )
        if is_new:
            self._acknowledge(message)

    async def on_edit(self, message: IncomingMessage) -> None:
        done = await self._inbox.edit(message)
        log.info("edited", thread=str(message.thread), message_id=message.message_id, state=done)

    async def on_deletion(self, deletion: IncomingDeletion) -> None:
        done = await self._inbox.remove(deletion)
        log.info("deleted", thread=str(deletion.thread), message_id=deletion.message_id, state=done)

    async def on_stop(self, stop: IncomingStop) -> None:
        await self._stops.put(stop.thread)

    async def on_opened(self, person: Person) -> tuple[SuggestedPrompt, ...]:
        log.info("pane_opened", is_guest=person.is_guest)
        return _PROMPTS

    async def on_command(self, command: IncomingCommand) -> Reply:
        if command.text.strip().lower() == "status":
            return Reply(text=await self._about())
        return Reply(text=HELP)

    async def on_action(self, action: IncomingAction) -> None:
        await self._interactions.press(action)

    async def on_submission(self, submission: IncomingSubmission) -> Mapping[str, str]:
        return await self._interactions.submit(submission)

    def _acknowledge(self, message: IncomingMessage) -> None:
        """Show that the message was taken, whether or not a worker is free: best effort."""
        adapter = self._adapters.get(message.thread.platform)
        if adapter is None or len(self._notes) >= _MAX_NOTES:
            return
        task = asyncio.create_task(adapter.acknowledge(message, _TAKEN))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)
