"""Shortcuts on messages: somebody asks about one, or wants to have its thread summed up."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from docket import Docket
from pydantic import TypeAdapter

from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import (
    ROOT,
    Addressed,
    Audience,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    ThreadId,
    Visibility,
)
from bot.crypto import Cipher
from bot.helping.further import PrivateAnswers
from bot.interactions.pressed import PressedWork
from bot.interactions.registry import Interactions
from bot.language.texts import said
from bot.types import Answer

log = structlog.get_logger(__name__)

ASK, SUMMARIZE, KEEP = "ask-about", "summarize-thread", "keep-answer"
_TASK = "summarize_thread"

Summarize = Callable[[IncomingMessage, ReplyStream], Awaitable[Answer]]
"""Sums up the thread of a message through a stream, with what belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """What can be done with a message; `name` is Slack's callback id, and Teams' command."""

    name: str
    title: str
    summary: str


SHORTCUTS = (
    Shortcut(
        name=ASK,
        title="Ask Citewell about this",
        summary="Looks the message up in the documents; only you see the answer",
    ),
    Shortcut(
        name=SUMMARIZE,
        title="Summarize this thread",
        summary="Sums the thread up, with a message behind each sentence; only you see it",
    ),
    Shortcut(
        name=KEEP,
        title="Keep this answer",
        summary="Proposes it to the reviewers; a reviewer can verify it at once",
    ),
)
"""What the manifests of both platforms must list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A summary that somebody wants; `event` names the use of the shortcut."""

    thread: ThreadId
    place: ThreadId
    person: Person
    event: str


_WANTED_TYPE = TypeAdapter(_Wanted)


class Shortcuts:
    """Takes shortcuts on messages, and has a worker answer who used them, and nobody else."""

    def __init__(
        self,
        private: PrivateAnswers,
        docket: Docket,
        cipher: Cipher,
        interactions: Interactions,
        adapters: Mapping[str, ChatAdapter],
    ) -> None:
        self._adapters = adapters
        self._private = private
        self._summarize: Summarize | None = None
        interactions.on_action(ASK, self._ask)
        interactions.on_action(SUMMARIZE, self._want_summary)
        self._work = PressedWork(docket, cipher, _TASK, _WANTED_TYPE, self._summarize_thread)

    def serve(self, summarize: Summarize) -> None:
        """Let `summarize` sum up threads, whenever a worker of the docket runs."""
        self._summarize = summarize

    async def _ask(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None or not action.text.strip():
            await adapter.tell(action, Reply(text=said("about_no_words")))
            return
        # What somebody else wrote is no wish of who asks about it.
        is_quoted = action.author != action.person.id
        await self._private.ask(action, action.text, is_quoted=is_quoted)
        await adapter.tell(action, Reply(text=said("about_looking")))

    async def _want_summary(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        place = action.thread
        if place is None:
            await adapter.tell(action, Reply(text=said("summary_no_thread")))
            return
        thread = replace(place, thread=action.message_id) if place.thread == ROOT else place
        wanted = _Wanted(thread=thread, place=place, person=action.person, event=action.event_id)
        await self._work.add(action, wanted)
        await adapter.tell(action, Reply(text=said("summary_reading")))

    async def _summarize_thread(self, wanted: _Wanted) -> None:
        if self._summarize is None:
            log.warning("not_answering", kind=_TASK)
            return
        adapter = self._adapters.get(wanted.thread.platform)
        if adapter is None:
            log.warning("summary_left_out", thread=str(wanted.thread), kind="no_adapter")
            return
        stream = self._private.stream(adapter, wanted.place, wanted.person, event=wanted.event)
        await self._summarize(_message_of(wanted), stream)


def _message_of(wanted: _Wanted) -> IncomingMessage:
    """Return the wish, which has no words, as a message whose answer the person alone reads."""
    return IncomingMessage(
        event_id=wanted.event,
        message_id=wanted.event,
        thread=wanted.thread,
        person=wanted.person,
        audience=Audience(visibility=Visibility.PERSON, person=wanted.person),
        addressed=Addressed.DIRECT,
        text="",
        sent_at_s=0.0,
    )
