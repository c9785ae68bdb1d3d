"""What of a person lies in the mailbox, the threads and the maps, and how it is erased."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.types import IncomingDeletion, ThreadId
from bot.addressee.notes import ThreadNotes
from bot.attached.store import AttachedStore
from bot.crypto import Cipher
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.ports import Line
from bot.queue.claims import OPEN_STATES, State, Written
from bot.queue.mailbox import Mailbox
from bot.queue.stops import StopSigns
from bot.record.addresses import AddressBook
from bot.record.forgetting import Forgetter, Forgetting, StillInUseError, Subject
from bot.record.participants import AttendedLine, Participants
from bot.record.pseudonyms import Pseudonyms
from bot.record.store import RedisAnswerLedger

_WAIT_S = 20.0
_STEP_S = 0.1


class ForgetMessages:
    """Messages that wait, are being answered, or failed; what is being written is stopped."""

    kind = "messages"

    def __init__(self, mailbox: Mailbox, stops: StopSigns) -> None:
        self._mailbox = mailbox
        self._stops = stops

    async def count(self, subject: Subject) -> int:
        return len([each async for each in self._mailbox.written_by(*_whose(subject))])

    async def forget(self, subject: Subject) -> int:
        found = [each async for each in self._mailbox.written_by(*_whose(subject))]
        for each in found:
            if each.state in OPEN_STATES:
                await self._end(each)
            await self._mailbox.erase(each.thread, each.message_id)
        return len(found)

    async def _end(self, each: Written) -> None:
        """Take a message back, or stop its answer and wait for its end."""
        deletion = IncomingDeletion(event_id="", message_id=each.message_id, thread=each.thread)
        if await self._mailbox.remove(deletion) == "removed":
            return
        await self._stops.put(each.thread)
        try:
            async with asyncio.timeout(_WAIT_S):
                while (await self._look(each)) is State.ANSWERING:  # noqa: ASYNC110
                    await asyncio.sleep(_STEP_S)
        except TimeoutError:
            raise StillInUseError(self.kind) from None

    async def _look(self, each: Written) -> State | None:
        return (await self._mailbox.look(each.thread, each.message_id)).state


class ForgetThreads:
    """The threads in which the person took part: turns, maps and files, other people's as well.

    Nobody is answered in a thread while it is erased: an answer would write back what it read.
    """

    kind = "threads"

    def __init__(
        self,
        participants: Participants,
        memory: RedisThreadMemory,
        placeholders: RedisPlaceholderStore,
        mailbox: Mailbox,
        files: AttachedStore,
    ) -> None:
        self._files = files
        self._participants = participants
        self._memory = memory
        self._placeholders = placeholders
        self._mailbox = mailbox

    async def count(self, subject: Subject) -> int:
        return len(await self._participants.threads(subject.pseudonym))

    async def forget(self, subject: Subject) -> int:
        threads = await self._participants.threads(subject.pseudonym)
        for thread in threads:
            async with _held(self._mailbox, thread, self.kind):
                await self._memory.forget(thread)
                await self._files.forget(thread)
                await self._placeholders.forget(thread)
                await self._participants.forget(thread)
        return len(threads)


class ForgetNames:
    """The person's name and address in the maps of threads in which others wrote of them."""

    kind = "names in other threads"

    def __init__(
        self, participants: Participants, placeholders: RedisPlaceholderStore, mailbox: Mailbox
    ) -> None:
        self._participants = participants
        self._placeholders = placeholders
        self._mailbox = mailbox

    async def count(self, subject: Subject) -> int:
        return len(await self._naming(subject))

    async def forget(self, subject: Subject) -> int:
        threads = await self._naming(subject)
        for thread in threads:
            async with _held(self._mailbox, thread, self.kind):
                await self._placeholders.forget_words(thread, lambda value: _names(value, subject))
        return len(threads)

    async def _naming(self, subject: Subject) -> Sequence[ThreadId]:
        if not subject.words:
            return ()
        own = frozenset(await self._participants.threads(subject.pseudonym))
        return [
            thread
            async for thread, known in self._placeholders.all()
            if thread not in own
            and any(_names(words, subject) for words in (*known.values.values(), *known.people))
        ]


class ForgetNotes:
    """Who wrote in our threads, as it is kept to judge the next message there."""

    kind = "notes of who wrote in threads"

    def __init__(self, notes: ThreadNotes) -> None:
        self._notes = notes

    async def count(self, subject: Subject) -> int:
        return await self._notes.count_by(f"{subject.workspace}:{subject.id}")

    async def forget(self, subject: Subject) -> int:
        return await self._notes.forget_by(f"{subject.workspace}:{subject.id}")


class ForgetAnswers:
    """The person's entries in the ledger of answers."""

    kind = "answers in the ledger"

    def __init__(self, ledger: RedisAnswerLedger) -> None:
        self._ledger = ledger

    async def count(self, subject: Subject) -> int:
        return await self._ledger.count(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._ledger.forget(subject.pseudonym)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Who takes part where, and what forgets a person; other parts `add` themselves to it."""

    participants: Participants
    addresses: AddressBook
    forgetter: Forgetter

    def around(self, line: Line) -> Line:
        """Return `line` with what is noted of each message before it, so that it can be erased."""
        return AttendedLine(line, self.participants, self.addresses)


def erasure_of(
    *,
    redis: Redis,
    cipher: Cipher,
    mailbox: Mailbox,
    stops: StopSigns,
    ledger: RedisAnswerLedger,
    ttl_s: int,
    known_s: int,
    receipt_days: int,
) -> Erasure:
    """Compose what the core keeps of people, in the order in which it must be erased.

    `ttl_s` is how long a thread is remembered, `known_s` how long by which address a person is
    known.
    """
    pseudonyms = Pseudonyms(redis, cipher)
    participants = Participants(redis, pseudonyms, ttl_s=ttl_s)
    memory = RedisThreadMemory(redis, ttl_s=ttl_s, max_tokens=0)
    placeholders = RedisPlaceholderStore(redis, cipher, ttl_s=ttl_s)
    parts: tuple[Forgetting, ...] = (
        ForgetMessages(mailbox, stops),
        ForgetThreads(
            participants,
            memory,
            placeholders,
            mailbox,
            AttachedStore(redis, cipher, ttl_s=ttl_s),
        ),
        ForgetNames(participants, placeholders, mailbox),
        ForgetNotes(ThreadNotes(redis, cipher, ttl_s=ttl_s)),
        ForgetAnswers(ledger),
    )
    addresses = AddressBook(redis, pseudonyms, ttl_s=known_s)
    forgetter = Forgetter(redis, pseudonyms, parts, addresses=addresses, receipt_days=receipt_days)
    return Erasure(participants=participants, addresses=addresses, forgetter=forgetter)


@asynccontextmanager
async def _held(mailbox: Mailbox, thread: ThreadId, kind: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_WAIT_S):
            token = await mailbox.hold(thread)
    except TimeoutError:
        raise StillInUseError(kind) from None
    try:
        yield
    finally:
        await mailbox.let_go(thread, token)


def _whose(subject: Subject) -> tuple[str, str, str]:
    return subject.platform, subject.workspace, subject.id


def _names(value: str, subject: Subject) -> bool:
    """Say whether `value` is a part of the person's name or holds it, or is their address."""
    own = _parts(value)
    wanted = (_parts(word) for word in subject.words)
    return bool(own) and any(own <= words or (words and words <= own) for words in wanted)


def _parts(words: str) -> frozenset[str]:
    return frozenset(part for part in re.split(r"\s+", words.casefold()) if len(part) > 1)
