"""A human, please: the people who look after a place are called, or a ticket is opened."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis

from adapters.errors import AdapterError
from adapters.links import link_to
from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import (
    Addressed,
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
from bot.controls.configstore import ConfigStore
from bot.crypto import Cipher, UndecipherableError
from bot.interactions.registry import Interactions
from bot.language.manner import manner, speaking
from bot.language.texts import is_said, said
from bot.ports import Line, ThreadMemory
from bot.record.participants import Participants
from bot.record.pseudonyms import Pseudonyms
from bot.steps.smalltalk import asks_for_human
from bot.types import Answer, Outcome
from knowledge.ingestion.sources.guarded import GuardedTransport

log = structlog.get_logger(__name__)

_ASK, _TAKE, _RESOLVE = "human-please", "human-take", "human-resolve"
_NOT_TO_US = frozenset({Addressed.OVERHEARD, Addressed.QUOTED})
_MOVES = ("taken", "resolved")
_TTL_S = 30 * 24 * 3600
_TIMEOUT_S = 10.0
_MAX_QUESTION = 1_500
OnState = Callable[[str], None]
"""Told of each state that a request reached: `open`, `taken`, `resolved`, `failed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a human is reached: a group of the platform's, as `platform:workspace:id`, and a desk.

    `desk` is the address that opens tickets; the hosts in `private_hosts` may be private.
    """

    group: str = ""
    desk: str = ""
    private_hosts: tuple[str, ...] = ()

    def group_in(self, thread: ThreadId) -> str:
        """Return the group's id where it is one of the thread's workspace."""
        platform, _, rest = self.group.partition(":")
        workspace, _, name = rest.partition(":")
        return name if (platform, workspace) == (thread.platform, thread.workspace) else ""


NOBODY = Ways()
"""Nobody can be called."""


class DeskError(Exception):
    """The ticket could not be opened."""


class Desk(Protocol):
    """Opens tickets."""

    async def open(self, ticket: Mapping[str, str]) -> None:
        """Open one.

        Raises:
            DeskError: It could not be opened.
        """


class WebhookDesk:
    """Posts each ticket as JSON to one address, which must be public unless named as private."""

    def __init__(self, url: str, private_hosts: tuple[str, ...]) -> None:
        self._url = url
        self._private_hosts = private_hosts

    async def open(self, ticket: Mapping[str, str]) -> None:
        transport = GuardedTransport(self._private_hosts)
        try:
            async with httpx.AsyncClient(
                transport=transport, timeout=_TIMEOUT_S, follow_redirects=False
            ) as client:
                response = await client.post(self._url, json=dict(ticket))
                response.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("ticket_not_opened", error=type(error).__name__)
            raise DeskError(type(error).__name__) from error


class _Case(BaseModel):
    model_config = ConfigDict(frozen=True)

    thread: str
    messages: tuple[str, ...]
    question: str
    people: tuple[str, ...] = ()  # pseudonyms of those whose words it may hold
    language: str = "en"  # of the post: whoever moves it on may speak another


class Handing:
    """Hands a question over to people, once a thread, and shows what became of it."""

    def __init__(
        self,
        *,
        redis: Redis,
        cipher: Cipher,
        memory: ThreadMemory,
        interactions: Interactions,
        adapters: Mapping[str, ChatAdapter],
        store: ConfigStore,
        ways: Ways,
        on_state: OnState,
    ) -> None:
        self._redis = redis
        self._store = store
        self._cipher = cipher
        self._memory = memory
        self._pseudonyms = Pseudonyms(redis, cipher)
        self._participants = Participants(redis, self._pseudonyms, ttl_s=_TTL_S)
        self._adapters = adapters
        self._ways = ways
        self._desk: Desk | None = WebhookDesk(ways.desk, ways.private_hosts) if ways.desk else None
        self._on_state = on_state
        interactions.on_action(_ASK, self._pressed)
        interactions.on_action(_TAKE, self._taken)
        interactions.on_action(_RESOLVE, self._resolved)

    async def is_offered(self, thread: ThreadId, *, is_private: bool) -> bool:
        """Return whether somebody can be called from there."""
        if self._desk is not None:
            return True
        return not is_private and bool(await self._called_in(thread))

    async def _called_in(self, thread: ThreadId) -> tuple[str, ...]:
        """Return whom to call: the channel's owners, else the group of the settings."""
        owners = (await self._store.current()).config.channel(_place(thread)).owners
        group = self._ways.group_in(thread)
        own = tuple(f"{kind}:{name}" for kind, *_, name in (each.split(":") for each in owners))
        return own or ((f"group:{group}",) if group else ())

    async def request(
        self, thread: ThreadId, person: Person, *, is_private: bool, by: str = ""
    ) -> str:
        """Call somebody for `person`, and return what to tell the person who asked.

        `by` is the press or the message that asked: it goes on where it was begun before.

        Raises:
            AdapterError: The platform refused the post.
            RedisError: It can't be noted.
        """
        adapter = self._adapters.get(thread.platform)
        if adapter is None or not await self.is_offered(thread, is_private=is_private):
            return said("human_nobody")
        name = secrets.token_hex(8)
        opened = f"{name} {by}"
        if not await self._redis.set(_open_key(thread), opened, nx=True, ex=_TTL_S):
            known = await self._redis.get(_open_key(thread))
            name, _, begun_by = (known.decode() if isinstance(known, bytes) else "").partition(" ")
            if not by or begun_by != by:
                return said("human_asked_already")
            # Who began it died, perhaps before anybody was called.
            if await self._redis.exists(_case_key(name)):
                return said("human_asked")
        try:
            return await self._called(thread, person, name, adapter, is_private=is_private)
        except BaseException as error:
            await self._redis.delete(_open_key(thread))
            self._on_state("failed")
            if isinstance(error, DeskError):
                return said("human_failed")
            raise

    async def _called(
        self,
        thread: ThreadId,
        person: Person,
        name: str,
        adapter: ChatAdapter,
        *,
        is_private: bool,
    ) -> str:
        turns = await self._memory.recall(thread)
        # As it is remembered: without personal data, as the policy says.
        question = turns[-1].question[:_MAX_QUESTION] if turns else ""
        if self._desk is not None:
            await self._desk.open(
                {
                    "id": name,
                    "question": question,
                    "thread": link_to(thread),
                    "platform": thread.platform,
                    "workspace": thread.workspace,
                }
            )
        if is_private:  # nobody else would see a post
            self._on_state("open")
            return said("human_ticket")
        people = await self._people_of(thread, person)
        case = _Case(
            thread=str(thread),
            messages=(),
            question=question,
            people=people,
            language=await self._language_in(thread),
        )
        called = await self._called_in(thread)
        sent = await adapter.send(thread, replace(_post(case, name, "open"), notify=called))
        case = case.model_copy(update={"messages": sent.messages})
        sealed = self._cipher.seal(case.model_dump_json().encode(), _case_key(name))
        await self._redis.set(_case_key(name), sealed, ex=_TTL_S)
        self._on_state("open")
        log.info("human_asked", thread=str(thread))
        return said("human_asked")

    async def _language_in(self, thread: ThreadId) -> str:
        """Return the language of what everybody in the channel reads."""
        channel = (await self._store.current()).config.channel(_place(thread))
        return channel.language or manner().language

    async def _pressed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is not None:
            text = await self.request(
                action.thread, action.person, is_private=action.is_private, by=action.event_id
            )
            await _tell(adapter, action.thread, action.person, text)

    async def _taken(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        await self._moved(action, adapter, "taken")

    async def _resolved(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        await self._moved(action, adapter, "resolved")

    async def _moved(self, action: IncomingAction, adapter: ChatAdapter, state: str) -> None:
        """Move a request on, once; only who sees its post can, and nobody from outside."""
        if action.thread is None:
            return
        case = await self._case(action.value)
        if case is None or case.thread != str(action.thread) or action.person.is_guest:
            await _tell(adapter, action.thread, action.person, said("human_gone"))
            return
        key = f"{_case_key(action.value)}:{state}"
        is_over = state != "resolved" and await self._redis.exists(
            f"{_case_key(action.value)}:resolved"
        )
        by = action.event_id.encode()
        is_first = not is_over and await self._redis.set(key, by, nx=True, ex=_TTL_S)
        if is_over or not (is_first or await self._redis.get(key) == by):
            return
        sent = SentReply(thread=action.thread, messages=case.messages)
        await adapter.update(sent, _post(case, action.value, state, action.person.name))
        if state == "resolved":
            await self._redis.delete(_open_key(action.thread))
        self._on_state(state)
        log.info("human_moved", thread=case.thread, state=state)

    async def count_of(self, who: str, words: frozenset[str] = frozenset()) -> int:
        """Return how many requests are kept that may hold words of a person, or one of `words`."""
        return len([name async for name, _ in self._of(who, words)])

    async def forget(self, who: str, words: frozenset[str] = frozenset()) -> int:
        """Forget them: their posts stay, and can be moved on no more."""
        found = [each async for each in self._of(who, words)]
        for name, case in found:
            key = _case_key(name)
            opened = _open_key(ThreadId.parse(case.thread))
            await self._redis.delete(key, *(f"{key}:{s}" for s in _MOVES), opened)
        return len(found)

    async def _of(self, who: str, words: frozenset[str]) -> AsyncIterator[tuple[str, _Case]]:
        prefix = _case_key("")
        async for key in self._redis.scan_iter(f"{prefix}*", count=500):
            name = key.decode().removeprefix(prefix)
            if ":" in name or (case := await self._case(name)) is None:
                continue
            asked = case.question.casefold()
            if who in case.people or any(word.casefold() in asked for word in words):
                yield name, case

    async def _people_of(self, thread: ThreadId, person: Person) -> tuple[str, ...]:
        """Return who asked for a human, and who took part in what is handed over."""
        own = await self._pseudonyms.of(person, thread.platform)
        return tuple(sorted({own, *await self._participants.of(thread)}))

    async def _case(self, name: str) -> _Case | None:
        sealed = await self._redis.get(_case_key(name))
        if not isinstance(sealed, bytes):
            return None
        try:
            return _Case.model_validate_json(self._cipher.open(sealed, _case_key(name)))
        except (UndecipherableError, ValidationError) as error:
            log.warning("request_unreadable", error=type(error).__name__)
            return None


async def _tell(adapter: ChatAdapter, thread: ThreadId, person: Person, text: str) -> None:
    """Tell who pressed, where the platform can; what was asked for stands in the thread anyway."""
    try:
        await adapter.send_privately(thread, person, Reply(text=text))
    except AdapterError as error:
        log.info("left_out", code=error.code, thread=str(thread))


class HumanLine:
    """Calls a human for who asks for one, and offers it under each answer if it `has_button`."""

    def __init__(self, inner: Line, handing: Handing, *, has_button: bool = True) -> None:
        self._inner = inner
        self._handing = handing
        self._has_button = has_button

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        is_private = message.audience.visibility is Visibility.PERSON
        if asks_for_human(message.text) and message.addressed not in _NOT_TO_US:
            text = await self._handing.request(
                message.thread, message.person, is_private=is_private, by=message.message_id
            )
            await reply.finish(Reply(text=text))
            return Answer(text=text, outcome=Outcome.NOT_A_QUESTION)
        if self._has_button and await self._handing.is_offered(
            message.thread, is_private=is_private
        ):
            reply = _Offering(reply)
        return await self._inner.answer(message, reply)


class _Offering:
    def __init__(self, inner: ReplyStream) -> None:
        self._inner = inner

    async def progress(self, note: str) -> None:
        await self._inner.progress(note)

    async def append(self, text: str) -> None:
        await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        is_unanswered = is_said("nothing_found", reply.text)
        if not (reply.citations or reply.closest or is_unanswered):
            return await self._inner.finish(reply)
        button = Button(
            action=_ASK,
            label=said("human_button"),
            style=ButtonStyle.PRIMARY if is_unanswered else ButtonStyle.PLAIN,
        )
        return await self._inner.finish(replace(reply, buttons=(*reply.buttons, button)))


def _post(case: _Case, name: str, state: str, who: str = "") -> Reply:
    with speaking(replace(manner(), language=case.language)):
        return _post_in_words(case, name, state, who or said("somebody"))


def _post_in_words(case: _Case, name: str, state: str, who: str) -> Reply:
    asked = f"**{said('human_please')}** {case.question}".strip()
    take = Button(action=_TAKE, label=said("human_take"), value=name, style=ButtonStyle.PRIMARY)
    done = Button(action=_RESOLVE, label=said("human_done"), value=name)
    is_open, is_over = state == "open", state == "resolved"
    buttons = () if is_over else (take, done) if is_open else (done,)
    return Reply(text=f"{asked}\n\n_{said(f'human_{state}', who=who)}_", buttons=buttons)


def _place(thread: ThreadId) -> str:
    return f"{thread.platform}:{thread.workspace}:{thread.channel}"


def _open_key(thread: ThreadId) -> str:
    return f"citewell:human:open:{thread}"


def _case_key(name: str) -> str:
    return f"citewell:human:case:{name}"
