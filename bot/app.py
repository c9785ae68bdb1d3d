"""What adapters call: messages, commands and gestures, each handed on to who can do it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from adapters.errors import AdapterError, NotAcceptedError, OverloadedError
from adapters.ports import ChatAdapter
from adapters.types import (
    Addressed,
    Audience,
    Greeting,
    Home,
    IncomingAction,
    IncomingCommand,
    IncomingDeletion,
    IncomingMessage,
    IncomingStop,
    IncomingSubmission,
    Person,
    Reply,
)
from bot.addressee.gate import Gate
from bot.addressee.types import Reason
from bot.administration import Administration
from bot.controls.speaking import Speaking
from bot.language.manner import speaking
from bot.language.texts import said
from bot.queue.inbox import Inbox
from bot.queue.stops import StopSigns

log = structlog.get_logger(__name__)

T = TypeVar("T")
_MAX_NOTES = 200
_TIMEOUT_S = 2.0  # platforms wait three seconds

Show = Callable[[ChatAdapter, IncomingMessage], Coroutine[None, None, None]]
"""Shows something beside a message."""


class App:
    """The bot as adapters see it (`MessageHandlers`)."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        gate: Gate,
        stops: StopSigns,
        adapters: dict[str, ChatAdapter],
        administration: Administration,
        speaking: Speaking,
    ) -> None:
        self._speaking = speaking
        self._inbox = inbox
        self._gate = gate
        self._stops = stops
        self._adapters = adapters
        self._administration = administration
        self._notes: set[asyncio.Task[None]] = set()

    def connect(self, platform: str, adapter: ChatAdapter) -> None:
        """Answer messages of `platform` through `adapter`."""
        self._adapters[platform] = adapter

    async def may_want(self, message: IncomingMessage) -> bool:
        try:
            return await self._inbox.in_time(lambda: self._gate.may_want(message))
        except NotAcceptedError:
            if message.addressed is Addressed.OVERHEARD:
                return False  # nobody asked us: no reason to have it delivered again
            raise

    async def on_message(self, message: IncomingMessage) -> None:
        decision = await self._inbox.in_time(lambda: self._gate.judge(message))
        if not decision.answers:
            if message.addressed is Addressed.MENTION and decision.reason is Reason.MODE:
                self._in_background(self._hint, message)
            return
        is_overheard = message.addressed is Addressed.OVERHEARD
        try:
            is_new = await self._inbox.accept(message)
        except OverloadedError:
            if is_overheard:
                log.info("left_alone", thread=str(message.thread), reason="busy")
                return
            raise
        log.info(
            "received",
            thread=str(message.thread),
            message_id=message.message_id,
            kind=message.addressed.value,
            is_new=is_new,
        )
        if is_new and not is_overheard:
            self._in_background(self._acknowledge, message)

    async def on_edit(self, message: IncomingMessage) -> None:
        done = await self._inbox.edit(message)
        log.info("edited", thread=str(message.thread), message_id=message.message_id, state=done)

    async def on_deletion(self, deletion: IncomingDeletion) -> None:
        done = await self._inbox.remove(deletion)
        log.info("deleted", thread=str(deletion.thread), message_id=deletion.message_id, state=done)

    async def on_stop(self, stop: IncomingStop) -> None:
        await self._stops.put(stop.thread)

    async def on_opened(self, platform: str, audience: Audience) -> Greeting:
        log.info("opened", platform=platform, kind=audience.visibility.value)
        with speaking(await self._speaking.of_audience(platform, audience)):
            return await self._administration.welcome.greeting(platform, audience)

    async def on_home(self, platform: str, workspace: str, person: Person) -> Home:
        log.info("home_opened", platform=platform)
        with speaking(await self._speaking.of_person(platform, person)):
            return await self._administration.homes.of(platform, workspace, person)

    async def on_command(self, command: IncomingCommand) -> Reply:
        with speaking(await in_time(self._speaking.of_person(command.platform, command.person))):
            return await in_time(self._administration.commands.answer(command))

    async def on_action(self, action: IncomingAction) -> None:
        await self._administration.interactions.press(action)

    async def on_submission(self, submission: IncomingSubmission) -> Mapping[str, str]:
        return await self._administration.interactions.submit(submission)

    async def _acknowledge(self, adapter: ChatAdapter, message: IncomingMessage) -> None:
        """Show that the message was taken, whether or not a worker is free."""
        with speaking(await self._speaking.of(message)):
            await adapter.acknowledge(message, said("progress_taken"))

    async def _hint(self, adapter: ChatAdapter, message: IncomingMessage) -> None:
        """Tell a person alone that we are switched off where they called us, once an hour."""
        try:
            if await self._gate.hints(message):
                with speaking(await self._speaking.of(message)):
                    reply = Reply(text=said("switched_off"))
                await adapter.send_privately(message.thread, message.person, reply)
        except (AdapterError, RedisError) as error:
            log.info("hint_not_shown", error=type(error).__name__)

    def _in_background(self, show: Show, message: IncomingMessage) -> None:
        """Show something that nobody waits for: best effort."""
        adapter = self._adapters.get(message.thread.platform)
        if adapter is None or len(self._notes) >= _MAX_NOTES:
            return
        task = asyncio.create_task(show(adapter, message))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)


async def in_time(work: Awaitable[T]) -> T:
    """Await what a platform waits for.

    Raises:
        NotAcceptedError: Redis can't be reached, or takes too long.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await work
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("not_accepted", error=type(error).__name__)
        raise NotAcceptedError(type(error).__name__) from error
