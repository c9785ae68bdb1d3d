"""Lines that are as administrators set them: flags, and versions of prompts."""

from dataclasses import replace

from adapters.ports import ReplyStream
from adapters.types import IncomingMessage, Reply, SentReply
from bot.controls.chatconfig import Flag
from bot.controls.configstore import ConfigStore
from bot.ports import Line
from bot.prompts.library import choosing
from bot.types import Answer


class SwitchedLine:
    """Answers through `on` where `flag` is on, else through `off`; looked up for each message."""

    def __init__(self, flag: Flag, store: ConfigStore, *, on: Line, off: Line) -> None:
        self._flag = flag
        self._store = store
        self._on = on
        self._off = off

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        thread = message.thread
        place = f"{thread.platform}:{thread.workspace}:{thread.channel}"
        config = (await self._store.current()).config
        line = self._on if config.is_on(self._flag, place) else self._off
        return await line.answer(message, reply)


class PromptedLine:
    """A line whose prompts are of the versions that are set; looked up for each message."""

    def __init__(self, inner: Line, store: ConfigStore) -> None:
        self._inner = inner
        self._store = store

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        with choosing((await self._store.current()).config.prompts):
            return await self._inner.answer(message, reply)


class WithoutClosest:
    """A line that links no nearest documents where it found no answer."""

    def __init__(self, inner: Line) -> None:
        self._inner = inner

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        return await self._inner.answer(message, _Bare(reply))


class _Bare:
    def __init__(self, inner: ReplyStream) -> None:
        self._inner = inner

    async def progress(self, note: str) -> None:
        await self._inner.progress(note)

    async def append(self, text: str) -> None:
        await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        return await self._inner.finish(replace(reply, closest=()))
