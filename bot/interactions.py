"""What buttons and forms do: handlers by name, each press once, state that can't be forged."""

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError, NotAcceptedError
from adapters.ports import ChatAdapter
from adapters.types import IncomingAction, IncomingSubmission, Person, Reply
from bot.crypto import Cipher, UndecipherableError
from bot.ending import ended
from bot.manner import Manner, speaking
from bot.texts import said

log = structlog.get_logger(__name__)

_SEEN_TTL_S = 3600
_STATE_TTL_S = 3600
_HANDLER_TIMEOUT_S = 30.0
_SUBMISSION_TIMEOUT_S = 2.5  # platforms wait three seconds for what is wrong with a form
_GRACE_S = 3.0
_MAX_RUNNING = 200

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

    async def use(self, sealed: str, purpose: str, person: Person) -> Mapping[str, str]:
        """Return the fields, once.

        Raises:
            ForgedError: It is not ours, not this person's, too old, or was used before.
        """
        state = self._opened(sealed, purpose, person)
        if not await self._redis.set(_used(state.nonce), "1", nx=True, ex=2 * _STATE_TTL_S):
            raise ForgedError("used before")
        return state.fields

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
    """The handlers of buttons and forms; others register theirs by name."""

    def __init__(
        self, *, redis: Redis, states: SealedStates, adapters: Mapping[str, ChatAdapter]
    ) -> None:
        self._redis = redis
        self._adapters = adapters
        self._on_action: dict[str, OnAction] = {}
        self._on_submission: dict[str, OnSubmission] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._manner_of: MannerOf = _plainly
        self.states = states

    def speak(self, manner_of: MannerOf) -> None:
        """Let what is pressed be answered in the manner that `manner_of` tells."""
        self._manner_of = manner_of

    def on_action(self, name: str, handler: OnAction) -> None:
        """Let `handler` do what the button, or the message shortcut, `name` promises."""
        _once(self._on_action, name)
        self._on_action[name] = handler

    def on_submission(self, form: str, handler: OnSubmission) -> None:
        """Let `handler` take the form `form`, whose state is sealed for the purpose `form:NAME`."""
        _once(self._on_submission, form)
        self._on_submission[form] = handler

    def seal(self, form: str, person: Person, fields: Mapping[str, str]) -> str:
        """Return the state of a form that `person` shall fill in."""
        return self.states.seal(f"form:{form}", person, fields)

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
        key = f"citewell:pressed:{action.workspace}:{action.event_id}"
        try:
            is_new = await self._redis.set(key, "1", nx=True, ex=_SEEN_TTL_S)
        except (RedisError, OSError) as error:
            raise NotAcceptedError(type(error).__name__) from error
        if is_new:
            task = asyncio.create_task(self._run(handler, action, adapter))
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
            fields = await self.states.use(submission.state, purpose, person)
        except ForgedError as error:
            log.warning("form_refused", form=submission.form, reason=str(error), person=person.id)
            return dict.fromkeys(
                list(submission.values)[:1], "This form is too old or not yours. Please reopen it."
            )
        try:
            wrong = await handler(submission, fields, adapter)
        except BaseException:
            await self.states.release(submission.state, purpose, person)
            raise
        if wrong:
            await self.states.release(submission.state, purpose, person)
        return wrong

    async def _run(self, handler: OnAction, action: IncomingAction, adapter: ChatAdapter) -> None:
        with speaking(await self._manner_of(action)):
            await self._done(handler, action, adapter)

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


def _used(nonce: str) -> str:
    return f"citewell:used:{nonce}"
