"""Work that a press asks for: sealed on the queue, done once by whichever worker takes it."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from docket import Docket, TaskKey
from pydantic import TypeAdapter

from adapters.types import IncomingAction
from bot.crypto import Cipher
from bot.unquoted import unquoted

Wanted = TypeVar("Wanted")
_DONE_S = 3600


class PressedWork(Generic[Wanted]):
    """Hands over to a worker what presses ask for, under the name `task`; `do` does it there.

    What a worker began and did not end, another one begins anew: `do` must bear that.
    """

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

        async def take(sealed: str, key: str = TaskKey()) -> None:
            await self._take(sealed, key)

        docket.register(unquoted(take), names=[task])

    async def add(self, action: IncomingAction, wanted: Wanted, *, after_s: float = 0) -> None:
        """Put `wanted` on the queue, for `after_s` from now; the same press changes nothing."""
        sealed = self._cipher.seal(self._form.dump_json(wanted), self._task)
        when = datetime.now(UTC) + timedelta(seconds=after_s) if after_s else None
        await self._docket.add(self._task, when=when, key=self._key(action))(
            base64.b64encode(sealed).decode()
        )

    async def withdraw(self, action: IncomingAction) -> None:
        """Take what a press asked for off the queue."""
        await self._docket.cancel(self._key(action))

    async def _take(self, sealed: str, key: str) -> None:
        opened = self._cipher.open(base64.b64decode(sealed), self._task)
        done = f"citewell:done:{key}"
        async with self._docket.redis() as redis:
            if await redis.exists(done):
                return
        await self._do(self._form.validate_json(opened))
        async with self._docket.redis() as redis:
            await redis.set(done, "1", ex=_DONE_S)

    def _key(self, action: IncomingAction) -> str:
        return f"{self._task}:{action.platform}:{action.workspace}:{action.event_id}"
