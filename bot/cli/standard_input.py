"""Reads standard input beside the event loop, so that Ctrl-C ends a command that waits for it."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, TypeVar

Read = TypeVar("Read")


def opened_input() -> BinaryIO:
    """Open standard input anew: the interpreter waits at its end for a reader of `sys.stdin`."""
    return open(0, "rb", closefd=False)


async def awaited_input(read: Callable[[], Read]) -> Read:
    """Return what `read` returns, from a thread that nobody waits for at the end.

    `asyncio.to_thread` would: a command that was interrupted would then end at the next line only.

    Raises:
        Exception: What `read` raised.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Future[Read] = loop.create_future()

    def settle(value: Read | None, error: Exception | None) -> None:
        if made.done():
            return
        if error is not None:
            made.set_exception(error)
        else:
            made.set_result(value)  # type: ignore[arg-type] # without an error it is there

    def work() -> None:
        value, error = None, None
        try:
            value = read()
        except Exception as raised:  # noqa: BLE001 - it is raised where it is awaited
            error = raised
        with suppress(RuntimeError):  # the loop has ended: nobody wants it any more
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, name="standard-input", daemon=True).start()
    return await made
