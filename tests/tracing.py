"""Collects all that spans say, of whichever library, as an exporter of traces would."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, NoOpTracer, Span, Tracer, TracerProvider

_written: list[str] = []
_listening: list[bool] = []


class _Span(NonRecordingSpan):
    """A span that writes down each word that it is told."""

    def __init__(self, name: str, *said: object) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self._say(name, *said)

    def _say(self, *said: object, **more: object) -> None:
        if _listening:
            _written.extend(map(repr, (*said, *more.values())))

    def is_recording(self) -> bool:
        return bool(_listening)

    set_attributes = set_attribute = add_event = update_name = _say

    def record_exception(self, exception: BaseException, *said: object, **more: object) -> None:
        # As the SDK does: with the words of each error that led to it.
        self._say("".join(traceback.format_exception(exception)), *said, *more.values())

    def set_status(self, status: object, description: str | None = None) -> None:
        self._say(getattr(status, "description", ""), description)


class _Tracer(NoOpTracer):
    def start_span(self, name: str, *given: object, **more: object) -> Span:
        return _Span(name, *given, *more.values())


class _Provider(TracerProvider):
    def get_tracer(self, *given: object, **more: object) -> Tracer:  # noqa: ARG002 - the API's
        return _Tracer()


@contextmanager
def traced() -> Iterator[list[str]]:
    """Collect while inside; the provider, which can be set once a process, stays."""
    if not isinstance(trace.get_tracer_provider(), _Provider):
        trace.set_tracer_provider(_Provider())
    _written.clear()
    _listening.append(True)
    try:
        yield _written
    finally:
        _listening.clear()
