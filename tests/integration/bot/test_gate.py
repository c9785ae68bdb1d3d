"""What is kept of a thread to judge its next message: little, sealed, and not for ever."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from adapters.types import Addressed, IncomingMessage, Person, ThreadId
from bot.addressee.gate import Gate, SameMode
from bot.addressee.notes import ThreadNotes
from bot.addressee.types import ChannelMode, Reason
from bot.crypto import Cipher
from tests.builders import a_message, a_thread

ANN = Person(id="U_ANN", workspace="T1", name="Ann Archer")
BEN = Person(id="U_BEN", workspace="T1", name="Ben Brook")
Write = Callable[..., Awaitable[Reason]]


@pytest.fixture
def notes(redis: Redis, cipher: Cipher) -> ThreadNotes:
    return ThreadNotes(redis, cipher, ttl_s=3600)


@pytest.fixture
def gate(notes: ThreadNotes) -> Gate:
    return Gate(notes, SameMode(ChannelMode.THREAD), our_names=("Citewell",))


def in_thread(
    text: str,
    message_id: str,
    person: Person = ANN,
    *,
    thread: ThreadId | None = None,
    addressed: Addressed = Addressed.FOLLOW_UP,
) -> IncomingMessage:
    message = a_message(text, message_id=message_id, thread=thread, addressed=addressed)
    return replace(message, person=person)


async def begun(gate: Gate) -> None:
    first = in_thread("How many days do I get?", "1.0", addressed=Addressed.MENTION)
    await gate.judge(first)
    await gate.answered(first, "30 days.")


async def test_a_follow_up_is_wanted_only_in_a_thread_that_we_have_a_part_in(gate: Gate) -> None:
    await begun(gate)
    theirs = in_thread("and with children?", "2.1", thread=a_thread("2.0"))

    assert await gate.may_want(in_thread("and with children?", "1.1"))
    assert (await gate.judge(in_thread("and with children?", "1.1"))).answers
    assert not await gate.may_want(theirs)
    assert (await gate.judge(theirs)).reason is Reason.NOT_OURS


async def test_who_is_known_to_take_part_can_be_called_by_name(gate: Gate) -> None:
    await begun(gate)
    await gate.judge(in_thread("I'd ask in March", "1.1", BEN))
    called = await gate.judge(in_thread("ben what do they say there", "1.2"))

    assert called.reason is Reason.SOMEONE_ELSE


async def test_the_same_message_gets_the_same_decision(gate: Gate) -> None:
    await begun(gate)
    first = await gate.judge(in_thread("and with children?", "1.1"))
    await gate.judge(in_thread("I'd ask Helen about this", "1.2", BEN))
    again = await gate.judge(in_thread("and with children?", "1.1"))

    assert again == first
    assert again.answers


async def test_what_is_kept_is_sealed_bounded_and_ends(
    gate: Gate, redis: Redis, notes: ThreadNotes
) -> None:
    await begun(gate)
    for number in range(60):
        await gate.judge(in_thread("I see it like Ann Archer does", f"1.{number + 1}", BEN))
    (key,) = await redis.keys("citewell:*:notes")
    kept = repr(await redis.lrange(key, 0, -1))

    assert len(await notes.read(a_thread())) == 40
    assert 0 < await redis.ttl(key) <= 3600
    assert all(word not in kept for word in ("Ben", "Ann", "U_BEN", "see it"))


async def test_what_is_kept_of_one_person_can_be_forgotten(gate: Gate, notes: ThreadNotes) -> None:
    await begun(gate)
    await gate.judge(in_thread("I see it like Ann Archer does", "1.1", BEN))
    forgotten = await notes.forget_by("T1:U_BEN")

    assert forgotten == 1
    assert await notes.count_by("T1:U_BEN") == 0
    assert await notes.count_by("T1:U_ANN") == 1


async def test_what_was_sealed_with_another_key_is_no_part_of_ours(
    gate: Gate, redis: Redis
) -> None:
    await begun(gate)
    other = Gate(
        ThreadNotes(redis, Cipher(b"another secret of many bytes"), ttl_s=3600),
        SameMode(ChannelMode.THREAD),
        our_names=("Citewell",),
    )

    assert (await other.judge(in_thread("and with children?", "1.1"))).reason is Reason.NOT_OURS


async def test_a_question_to_the_channel_is_noted_only_when_it_was_answered(
    notes: ThreadNotes,
) -> None:
    gate = Gate(notes, SameMode(ChannelMode.AUTO_ANSWER), our_names=("Citewell",))
    question = in_thread("How do I get a badge?", "1.0", addressed=Addressed.OVERHEARD)

    assert (await gate.judge(question)).answers
    assert not await notes.is_ours(a_thread())
    await gate.answered(question, "At the front desk.")
    assert (await gate.judge(in_thread("and for guests?", "1.1"))).answers
