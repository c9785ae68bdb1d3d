"""Keeps what others said out of the errors that the queue writes into traces."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog

log = structlog.get_logger(__name__)

_OURS = frozenset({"bot", "adapters", "knowledge", "guardrails"})

Given = ParamSpec("Given")
Result = TypeVar("Result")


class BrokenTaskError(Exception):
    """A task ended in an error that is none of ours; the message is its type."""


def unquoted(task: Callable[Given, Awaitable[Result]]) -> Callable[Given, Awaitable[Result]]:
    """Return `task`, whose errors say what we say, and not what led to them.

    The queue writes an error into its trace with all that caused it: what a vendor answered, or
    the text that a library could not read.
    """

    @wraps(task)
    async def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return await task(*args, **kwargs)
        except Exception as error:
            if type(error).__module__.partition(".")[0] in _OURS:
                raise error from None
            log.error("task_broke", exc_info=error)  # noqa: TRY400 - facts only
            raise BrokenTaskError(type(error).__name__) from None

    return run
