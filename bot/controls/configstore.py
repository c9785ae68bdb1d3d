"""Keeps what administrators set in the chat, with a version and a log that only grows."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from bot.controls.chatconfig import ChatConfig, flat, with_values

_CURRENT, _LOG = "citewell:{config}:current", "citewell:{config}:log"
_ATTEMPTS = 5
_MAX_LOGGED = 20_000
# KEYS current, log; ARGV expected version, new value, log entry, longest log
_SWAP = """
local now = redis.call('HGET', KEYS[1], 'version') or '0'
if now ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'value', ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], -ARGV[4], -1)
return 1
"""


class ChangedMeanwhileError(Exception):
    """Somebody else changed the same, so that this change was not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned:
    """The configuration and its version, 0 before the first change."""

    version: int
    config: ChatConfig


@dataclass(slots=True)
class _Held:
    found: Versioned | None = None


_held: ContextVar[_Held | None] = ContextVar("held", default=None)


@contextmanager
def under_one_version() -> Iterator[None]:
    """Let all that is read inside, in one answer, be of one version, and asked for once."""
    token = _held.set(_Held())
    try:
        yield
    finally:
        _held.reset(token)


class Change(BaseModel):
    """One entry of the log: who did what when, and each value before and after (None: default)."""

    model_config = ConfigDict(frozen=True)

    version: int
    at_s: float
    who: str
    what: str
    before: dict[str, Any]
    after: dict[str, Any]


class ConfigStore:
    """The configuration in Redis; a change that loses a race is made anew on what won it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._swap = redis.register_script(_SWAP)
        self._last = Versioned(version=0, config=ChatConfig())

    async def current(self) -> Versioned:
        """Return the configuration as it is now, or as it was first `under_one_version`."""
        held = _held.get()
        if held is None:
            return await self._now()
        if held.found is None:
            held.found = await self._now()
        return held.found

    async def _now(self) -> Versioned:
        version, value = await self._redis.hmget(_CURRENT, ["version", "value"])
        if version is None or value is None:
            return Versioned(version=0, config=ChatConfig())
        if self._last.version != int(version):
            config = ChatConfig.model_validate_json(value)
            self._last = Versioned(version=int(version), config=config)
        return self._last

    async def bound(self, channel: str) -> tuple[str, ...]:
        """Return the sets that `channel` (`platform:workspace:id`) is bound to."""
        return (await self.current()).config.channel(channel).sets if channel else ()

    async def members(self) -> Mapping[str, frozenset[str]]:
        """Return the sources that were added in the chat, by the sets that they are in."""
        return (await self.current()).config.members()

    async def change(
        self,
        who: str,
        what: str,
        apply: Callable[[ChatConfig], ChatConfig],
        *,
        expected: int | None = None,
    ) -> Change:
        """Make a change and log it; one that changes nothing is logged all the same.

        Raises:
            ChangedMeanwhileError: The version is not `expected`, or others change it all the time.
            ValueError: What would come of it is not valid.
        """
        for _ in range(_ATTEMPTS):
            now = await self._now()
            if expected is not None and now.version != expected:
                break
            made = apply(now.config)
            before, after = difference(flat(now.config), flat(made))
            change = Change(
                version=now.version + 1,
                at_s=time.time(),
                who=who,
                what=what[:500],
                before=before,
                after=after,
            )
            args: list[str | int] = [
                now.version,
                made.model_dump_json(),
                change.model_dump_json(),
                _MAX_LOGGED,
            ]
            if await self._swap(keys=[_CURRENT, _LOG], args=args):
                return change
        raise ChangedMeanwhileError("somebody changed the configuration at the same time")

    async def history(self, limit: int = 20) -> list[Change]:
        """Return the newest changes, the newest first."""
        entries = await self._redis.lrange(_LOG, -limit, -1)
        return [Change.model_validate_json(entry) for entry in reversed(entries)]

    async def undo(self, version: int, who: str) -> Change:
        """Take back what the change to `version` set, where it still is as that change left it.

        Raises:
            LookupError: There is no such change.
            ChangedMeanwhileError: A later change set the same anew.
        """
        past = next((c for c in await self.history(_MAX_LOGGED) if c.version == version), None)
        if past is None:
            raise LookupError(version)

        def taken_back(config: ChatConfig) -> ChatConfig:
            now = flat(config)
            if any(now.get(path) != value for path, value in past.after.items()):
                raise ChangedMeanwhileError("a later change set the same anew")
            return with_values(config, past.before)

        return await self.change(who, f"undo {version}", taken_back)


def difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the values of the paths where the two differ, in each; None is the default."""
    paths = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
    return {p: before.get(p) for p in paths}, {p: after.get(p) for p in paths}


def shown(change: Change) -> list[str]:
    """Return each value that a change set, as `path: before -> after`."""
    return [
        f"{path}: {_word(change.before.get(path))} \u2192 {_word(value)}"
        for path, value in change.after.items()
    ]


def _word(value: object) -> str:
    return "default" if value is None else json.dumps(value, ensure_ascii=False)
