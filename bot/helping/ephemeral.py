"""Answers that who asked sees first: shown to them alone, and to everyone once they share them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from docket import Docket
from pydantic import TypeAdapter
from redis.asyncio import Redis

from adapters.errors import AdapterError, RateLimitedError, UncertainError, UndeliverableError
from adapters.ports import ChatAdapter, OnVisible, ReplyStream
from adapters.types import (
    Addressed,
    Audience,
    Button,
    ButtonStyle,
    Citation,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.controls.admission import place_of
from bot.controls.configstore import ConfigStore
from bot.controls.privately import shown_once
from bot.crypto import Cipher
from bot.feedback.shown import Shown
from bot.feedback.store import MAX_TEXT, FeedbackStore
from bot.helping.further import ACTION as ASK_PRIVATELY
from bot.helping.further import private_question
from bot.helping.onward import MORE
from bot.helping.suggesting import gathered
from bot.interactions.pressed import PressedWork
from bot.interactions.registry import ForgedError, Interactions, SealedStates
from bot.language.manner import Manner, manner, speaking
from bot.language.texts import said
from bot.language.wording import reply_words
from bot.steps.readers import Readers
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ports import VectorIndex

log = structlog.get_logger(__name__)

SHARE = "share-answer"
PRIVATE = "private"
"""Where a reply stands that one person alone saw: it can't be looked up, nor changed."""
_TASK = "share_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    thread: ThreadId
    about: str
    person: Person
    pressed_in: ThreadId
    how: Manner
    event: str = ""


_WANTED = TypeAdapter(_Wanted)


class EphemeralFirst:
    """Opens each reply: a private one where the channel wants that, else a plain one.

    What is shared is the very answer that was checked, and only while everyone who reads the
    channel then may read each passage behind it.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        store: ConfigStore,
        feedback: FeedbackStore,
        interactions: Interactions,
        docket: Docket,
        cipher: Cipher,
        adapters: Mapping[str, ChatAdapter],
    ) -> None:
        self._redis = redis
        self._store = store
        self._feedback = feedback
        self._states = interactions.states
        self._adapters = adapters
        self._found: tuple[VectorIndex, Readers] | None = None
        interactions.on_action(SHARE, self._pressed)
        self._work = PressedWork(docket, cipher, _TASK, _WANTED, self._share)

    def serve(self, index: VectorIndex, readers: Readers) -> None:
        """Look into `index` for who may read what is shared, whenever a worker runs."""
        self._found = (index, readers)

    async def stream(
        self,
        adapter: ChatAdapter,
        message: IncomingMessage,
        *,
        stands: SentReply | None,
        known: frozenset[str],
        on_visible: OnVisible,
    ) -> ReplyStream:
        """Begin the reply to `message`; see `ChatAdapter.stream`.

        Raises:
            RedisError: It can't be told now what the channel wants.
        """
        is_shown = stands is not None and PRIVATE in stands.messages
        channel = (await self._store.current()).config.channel(place_of(message.thread))
        is_channel = message.audience.visibility is Visibility.CHANNEL
        is_first = is_channel and channel.ephemeral and stands is None
        if is_shown or (is_first and adapter.capabilities.can_answer_privately):
            return _EphemeralStream(
                adapter,
                message,
                self._redis,
                self._states,
                on_visible,
                known=known,
                is_shown=is_shown,
            )
        return adapter.stream(message, stands=stands, known=known, on_visible=on_visible)

    async def _pressed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        """Put it into the queue, once, for the person alone who was shown the answer."""
        if action.thread is None:
            return
        try:
            fields = await self._states.use(action.value, SHARE, action.person, by=action.event_id)
        except ForgedError:
            log.warning("share_refused", thread=str(action.thread))
            too_old = Reply(text=said("button_too_old"))
            await adapter.send_privately(action.thread, action.person, too_old)
            return
        wanted = _Wanted(
            thread=ThreadId.parse(fields["thread"]),
            about=fields["about"],
            person=action.person,
            pressed_in=action.thread,
            how=manner(),
            event=action.event_id,
        )
        await self._work.add(action, wanted)

    async def _share(self, wanted: _Wanted) -> None:
        adapter = self._adapters.get(wanted.thread.platform)
        if adapter is None or self._found is None:
            log.warning("not_answering", kind=_TASK)
            return
        with speaking(wanted.how):
            try:
                told = await self._shared(wanted, adapter, *self._found)
            except KnowledgeUnavailableError:
                told = said("error_search_away")
            if told:
                reply = Reply(text=told)
                await adapter.send_privately(wanted.pressed_in, wanted.person, reply)

    async def _shared(
        self, wanted: _Wanted, adapter: ChatAdapter, index: VectorIndex, readers: Readers
    ) -> str:
        """Share it, and return what to tell whoever pressed."""
        shown = await self._feedback.answer_to(wanted.thread, wanted.about)
        if shown is None:
            return said("share_gone")
        audience = await adapter.audience_of(_from(wanted))
        if not await _may_all_read(shown, audience, index, readers):
            log.info("share_refused", thread=str(wanted.thread))
            return said("share_not_for_all")
        note = said("shared_by", who=wanted.person.name or said("somebody"))
        reply = Reply(
            text=f"{shown.answer}\n\n{note}",
            citations=tuple(Citation(**each.model_dump()) for each in shown.cited),
            feedback=wanted.about,
            words=reply_words(),
        )

        async def share() -> None:
            sent = await adapter.send(wanted.thread, reply)
            await self._feedback.stands(wanted.thread, sent.messages, about=wanted.about)

        what = f"share {wanted.thread} {wanted.about} {wanted.event}"
        if not await shown_once(self._redis, what, share):
            return said("interrupted_share")
        log.info("answer_shared", thread=str(wanted.thread))
        is_elsewhere = wanted.pressed_in.channel != wanted.thread.channel
        return said("share_done") if is_elsewhere else ""


class _EphemeralStream:
    """A reply that who asked sees when it is whole, and nobody else."""

    def __init__(
        self,
        adapter: ChatAdapter,
        message: IncomingMessage,
        redis: Redis,
        states: SealedStates,
        on_visible: OnVisible,
        *,
        known: frozenset[str],
        is_shown: bool,
    ) -> None:
        self._adapter = adapter
        self._message = message
        self._redis = redis
        self._states = states
        self._on_visible = on_visible
        self._known = known
        self._is_shown = is_shown

    async def progress(self, note: str) -> None: ...

    async def append(self, text: str) -> None: ...

    async def finish(self, reply: Reply) -> SentReply:
        message = self._message
        sent = SentReply(thread=message.thread, messages=(PRIVATE,))
        if self._is_shown:  # by a worker that died before it could say so
            return sent
        private = replace(
            reply,
            text=f"{reply.text}\n\n{said('only_you')}",
            feedback="",
            buttons=(*self._own(reply), *(b for b in reply.buttons if b.action == MORE)),
        )
        what = f"{message.thread} {message.message_id}"
        try:
            if not await shown_once(self._redis, what, lambda: self._show(private)):
                again = [b for b in private.buttons if b.action == ASK_PRIVATELY]
                await self._show(Reply(text=said("interrupted_private"), buttons=tuple(again)))
        except (RateLimitedError, UncertainError, UndeliverableError):
            raise
        except AdapterError as error:
            log.info("no_private_place", thread=str(message.thread), code=error.code)
            inner = self._adapter.stream(message, known=self._known, on_visible=self._on_visible)
            return await inner.finish(Reply(text=said("no_private_place")))
        await self._on_visible(sent)
        await self._adapter.acknowledge(message, "")
        return sent

    async def _show(self, reply: Reply) -> None:
        await self._adapter.send_privately(self._message.thread, self._message.person, reply)

    def _own(self, reply: Reply) -> list[Button]:
        """Return what can be done with an answer: a refusal has no sources, and gets none."""
        person, buttons = self._message.person, []
        if reply.citations and len(reply.text) <= MAX_TEXT:
            fields = {"thread": str(self._message.thread), "about": self._message.message_id}
            buttons.append(
                Button(
                    action=SHARE,
                    label=said("share_button"),
                    value=self._states.seal(SHARE, person, fields),
                    style=ButtonStyle.PRIMARY,
                )
            )
        if what := gathered():
            value = private_question(self._states, person, what.question or self._message.text)
            label = said("ask_privately_button")
            buttons.append(Button(action=ASK_PRIVATELY, label=label, value=value))
        return buttons


async def _may_all_read(
    shown: Shown, audience: Audience, index: VectorIndex, readers: Readers
) -> bool:
    """Return whether everyone in `audience` may read each passage behind an answer.

    One that has none was written by an expert, for everyone in the company.
    """
    if not shown.passages:
        return not (audience.has_outsiders or audience.person.is_guest)
    found = await index.passages(shown.passages, readers=await readers.of(audience))
    return {passage.chunk_id for passage in found} >= set(shown.passages)


def _from(wanted: _Wanted) -> IncomingMessage:
    """Return what tells an adapter where the answer would be seen."""
    return IncomingMessage(
        event_id=SHARE,
        message_id=wanted.about,
        thread=wanted.thread,
        person=wanted.person,
        audience=Audience(visibility=Visibility.CHANNEL, person=wanted.person),
        addressed=Addressed.MENTION,
        text="",
        sent_at_s=time.time(),
    )
