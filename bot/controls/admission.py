"""Who is heard where: a channel's mode, a pause, blocks and limits."""

import structlog

from adapters.ports import ReplyStream
from adapters.types import IncomingMessage, Person, PlatformRole, Reply, ThreadId
from bot.addressee.types import ChannelMode
from bot.controls.chatconfig import ChatConfig, Role
from bot.controls.configstore import ConfigStore
from bot.controls.usage import UsageBook
from bot.language.texts import said
from bot.ports import Line
from bot.record import notes
from bot.types import Answer, Outcome, Usage

log = structlog.get_logger(__name__)


class Admission:
    """Decides by what administrators set; it fails where Redis does."""

    def __init__(self, store: ConfigStore, usage: UsageBook) -> None:
        self._store = store
        self._usage = usage

    async def refusal(self, message: IncomingMessage) -> str:
        """Count `message`, or say why it is not answered; empty where it is."""
        config = (await self._store.current()).config
        if config.notice:
            return config.notice
        if is_among(message.person, message.thread.platform, config.blocked):
            return said("not_admitted")
        reached = await self._usage.count(message, config.limits)
        if reached is None:
            return ""
        log.info("limit_reached", thread=str(message.thread), scope=reached.scope)
        return said(
            "limit_reached",
            whose=said(f"limit_whose_{reached.scope}"),
            what=said(f"limit_of_{reached.unit}"),
        )

    async def spent(self, message: IncomingMessage, answer: Answer) -> None:
        """Count what an answer took."""
        prices = (await self._store.current()).config.prices
        await self._usage.add(message, answer.usage, prices)

    async def spent_beside(self, message: IncomingMessage) -> None:
        """Count what other models took, such as for the question in other words."""
        prices = (await self._store.current()).config.prices
        for model, (read, written) in notes.spent_beside().items():
            usage = Usage(input_tokens=read, output_tokens=written, model=model)
            await self._usage.add(message, usage, prices)


class AdmittedLine:
    """A line that answers only what is admitted, and counts what that takes."""

    def __init__(self, inner: Line, admission: Admission) -> None:
        self._inner = inner
        self._admission = admission

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        if text := await self._admission.refusal(message):
            await reply.finish(Reply(text=text))
            return Answer(outcome=Outcome.REFUSED, text=text, reason="not_admitted")
        try:
            answer = await self._inner.answer(message, reply)
        finally:
            await self._admission.spent_beside(message)
        await self._admission.spent(message, answer)
        return answer


class ConfiguredModes:
    """The mode of each channel, as administrators set it; `default` where they did not."""

    def __init__(self, store: ConfigStore, default: ChannelMode) -> None:
        self._store = store
        self._default = default

    async def mode_of(self, thread: ThreadId) -> ChannelMode:
        config = (await self._store.current()).config
        return config.channel(place_of(thread)).mode or self._default


def place_of(thread: ThreadId) -> str:
    """Return the key of a thread's channel in the configuration."""
    return f"{thread.platform}:{thread.workspace}:{thread.channel}"


def subjects_of(person: Person, platform: str) -> frozenset[str]:
    """Return the keys that a person goes by: their own, and their groups'."""
    own = f"user:{platform}:{person.workspace}:{person.id}"
    return frozenset({own, *(f"group:{group}" for group in person.groups)})


def is_among(person: Person, platform: str, keys: dict[str, str]) -> bool:
    """Return whether a person, or a group of theirs, is one of `keys`."""
    return not subjects_of(person, platform).isdisjoint(keys)


def role_of(person: Person, platform: str, config: ChatConfig, owners: frozenset[str]) -> Role:
    """Return the most that a person may do: by setting, by grant, or as the platform's own role.

    Someone from outside the company is never more than a member.
    """
    if person.is_guest:
        return Role.MEMBER
    subjects = subjects_of(person, platform)
    roles = [config.rights[each] for each in subjects & config.rights.keys()]
    roles.append({PlatformRole.OWNER: Role.OWNER, PlatformRole.ADMIN: Role.ADMIN}.get(
        person.role, Role.MEMBER
    ))  # fmt: skip
    if not subjects.isdisjoint(owners):
        roles.append(Role.OWNER)
    return max(roles, key=lambda role: role.rank)
