"""Tells people what they must know: of a secret that they wrote, of documents that attack."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError
from adapters.ports import ChatAdapter
from adapters.types import ROOT, Citation, Person, Reply, ThreadId
from bot.controls.chatconfig import Role
from bot.controls.configstore import ConfigStore
from bot.controls.privately import SecretNotices
from bot.tasks import Background

log = structlog.get_logger(__name__)

_DAY_S = 24 * 3600
_MOST_A_DAY = 20
_MOST_PEOPLE = 20
_TIMEOUT_S = 20.0
_COUNT = "citewell:attack-reports"
_TEXT = (
    "A document seems to give the language model orders: {kind}. It was found for somebody's "
    "question, and {done}. Please look at it [1]. I report a document at most once a day; "
    "`citewell audit --fired passage_suspicious` lists the answers that it was found for."
)
_SHOWN = "the model was shown it with a warning"
_DROPPED = "the model was not shown it"


class AttackReports:
    """Writes to a channel that was named, else to each administrator alone.

    One message a document and day, and at most 20 documents a day; it holds the document's link
    and no word of it. Administrators are those that `owners` (`user:platform:workspace:id`) or
    the chat's own settings name; a group's members are not known.
    """

    def __init__(
        self,
        redis: Redis,
        adapters: Mapping[str, ChatAdapter],
        store: ConfigStore,
        *,
        owners: frozenset[str],
        channel: str = "",
    ) -> None:
        self._redis = redis
        self._adapters = adapters
        self._store = store
        self._owners = owners
        self._channel = channel
        self._telling = Background(name="attack report")

    def seen(self, location: str, url: str, kind: str, *, is_dropped: bool) -> None:
        """Report the document at `location`, in the background, unless it was today already."""
        if not self._telling.start(self._tell(location, url, kind, is_dropped=is_dropped)):
            log.warning("attack_unreported", reason="too_many_at_once")

    async def stop(self) -> None:
        """End what is being told."""
        await self._telling.stop()

    async def _tell(self, location: str, url: str, kind: str, *, is_dropped: bool) -> None:
        key = f"{_COUNT}:{hashlib.sha256(location.encode()).hexdigest()[:32]}"
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if not await self._redis.set(key, "1", nx=True, ex=_DAY_S):
                    return
                if not await self._may_tell_more():
                    log.warning("attack_unreported", reason="too_many_today")
                    return
                done = _DROPPED if is_dropped else _SHOWN
                source = Citation(number=1, title="The document", heading="", url=url, quote="")
                text = _TEXT.format(kind=f"`{kind}`", done=done)
                if not await self._told(Reply(text=text, citations=(source,))):
                    await self._redis.delete(key)
                    log.warning("attack_unreported", reason="nobody_reached")
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("attack_unreported", reason=type(error).__name__)

    async def _may_tell_more(self) -> bool:
        told = await self._redis.incr(_COUNT)
        if told == 1:
            await self._redis.expire(_COUNT, _DAY_S)
        return int(told) <= _MOST_A_DAY

    async def _told(self, reply: Reply) -> int:
        """Return how many were reached."""
        if self._channel:
            platform, workspace, channel = self._channel.split(":", maxsplit=2)
            place = ThreadId(platform=platform, workspace=workspace, channel=channel, thread=ROOT)
            return await self._attempted(platform, place, None, reply)
        reached = 0
        async for platform, person in self._administrators():
            reached += await self._attempted(platform, None, person, reply)
        return reached

    async def _attempted(
        self, platform: str, place: ThreadId | None, person: Person | None, reply: Reply
    ) -> int:
        adapter = self._adapters.get(platform)
        if adapter is None:
            return 0
        try:
            if place is not None:
                await adapter.send(place, reply)
            elif person is not None:
                await adapter.write_to(person, reply)
        except AdapterError as error:
            log.warning("attack_report_refused", platform=platform, error=error.code)
            return 0
        return 1

    async def _administrators(self) -> AsyncIterator[tuple[str, Person]]:
        config = (await self._store.current()).config
        may = {key for key, role in config.rights.items() if role.rank >= Role.ADMIN.rank}
        people = sorted(key for key in self._owners | may if key.startswith("user:"))
        for key in people[:_MOST_PEOPLE]:
            _, platform, workspace, name = key.split(":", maxsplit=3)
            yield platform, Person(id=name, workspace=workspace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told beside answers."""

    secrets: SecretNotices
    attacks: AttackReports

    async def stop(self) -> None:
        """End what is being told."""
        await self.secrets.stop()
        await self.attacks.stop()


def telling_of(
    redis: Redis,
    adapters: Mapping[str, ChatAdapter],
    store: ConfigStore,
    *,
    owners: frozenset[str],
    channel: str,
) -> Telling:
    """Compose it; `owners` and `channel` are told of attacks."""
    return Telling(
        secrets=SecretNotices(redis, adapters),
        attacks=AttackReports(redis, adapters, store, owners=owners, channel=channel),
    )
