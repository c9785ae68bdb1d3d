"""Work that a press asks for: sealed on the queue, done once by whichever worker takes it."""

import base64
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from docket import Docket
from pydantic import TypeAdapter

from adapters.types import IncomingAction
from bot.crypto import Cipher

Wanted = TypeVar("Wanted")


class PressedWork(Generic[Wanted]):
    """Hands over to a worker what presses ask for, under the name `task`; `do` does it there."""

    def __init__(
        self,
        docket: Docket,
        cipher: Cipher,
        task: str,
        form: TypeAdapter[Wanted],
        do: Callable[[Wanted], Awaitable[None]],
    ) -> None:
        self._docket = docket
        self._cipher = cipher
        self._task = task
        self._form = form
        self._do = do
        docket.register(self._take, names=[task])

    async def add(self, action: IncomingAction, wanted: Wanted) -> None:
        """Put `wanted` on the queue; the same press again changes nothing."""
        sealed = self._cipher.seal(self._form.dump_json(wanted), self._task)
        key = f"{self._task}:{action.workspace}:{action.event_id}"
        await self._docket.add(self._task, key=key)(base64.b64encode(sealed).decode())

    async def _take(self, sealed: str) -> None:
        opened = self._cipher.open(base64.b64decode(sealed), self._task)
        await self._do(self._form.validate_json(opened))
