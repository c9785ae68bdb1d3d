"""What helps on under an answer: further questions as buttons, and the sources beyond the cited."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from docket import Docket
from pydantic import TypeAdapter
from redis.asyncio import Redis

from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import (
    Addressed,
    Audience,
    Button,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.crypto import Cipher
from bot.helping.suggesting import Gathered, gathering, is_plain
from bot.interactions.pressed import PressedWork
from bot.interactions.registry import Interactions
from bot.language.manner import Manner, manner, speaking
from bot.language.texts import said
from bot.language.wording import reply_words
from bot.ports import Line
from bot.steps.citing import citation
from bot.steps.readers import Readers
from bot.types import Answer
from knowledge.ports import VectorIndex

log = structlog.get_logger(__name__)

ASK, MORE = "ask-this", "more-sources"
_TASK = "show_sources"
_MAX_QUESTION = 500
_MAX_LABEL = 75
_MAX_SOURCES = 10
_NOTED_S = 3600

Take = Callable[[IncomingMessage], Awaitable[None]]
"""Takes a message as one that a person wrote."""


class OnwardLine:
    """A line whose answers offer what helps on."""

    def __init__(self, inner: Line, adapters: Mapping[str, ChatAdapter]) -> None:
        self._inner = inner
        self._adapters = adapters

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        adapter = self._adapters.get(message.thread.platform)
        if adapter is None or is_plain() or not adapter.capabilities.has_buttons:
            return await self._inner.answer(message, reply)
        is_direct = message.audience.visibility is Visibility.PERSON
        streams = is_direct or adapter.capabilities.can_stream_in_channels
        what = Gathered(message)
        with gathering(what):
            return await self._inner.answer(message, _Offering(reply, what, streams=streams))


class _Offering:
    def __init__(self, inner: ReplyStream, what: Gathered, *, streams: bool) -> None:
        self._inner = inner
        self._what = what
        self._streams = streams
        self._is_visible = False

    async def progress(self, note: str) -> None:
        await self._inner.progress(note)

    async def append(self, text: str) -> None:
        await self._inner.append(text)
        self._is_visible = self._streams

    async def finish(self, reply: Reply) -> SentReply:
        """End the reply with its buttons: a refusal has no sources, and gets none."""
        shown = frozenset(each.url for each in (*reply.citations, *reply.closest))
        if not shown:
            return await self._inner.finish(reply)
        questions = (
            await self._what.questions(shown, is_visible=self._is_visible)
            if reply.citations
            else ()
        )
        buttons = [
            Button(action=ASK, label=_cut(question, _MAX_LABEL), value=question)
            for question in questions
        ]
        if further := self._what.further(shown):
            ids = ",".join(passage.chunk_id for passage in further[:_MAX_SOURCES])
            buttons.append(Button(action=MORE, label=said("more_sources_button"), value=ids))
        return await self._inner.finish(replace(reply, buttons=(*reply.buttons, *buttons)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    thread: ThreadId
    person: Person
    ids: tuple[str, ...]
    how: Manner


_WANTED = TypeAdapter(_Wanted)


class Onward:
    """Does what these buttons promise: asks as whoever pressed, or shows them more sources.

    What comes back with a press may be forged: a question is asked with the rights of whoever
    pressed, and of passages those alone are shown that this person may read.
    """

    def __init__(
        self,
        docket: Docket,
        redis: Redis,
        cipher: Cipher,
        interactions: Interactions,
        adapters: Mapping[str, ChatAdapter],
    ) -> None:
        self._redis = redis
        self._adapters = adapters
        self._take: Take | None = None
        self._found: tuple[VectorIndex, Readers] | None = None
        interactions.on_action(ASK, self._asked)
        interactions.on_action(MORE, self._wanted)
        self._work = PressedWork(docket, cipher, _TASK, _WANTED, self._show)

    def take(self, take: Take) -> None:
        """Let `take` take what is asked by a button."""
        self._take = take

    def serve(self, index: VectorIndex, readers: Readers) -> None:
        """Show sources of `index`, whenever a worker of the docket runs."""
        self._found = (index, readers)

    async def _asked(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        """Say whose question it is where everybody sees it, and let it be answered below."""
        question = " ".join(action.value.split())[:_MAX_QUESTION]
        if action.thread is None or not question or self._take is None:
            return
        key = f"citewell:asked-here:{action.platform}:{action.workspace}:{action.event_id}"
        noted = await self._redis.get(key)  # by a process that died over this press
        stands = noted.decode() if isinstance(noted, bytes) else ""
        if not stands:
            who = action.person.name or said("somebody")
            notice = Reply(text=said("asked_by_button", who=who, question=question))
            sent = await adapter.send(action.thread, notice)
            stands = sent.messages[0]
            await self._redis.set(key, stands, ex=_NOTED_S)
        await self._take(_message_of(action, action.thread, question, stands))

    async def _wanted(self, action: IncomingAction, _adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        ids = tuple(action.value.split(","))[:_MAX_SOURCES]
        wanted = _Wanted(thread=action.thread, person=action.person, ids=ids, how=manner())
        await self._work.add(action, wanted)

    async def _show(self, wanted: _Wanted) -> None:
        adapter = self._adapters.get(wanted.thread.platform)
        if adapter is None or self._found is None:
            log.warning("not_answering", kind=_TASK)
            return
        with speaking(wanted.how):
            reply = await self._sources(wanted, *self._found)
        await adapter.send_privately(wanted.thread, wanted.person, reply)

    async def _sources(self, wanted: _Wanted, index: VectorIndex, readers: Readers) -> Reply:
        alone = Audience(visibility=Visibility.PERSON, person=wanted.person)
        found = await index.passages(wanted.ids, readers=await readers.of(alone))
        if not found:
            return Reply(text=said("more_sources_none"))
        ordered = sorted(found, key=lambda passage: wanted.ids.index(passage.chunk_id))
        cited = tuple(citation(p, number, "") for number, p in enumerate(ordered, start=1))
        words = replace(reply_words(), closest=said("more_sources_title"))
        return Reply(text=said("more_sources"), closest=cited, words=words)


def _message_of(
    action: IncomingAction, thread: ThreadId, question: str, message_id: str
) -> IncomingMessage:
    """Return the question as one that this person wrote; the notice stands for it."""
    visibility = Visibility.PERSON if action.is_private else Visibility.CHANNEL
    return IncomingMessage(
        event_id=f"{ASK}-{action.event_id}",
        message_id=message_id,
        thread=thread,
        person=action.person,
        audience=Audience(visibility=visibility, person=action.person),
        addressed=Addressed.DIRECT if action.is_private else Addressed.MENTION,
        text=question,
        sent_at_s=time.time(),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
