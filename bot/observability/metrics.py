"""Counters and timings for Prometheus: numbers, parts and states, never a text or a name."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What one process counts; a scraper adds the processes up."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._states = Counter(
            "citewell_messages",
            "Messages that reached a state",
            ["state"],
            registry=self._registry,
        )
        self._outcomes = Counter(
            "citewell_answers", "Answers by outcome", ["outcome"], registry=self._registry
        )
        self._decisions = Counter(
            "citewell_decisions",
            "Whether a message in a channel was for us, and why",
            ["decision", "reason"],
            registry=self._registry,
        )
        self._steps = Histogram(
            "citewell_step_seconds",
            "Time that a step of an answer took",
            ["step"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._calls = Counter(
            "citewell_platform_calls",
            "Calls of a chat platform's API",
            ["platform", "method", "result"],
            registry=self._registry,
        )
        self._kept = Gauge(
            "citewell_kept_messages",
            "Messages in Redis: open ones, and dead letters",
            ["list"],
            registry=self._registry,
        )
        self._unrecorded = Counter(
            "citewell_ledger_failures",
            "Answers that could not be written to the ledger",
            registry=self._registry,
        )
        self._humans = Counter(
            "citewell_human_requests",
            "Questions that were handed over to people, by the state that they reached",
            ["state"],
            registry=self._registry,
        )
        self._circuits = Gauge(
            "citewell_circuit_open",
            "1 while a dependency is left alone because it keeps failing",
            ["part"],
            registry=self._registry,
        )

    def reached(self, state: str) -> None:
        """Count a message that reached `state`."""
        self._states.labels(state).inc()

    def answered(self, outcome: str, steps_ms: Mapping[str, float]) -> None:
        """Count an answer and the milliseconds of its steps."""
        self._outcomes.labels(outcome).inc()
        for name, spent_ms in steps_ms.items():
            self._steps.labels(name).observe(spent_ms / 1000)

    def human_asked(self, state: str) -> None:
        """Count a request for a human that reached `state`."""
        self._humans.labels(state).inc()

    def ledger_failed(self) -> None:
        """Count an answer that the ledger does not know."""
        self._unrecorded.inc()

    def judged(self, decision: str, reason: str) -> None:
        """Count a decision whether a message was for us."""
        self._decisions.labels(decision, reason).inc()

    def called(self, platform: str, method: str, result: str) -> None:
        """Count a call of a platform; `result` is `ok` or the platform's word for why not."""
        self._calls.labels(platform, method, result).inc()

    def rendered(self, kept: Mapping[str, int], open_circuits: Iterable[tuple[str, bool]]) -> bytes:
        """Return everything in Prometheus' text form."""
        for name, count in kept.items():
            self._kept.labels(name).set(count)
        for part, is_open in open_circuits:
            self._circuits.labels(part).set(is_open)
        return generate_latest(self._registry)
