"""Circuit breakers: a dependency that keeps failing is left alone for a while, and seen to be."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import structlog
from circuitbreaker import CircuitBreaker
from redis.exceptions import RedisError

from adapters.errors import AdapterError, NotAcceptedError, UncertainError
from adapters.types import Audience, ThreadId
from bot.errors import ModelUnavailableError, ModerationUnavailableError, SearchUnavailableError
from bot.ports import ChatModel, Redactor, Retriever
from bot.types import ModelChunk, Prompt, Question
from guardrails.ports import Moderator
from guardrails.types import Placeholders, Verdict
from knowledge.types import Finding

log = structlog.get_logger(__name__)

_FAILURES = 5
_RECOVERY_S = 15
_SLOW_FAILURES = 2  # each costs whoever waits for the text up to three seconds
_SLOW_RECOVERY_S = 30


class CircuitState(StrEnum):
    """How a dependency has been of late."""

    CLOSED = "closed"  # it works
    OPEN = "open"  # it failed again and again: it is not called
    HALF_OPEN = "half_open"  # the next call tells


class Circuit:
    """One dependency's breaker: opens after some failures in a row, tries again after a while.

    `failures` are the errors that count; `when_open` makes the error that callers get meanwhile.
    """

    def __init__(
        self,
        part: str,
        *,
        failures: type[Exception] | tuple[type[Exception], ...],
        when_open: Callable[[], Exception],
        threshold: int = _FAILURES,
        recovery_s: int = _RECOVERY_S,
    ) -> None:
        kinds = failures if isinstance(failures, tuple) else (failures,)
        self.part = part
        self._when_open = when_open
        self._breaker = CircuitBreaker(
            failure_threshold=threshold, recovery_timeout=recovery_s, expected_exception=kinds
        )
        self._since_s = time.time()

    @property
    def state(self) -> CircuitState:
        """Whether the dependency is called."""
        return CircuitState(self._breaker.state)

    @property
    def since_s(self) -> float:
        """When the circuit last opened or closed, in seconds since the epoch."""
        return self._since_s

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Count how the call inside ends.

        Raises:
            Exception: What `when_open` makes, instead of the call.
        """
        if self._breaker.opened:
            raise self._when_open()
        was_closed = self._breaker.closed
        try:
            with self._breaker:
                yield
        finally:
            if self._breaker.closed is not was_closed:
                self._since_s = time.time()
                log.warning("circuit_changed", part=self.part, state=self.state.value)


class GuardedModel:
    """A chat model that is left alone while it keeps failing."""

    def __init__(self, inner: ChatModel, circuit: Circuit) -> None:
        self._inner = inner
        self._circuit = circuit

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        with self._circuit.guard():
            async for chunk in self._inner.stream(prompt):
                yield chunk


class GuardedRetriever:
    """A retriever that is left alone while it keeps failing."""

    def __init__(self, inner: Retriever, circuit: Circuit) -> None:
        self._inner = inner
        self._circuit = circuit

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        with self._circuit.guard():
            return await self._inner.retrieve(question, audience=audience, thread=thread)


class RemoteModerator(Protocol):
    """A provider's judgement."""

    async def judge(self, text: str) -> Verdict | None:
        """Return the verdict on `text`; None where it is fine.

        Raises:
            ModerationUnavailableError: It did not tell in time.
        """


class GuardedModerator:
    """Rules judge first, then a provider, which is left alone while it keeps failing.

    What the provider does not tell is left to the rules. It reads what a model wrote as it would
    read a question: masked by `redactor`, since a model may write of people whom nobody named.
    """

    def __init__(
        self, rules: Moderator, provider: RemoteModerator, circuit: Circuit, redactor: Redactor
    ) -> None:
        self._rules = rules
        self._provider = provider
        self._circuit = circuit
        self._redactor = redactor

    async def judge(self, text: str, *, is_answer: bool) -> Verdict | None:
        if verdict := await self._rules.judge(text, is_answer=is_answer):
            return verdict
        try:
            with self._circuit.guard():
                masked = await self._redactor.redact(text, Placeholders()) if is_answer else None
                return await self._provider.judge(masked.text if masked else text)
        except ModerationUnavailableError as error:
            log.warning("moderation_unavailable", error=str(error))
            return None


class FallbackModel:
    """A second chat model writes where the first one can't begin; what it began it must end."""

    def __init__(self, first: ChatModel, second: ChatModel) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        return self._first.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        has_begun = False
        try:
            async for chunk in self._first.stream(prompt):
                has_begun = has_begun or bool(chunk.text)
                yield chunk
        except ModelUnavailableError as error:
            if has_begun:
                raise
            log.warning("model_fell_back", model=self._second.name, kind=error.kind)
        else:
            return
        async for chunk in self._second.stream(prompt):
            yield chunk


def model_circuit(part: str = "model") -> Circuit:
    """Return the circuit of a chat model."""
    return Circuit(
        part,
        failures=ModelUnavailableError,
        when_open=lambda: ModelUnavailableError("circuit open"),
    )


def moderation_circuit() -> Circuit:
    """Return the circuit of the provider's moderation endpoint."""
    return Circuit(
        "moderation",
        failures=ModerationUnavailableError,
        when_open=lambda: ModerationUnavailableError("circuit_open"),
        threshold=_SLOW_FAILURES,
        recovery_s=_SLOW_RECOVERY_S,
    )


def index_circuit() -> Circuit:
    """Return the circuit of the index."""
    return Circuit(
        "index",
        failures=SearchUnavailableError,
        when_open=lambda: SearchUnavailableError("circuit open"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuits:
    """The circuit of each dependency."""

    redis: Circuit
    slack: Circuit
    teams: Circuit
    model: Circuit = field(default_factory=model_circuit)
    strong: Circuit = field(default_factory=lambda: model_circuit("strong_model"))
    has_strong: bool = False
    index: Circuit = field(default_factory=index_circuit)
    moderation: Circuit | None = None


def circuits_of(*, has_moderation: bool, has_strong: bool) -> Circuits:
    """Return them; those of moderation and of a stronger model where there is one."""
    return Circuits(
        has_strong=has_strong,
        moderation=moderation_circuit() if has_moderation else None,
        redis=Circuit(
            "redis",
            failures=(RedisError, OSError, TimeoutError),
            when_open=lambda: NotAcceptedError("redis is left alone for a while"),
            recovery_s=2,
        ),
        slack=Circuit(
            "slack",
            failures=UncertainError,
            when_open=lambda: AdapterError("slack", "circuit_open"),
            recovery_s=5,
        ),
        teams=Circuit(
            "teams",
            failures=UncertainError,
            when_open=lambda: AdapterError("teams", "circuit_open"),
            recovery_s=5,
        ),
    )
