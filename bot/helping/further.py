"""What a person could read beyond a channel's answer: offered and answered to that person alone."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from docket import Docket
from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError
from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import (
    Addressed,
    Audience,
    Button,
    ButtonStyle,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.controls.privately import shown_once
from bot.crypto import Cipher
from bot.errors import SearchUnavailableError
from bot.helping.suggesting import gathered, nothing_offered
from bot.interactions.pressed import PressedWork
from bot.interactions.registry import ForgedError, Interactions, SealedStates
from bot.language.texts import counted, said
from bot.ports import Retriever
from bot.types import Answer, Question
from knowledge.types import Finding

log = structlog.get_logger(__name__)

ACTION = "read-more"
_PURPOSE = "read-more"
_TASK = "answer_privately"
_MAX_CHARS = 800
_MAX_OFFERS = 50
_ONCE_S = 3600

Answers = Callable[[IncomingMessage, ReplyStream], Awaitable[Answer]]
"""Answers a message through a stream, with what belongs to it: ledger, participants, apology."""


class OfferingRetriever:
    """Retrieves for the audience, and offers a person in a channel what only they may read.

    The second search is the person's own and takes no time of the answer's; only how many further
    documents it found goes anywhere.
    """

    def __init__(
        self,
        inner: Retriever,
        *,
        redis: Redis,
        states: SealedStates,
        adapters: Mapping[str, ChatAdapter],
    ) -> None:
        self._inner = inner
        self._redis = redis
        self._states = states
        self._adapters = adapters
        self._offers: set[asyncio.Task[None]] = set()

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        if (into := gathered()) is not None:
            into.question = question.standalone
        shown = await self._inner.retrieve(question, audience=audience, thread=thread)
        is_limited = audience.visibility is Visibility.CHANNEL and not audience.person.is_guest
        if is_limited and len(self._offers) < _MAX_OFFERS:
            task = asyncio.create_task(self._offer(question, audience.person, thread, shown))
            self._offers.add(task)
            task.add_done_callback(self._offers.discard)
        return shown

    async def _offer(
        self, question: Question, person: Person, thread: ThreadId, shown: Finding
    ) -> None:
        adapter = self._adapters.get(thread.platform)
        if adapter is None or not adapter.capabilities.can_answer_privately:
            return
        try:
            alone = Audience(visibility=Visibility.PERSON, person=person)
            own = await self._inner.retrieve(question, audience=alone, thread=thread)
            count = further(own, shown)
            if count and await self._is_first(question, person, thread):
                await adapter.send_privately(thread, person, self._note(question, person, count))
                log.info("further_offered", thread=str(thread), count=count)
        except (AdapterError, SearchUnavailableError, RedisError, OSError) as error:
            log.info("further_left_out", thread=str(thread), error=type(error).__name__)

    async def _is_first(self, question: Question, person: Person, thread: ThreadId) -> bool:
        """Return whether this was not offered before: an answer may be written anew."""
        what = f"{thread}\0{person.id}\0{question.standalone}"
        key = f"citewell:offered:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
        return bool(await self._redis.set(key, "1", nx=True, ex=_ONCE_S))

    def _note(self, question: Question, person: Person, count: int) -> Reply:
        text = counted("further", count)
        value = private_question(self._states, person, question.standalone)
        return Reply(
            text=text,
            buttons=(
                Button(
                    action=ACTION,
                    label=said("further_button"),
                    value=value,
                    style=ButtonStyle.PRIMARY,
                ),
            ),
        )


def private_question(states: SealedStates, person: Person, question: str) -> str:
    """Return the value of a button that answers `question` to `person` alone, once."""
    return states.seal(_PURPOSE, person, {"question": question[:_MAX_CHARS]})


def further(own: Finding, shown: Finding) -> int:
    """Return how many documents the own search found besides; none if it is no evidence."""
    if not own.is_enough:
        return 0
    known = {passage.location for passage in shown.passages}
    return len({passage.location for passage in own.passages} - known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    thread: ThreadId
    person: Person
    question: str
    is_quoted: bool = False
    event: str = ""


_ASKED = TypeAdapter(_Asked)


class PrivateAnswers:
    """Answers what was offered, to the person who pressed, on a worker.

    The answer is remembered in no thread that others read.
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
        self._interactions = interactions
        self._adapters = adapters
        self._answer: Answers | None = None
        interactions.on_action(ACTION, self.press)
        self._work = PressedWork(docket, cipher, _TASK, _ASKED, self._answer_privately)

    def offering(self, inner: Retriever) -> OfferingRetriever:
        """Return `inner`, which offers what is answered here."""
        return OfferingRetriever(
            inner, redis=self._redis, states=self._interactions.states, adapters=self._adapters
        )

    def serve(self, answer: Answers) -> None:
        """Let `answer` answer, whenever a worker of the docket runs."""
        self._answer = answer

    async def press(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        """Put a pressed button into the queue; it works once, and for its own person alone."""
        if action.thread is None:
            return
        try:
            fields = await self._interactions.states.use(
                action.value, _PURPOSE, action.person, by=action.event_id
            )
        except ForgedError:
            log.warning("further_refused", thread=str(action.thread))
            await adapter.send_privately(
                action.thread, action.person, Reply(text=said("button_too_old"))
            )
            return
        await self.ask(action, fields["question"], is_quoted=False)

    async def ask(self, action: IncomingAction, question: str, *, is_quoted: bool) -> None:
        """Put `question` into the queue, to be answered to who acted; once for each action.

        What `is_quoted` was written by somebody else.
        """
        if action.thread is None:
            return
        asked = _Asked(
            thread=action.thread,
            person=action.person,
            question=question,
            is_quoted=is_quoted,
            event=action.event_id,
        )
        await self._work.add(action, asked)

    def stream(
        self, adapter: ChatAdapter, thread: ThreadId, person: Person, *, event: str
    ) -> "PrivateStream":
        """Return where the reply to the press `event` is shown, to `person` alone."""
        return PrivateStream(adapter, thread, person, self._redis, event=event)

    async def _answer_privately(self, asked: _Asked) -> None:
        if self._answer is None:
            log.warning("not_answering", kind=_TASK)
            return
        adapter = self._adapters.get(asked.thread.platform)
        if adapter is None:
            log.warning("further_left_out", thread=str(asked.thread), kind="no_adapter")
            return
        stream = self.stream(adapter, asked.thread, asked.person, event=asked.event)
        with nothing_offered():
            await self._answer(_message_of(asked), stream)


class PrivateStream:
    """Shows a reply when it is whole, to one person; once, whoever dies over the press `event`."""

    def __init__(
        self, adapter: ChatAdapter, thread: ThreadId, person: Person, redis: Redis, *, event: str
    ) -> None:
        self._adapter = adapter
        self._thread = thread
        self._person = person
        self._redis = redis
        self._event = event

    async def progress(self, note: str) -> None: ...

    async def append(self, text: str) -> None: ...

    async def finish(self, reply: Reply) -> SentReply:
        private = replace(reply, feedback="", buttons=())
        what = f"{self._thread} {self._person.id} {self._event}"
        if not await shown_once(self._redis, what, lambda: self._show(private)):
            await self._show(Reply(text=said("interrupted_private")))
        return SentReply(thread=self._thread, messages=())

    async def _show(self, reply: Reply) -> None:
        await self._adapter.send_privately(self._thread, self._person, reply)


def _message_of(asked: _Asked) -> IncomingMessage:
    """Return the question as one of a conversation of its own, which nobody else's turns reach."""
    nonce = secrets.token_hex(8)
    return IncomingMessage(
        event_id=nonce,
        message_id=nonce,
        thread=replace(asked.thread, thread=f"{asked.thread.thread}-{nonce}"),
        person=asked.person,
        audience=Audience(visibility=Visibility.PERSON, person=asked.person),
        addressed=Addressed.QUOTED if asked.is_quoted else Addressed.DIRECT,
        text=asked.question,
        sent_at_s=time.time(),
    )
