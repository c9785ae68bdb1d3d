"""What buttons and forms do: handlers by name, each press once, state that can't be forged."""

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import structlog
from docket import Docket
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError, NotAcceptedError
from adapters.ports import ChatAdapter
from adapters.types import IncomingAction, IncomingSubmission, Person, Reply
from bot.crypto import Cipher, UndecipherableError
from bot.ending import ended
from bot.interactions.pressed import PressedWork
from bot.language.manner import Manner, manner, speaking
from bot.language.texts import said

log = structlog.get_logger(__name__)

_SEEN_TTL_S = 3600
_STATE_TTL_S = 3600
_HANDLER_TIMEOUT_S = 30.0
_SUBMISSION_TIMEOUT_S = 2.5  # platforms wait three seconds for what is wrong with a form
_TAKING_S = 5  # longer than a form may take: what died over one lets it be sent again
_GRACE_S = 3.0
_MAX_RUNNING = 200
_AGAIN_S = 30.0
_MAX_LOOKS = 20
_TASK = "press"
_PRESS = TypeAdapter(IncomingAction)
_RUNNING, _DONE = "running", "done"
_LANGUAGE = "spoken_in"  # a form is taken in the language that it was opened in

OnAction: TypeAlias = Callable[[IncomingAction, ChatAdapter], Awaitable[None]]
"""Does what a button promises; quick, or it puts work into the queue."""
MannerOf: TypeAlias = Callable[[IncomingAction], Awaitable[Manner]]
"""Tells how to speak to whoever pressed; never raises."""
OnSubmission: TypeAlias = Callable[
    [IncomingSubmission, Mapping[str, str], ChatAdapter], Awaitable[Mapping[str, str]]
]
"""Takes a form with its opened state; returns what is wrong by field, or nothing."""


class ForgedError(Exception):
    """A state was not sealed by us for this person and purpose, is too old, or was used before."""


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    nonce: str
    at_s: float
    fields: dict[str, str]


class SealedStates:
    """States that go through a platform: sealed for one person, one purpose and an hour."""

    def __init__(self, cipher: Cipher, redis: Redis) -> None:
        self._cipher = cipher
        self._redis = redis

    def seal(self, purpose: str, person: Person, fields: Mapping[str, str]) -> str:
        """Return `fields` sealed: about a third longer than they are, plus 150 characters."""
        state = _State(nonce=secrets.token_hex(8), at_s=time.time(), fields=dict(fields))
        sealed = self._cipher.seal(state.model_dump_json().encode(), _bound(purpose, person))
        return base64.urlsafe_b64encode(sealed).decode()

    async def use(
        self, sealed: str, purpose: str, person: Person, *, by: str = "1", for_s: int = 0
    ) -> Mapping[str, str]:
        """Return the fields, once, or again to the press `by` that used it and was not done.

        With `for_s` they are used for so many seconds, unless `spend` makes that for good.

        Raises:
            ForgedError: It is not ours, not this person's, too old, or was used before.
        """
        state = self._opened(sealed, purpose, person)
        key, span_s = _used(state.nonce), for_s or 2 * _STATE_TTL_S
        if not await self._redis.set(key, by, nx=True, ex=span_s):
            used_by = await self._redis.get(key)
            if by == "1" or used_by != by.encode():
                raise ForgedError("used before")
        return state.fields

    async def is_used(self, sealed: str, purpose: str, person: Person, *, by: str) -> bool:
        """Return whether the press `by` used a state before; errors as for `use`."""
        nonce = self._opened(sealed, purpose, person).nonce
        return bool(await self._redis.get(_used(nonce)) == by.encode())

    async def spend(self, sealed: str, purpose: str, person: Person) -> None:
        """Let a state be used by nobody any more."""
        nonce = self._opened(sealed, purpose, person).nonce
        await self._redis.set(_used(nonce), "1", ex=2 * _STATE_TTL_S)

    async def release(self, sealed: str, purpose: str, person: Person) -> None:
        """Let a state be used again: what it was used for did not happen."""
        await self._redis.delete(_used(self._opened(sealed, purpose, person).nonce))

    def _opened(self, sealed: str, purpose: str, person: Person) -> _State:
        try:
            raw = base64.urlsafe_b64decode(sealed.encode())
            state = _State.model_validate_json(self._cipher.open(raw, _bound(purpose, person)))
        except (UndecipherableError, ValidationError, binascii.Error, ValueError) as error:
            raise ForgedError("not sealed by us for this person") from error
        if time.time() - state.at_s > _STATE_TTL_S:
            raise ForgedError("too old")
        return state


class Interactions:
    """The handlers of buttons and forms; others register theirs by name.

    A press is on the queue before it is acknowledged, for later: whoever took it does it at once
    and takes it off again, and holds it meanwhile. What died over it leaves it to a worker.
    """

    def __init__(
        self,
        redis: Redis,
        cipher: Cipher,
        adapters: Mapping[str, ChatAdapter],
        docket: Docket,
        *,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._redis = redis
        self._adapters = adapters
        self._again_s = again_s
        self._on_action: dict[str, OnAction] = {}
        self._at_once: set[str] = set()
        self._on_submission: dict[str, OnSubmission] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._manner_of: MannerOf = _plainly
        self._queued = PressedWork(docket, cipher, _TASK, _PRESS, self._again)
        self.states = SealedStates(cipher, redis)

    def speak(self, manner_of: MannerOf) -> None:
        """Let what is pressed be answered in the manner that `manner_of` tells."""
        self._manner_of = manner_of

    def on_action(self, name: str, handler: OnAction, *, is_only_at_once: bool = False) -> None:
        """Let `handler` do what the button, or the message shortcut, `name` promises.

        It is begun anew where a process dies over it; what `is_only_at_once` just shows something
        to who pressed, such as a form, and is not.
        """
        _once(self._on_action, name)
        self._on_action[name] = handler
        if is_only_at_once:
            self._at_once.add(name)

    def on_submission(self, form: str, handler: OnSubmission) -> None:
        """Let `handler` take the form `form`, whose state is sealed for the purpose `form:NAME`."""
        _once(self._on_submission, form)
        self._on_submission[form] = handler

    def seal(self, form: str, person: Person, fields: Mapping[str, str]) -> str:
        """Return the state of a form that `person` shall fill in."""
        kept = {**fields, _LANGUAGE: manner().language}
        return self.states.seal(f"form:{form}", person, kept)

    async def press(self, action: IncomingAction) -> None:
        """Begin what a button promises, and return; a press that comes again does nothing.

        Raises:
            NotAcceptedError: Redis can't take it, or too much runs.
        """
        handler, adapter = self._on_action.get(action.action), self._adapters.get(action.platform)
        if handler is None or adapter is None:
            log.warning("action_unknown", action=action.action[:40], platform=action.platform)
            return
        if len(self._running) >= _MAX_RUNNING:
            raise NotAcceptedError("too many presses at once")
        try:
            if action.action not in self._at_once:
                await self._queued.add(action, action, after_s=self._again_s)
            is_new = await self._hold(action)
        except (RedisError, OSError) as error:
            raise NotAcceptedError(type(error).__name__) from error
        if is_new:
            task = asyncio.create_task(self._do_now(handler, action, adapter))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def submit(self, submission: IncomingSubmission) -> Mapping[str, str]:
        """Take a form, once; returns what is wrong by field.

        Raises:
            NotAcceptedError: It can't be taken now.
        """
        handler = self._on_submission.get(submission.form)
        adapter = self._adapters.get(submission.platform)
        if handler is None or adapter is None:
            log.warning("form_unknown", form=submission.form[:40], platform=submission.platform)
            return {}
        try:
            async with asyncio.timeout(_SUBMISSION_TIMEOUT_S):
                return await self._taken(handler, submission, adapter)
        except (RedisError, OSError, TimeoutError, AdapterError) as error:
            log.warning("form_not_taken", form=submission.form, error=type(error).__name__)
            raise NotAcceptedError(type(error).__name__) from error

    async def stop(self) -> None:
        """Let what was pressed end, for a moment."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=_GRACE_S)
            await asyncio.gather(*map(ended, late))

    async def _taken(
        self, handler: OnSubmission, submission: IncomingSubmission, adapter: ChatAdapter
    ) -> Mapping[str, str]:
        purpose, person = f"form:{submission.form}", submission.person
        try:
            fields = await self.states.use(submission.state, purpose, person, for_s=_TAKING_S)
        except ForgedError as error:
            log.warning("form_refused", form=submission.form, reason=str(error), person=person.id)
            return dict.fromkeys(list(submission.values)[:1], said("form_too_old"))
        how = Manner(language=fields.get(_LANGUAGE, "en"))
        fields = {name: value for name, value in fields.items() if name != _LANGUAGE}
        try:
            with speaking(how):
                wrong = await handler(submission, fields, adapter)
        except BaseException:
            await self.states.release(submission.state, purpose, person)
            raise
        if wrong:
            await self.states.release(submission.state, purpose, person)
        else:
            await self.states.spend(submission.state, purpose, person)
        return wrong

    async def _hold(self, action: IncomingAction) -> bool:
        """Take a press for as long as we live; False where somebody has it, or it is done."""
        span_ms = int(self._again_s * 1000)
        return bool(await self._redis.set(_pressed(action), _RUNNING, nx=True, px=span_ms))

    @asynccontextmanager
    async def _holding(self, action: IncomingAction) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat(action))
        try:
            yield
        finally:
            await ended(beating)

    async def _beat(self, action: IncomingAction) -> None:
        while True:
            await asyncio.sleep(self._again_s / 3)
            try:
                span_ms = int(self._again_s * 1000)
                await self._redis.set(_pressed(action), _RUNNING, xx=True, px=span_ms)
            except (RedisError, OSError) as error:
                log.warning("press_not_held", error=type(error).__name__)

    async def _do_now(
        self, handler: OnAction, action: IncomingAction, adapter: ChatAdapter
    ) -> None:
        try:
            await self._run(handler, action, adapter)
            if action.action not in self._at_once:
                await self._queued.withdraw(action)
        except (RedisError, OSError) as error:  # it is done anew later, which handlers bear
            log.warning("press_not_noted", action=action.action, error=type(error).__name__)

    async def _run(self, handler: OnAction, action: IncomingAction, adapter: ChatAdapter) -> None:
        async with self._holding(action):
            with speaking(await self._manner_of(action)):
                await self._done(handler, action, adapter)
            await self._redis.set(_pressed(action), _DONE, ex=_SEEN_TTL_S)

    async def _again(self, action: IncomingAction) -> None:
        """Do what a process that took a press did not end; its trigger is too old for a form."""
        handler, adapter = self._on_action.get(action.action), self._adapters.get(action.platform)
        if handler is None or adapter is None:
            log.warning("action_unknown", action=action.action[:40], platform=action.platform)
            return
        for _ in range(_MAX_LOOKS):
            if await self._hold(action):
                log.info("pressed_again", action=action.action)
                await self._run(handler, replace(action, trigger=""), adapter)
                return
            if await self._redis.get(_pressed(action)) == _DONE.encode():
                return
            await asyncio.sleep(self._again_s / 2)  # whoever has it lives

    async def _done(self, handler: OnAction, action: IncomingAction, adapter: ChatAdapter) -> None:
        try:
            async with asyncio.timeout(_HANDLER_TIMEOUT_S):
                await handler(action, adapter)
        except Exception:  # it ends in a word to the person, and in the log
            error_id = secrets.token_hex(4)
            log.exception("action_failed", action=action.action, error_id=error_id)
            await self._apologise(action, adapter, error_id)

    async def _apologise(self, action: IncomingAction, adapter: ChatAdapter, error_id: str) -> None:
        if action.thread is None:
            return
        try:
            reply = Reply(text=said("press_failed", id=error_id))
            await adapter.send_privately(action.thread, action.person, reply)
        except AdapterError as error:
            log.warning("left_out", code=error.code, error_id=error_id)


def _once(known: Mapping[str, object], name: str) -> None:
    if name in known:
        raise ValueError(f"{name} has a handler already")


async def _plainly(_: IncomingAction) -> Manner:
    return Manner()


def _bound(purpose: str, person: Person) -> str:
    return f"citewell:state:{purpose}:{person.workspace}:{person.id}"


def _pressed(action: IncomingAction) -> str:
    return f"citewell:pressed:{action.platform}:{action.workspace}:{action.event_id}"


def _used(nonce: str) -> str:
    return f"citewell:used:{nonce}"
