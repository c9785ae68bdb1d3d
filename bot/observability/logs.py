"""Logs that can't hold what people or documents say: only events, ids, counts and times."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Literal

import structlog
from structlog.typing import EventDict

_EVENT = re.compile(r"[a-z][a-z0-9_]{0,60}")
_IDENTIFIER = re.compile(r"[\w.:@/%+=<>-]{1,160}")
_TEXT_FIELDS = frozenset(
    {
        "level", "timestamp", "logger", "thread", "platform", "message_id", "event_id", "error_id",
        "error", "kind", "outcome", "model", "step", "part", "state", "role", "address", "at",
        "prompt", "code", "stage_was", "chunk", "vote", "command",
    }
)  # fmt: skip
_WITHHELD = "[withheld]"


def only_facts(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Withhold every value that could hold a text.

    Numbers, booleans and None pass; a string passes only under a known field, and only when it
    has the form of an identifier: no white space, at most 160 characters.
    """
    return {key: _fact(key, value) for key, value in event.items()}


def _fact(key: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if key == "event":
        return value if isinstance(value, str) and _EVENT.fullmatch(value) else _WITHHELD
    if key == "ms" and isinstance(value, Mapping):
        return {str(k): v for k, v in value.items() if isinstance(v, int | float)}
    text = str(value)
    return text if key in _TEXT_FIELDS and _IDENTIFIER.fullmatch(text) else _WITHHELD


def where_it_broke(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and its place: its message may quote a text."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-1:]
        event["at"] = f"{frames[0].name}:{frames[0].lineno}" if frames else ""
    return event


def foreign_as_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Reduce a line of a library to its logger's name: its words may quote a text."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
        event["event"] = "library_event"
    return event


def configure_logs(style: Literal["auto", "json", "pretty"], level: str) -> None:
    """Send our own and the libraries' logs to standard error, facts only."""
    is_pretty = style == "pretty" or (style == "auto" and sys.stderr.isatty())
    renderer = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if is_pretty
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        where_it_broke,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, foreign_as_event],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            only_facts,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for package in ("bot", "adapters", "knowledge", "guardrails"):
        logging.getLogger(package).setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
