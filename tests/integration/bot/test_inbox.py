"""An accepted message is durable, taken once, and answered in its thread's order."""

import asyncio
import uuid

import pytest
from docket import Docket
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import NotAcceptedError, OverloadedError
from adapters.types import IncomingDeletion, IncomingMessage, Person
from bot.breakers import Circuit
from bot.crypto import Cipher
from bot.errors import TryAgainError
from bot.queue.claims import Claim, Closed, State
from bot.queue.inbox import Inbox
from bot.queue.leases import Lease
from bot.queue.mailbox import DEAD, Mailbox
from bot.queue.watchdog import Watchdog
from bot.queue.work import working
from tests.builders import ANN, a_message, a_thread

BEN = Person(id="U_BEN", workspace="T1")


class Recorder:
    """Answers by writing down what came; says when it has enough, and can fail first."""

    def __init__(self, enough: int, *, failures: int = 0) -> None:
        self.texts: list[str] = []
        self.done = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self._enough = enough
        self._failures = failures

    async def answer(self, lease: Lease) -> Closed:
        self.begun.set()
        await self.gate.wait()
        if self._failures:
            self._failures -= 1
            raise TryAgainError("internal_error", after_s=0)
        assert lease.claim.message is not None
        self.texts.append(lease.claim.message.text)
        if len(self.texts) >= self._enough:
            self.done.set()
        return Closed(state=State.ANSWERED)


@pytest.fixture
def mailbox(redis: Redis, cipher: Cipher) -> Mailbox:
    return Mailbox(redis, cipher, ttl_s=3600, lease_s=2)


@pytest.fixture
def inbox(mailbox: Mailbox, docket: Docket) -> Inbox:
    return an_inbox(mailbox, docket)


def an_inbox(mailbox: Mailbox, docket: Docket, max_open: int = 1000) -> Inbox:
    circuit = Circuit(
        "redis", failures=RedisError, when_open=lambda: NotAcceptedError("open"), threshold=3
    )
    return Inbox(mailbox, docket, circuit, timeout_s=2, max_open=max_open)


async def answered(inbox: Inbox, docket: Docket, recorder: Recorder, mailbox: Mailbox) -> list[str]:
    inbox.serve(recorder.answer)
    watchdog = Watchdog(mailbox, inbox, recorder.answer, deadline_s=60)
    async with asyncio.timeout(60), working(docket, concurrency=4), watchdog.running():
        await recorder.done.wait()
    return recorder.texts


def by_turns(number: int) -> Person:
    """Return another person for each message, so that none are taken together."""
    return (ANN, BEN)[number % 2]


async def test_a_threads_messages_are_answered_in_the_order_they_were_written(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    for number in (3, 0, 1, 2, 7, 5, 6, 4):  # deliveries overtake each other
        await inbox.accept(
            written_at(number, a_message(f"{number}", message_id=f"{number}.0"), by_turns(number))
        )

    assert await answered(inbox, docket, Recorder(8), mailbox) == list("01234567")


async def test_what_one_person_writes_meanwhile_is_taken_together(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    recorder = Recorder(3)
    recorder.gate.clear()
    await inbox.accept(written_at(0, a_message("first", message_id="0.0"), ANN))
    inbox.serve(recorder.answer)
    async with asyncio.timeout(60), working(docket, concurrency=4):
        await recorder.begun.wait()
        for number, text in enumerate(("and", "one more", "thing"), start=1):
            await inbox.accept(written_at(number, a_message(text, message_id=f"{number}.0"), ANN))
        await inbox.accept(written_at(4, a_message("mine", message_id="4.0"), BEN))
        recorder.gate.set()
        await recorder.done.wait()

    assert recorder.texts == ["first", "and\none more\nthing", "mine"]


async def test_the_same_event_and_the_same_message_are_taken_once(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    taken = [
        await inbox.accept(a_message("once", event_id="Ev1", message_id="1.0")),
        await inbox.accept(a_message("once", event_id="Ev1", message_id="1.0")),
        await inbox.accept(a_message("once", event_id="Ev2", message_id="1.0")),
        await inbox.accept(written_at(2, a_message("last", event_id="Ev3", message_id="2.0"), BEN)),
    ]

    assert taken == [True, False, False, True]
    assert await answered(inbox, docket, Recorder(2), mailbox) == ["once", "last"]


async def test_what_comes_again_after_its_answer_does_not_count_as_open(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    await inbox.accept(a_message("once", event_id="Ev1"))
    await answered(inbox, docket, Recorder(1), mailbox)
    again = [await inbox.accept(a_message("once", event_id=f"Ev{n}")) for n in (1, 2, 3)]

    assert again == [False, False, False]
    assert await mailbox.counts() == {"open": 0, "dead": 0}


async def test_what_can_not_be_done_now_is_tried_again(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    await inbox.accept(a_message("once more"))

    assert await answered(inbox, docket, Recorder(1, failures=1), mailbox) == ["once more"]


async def test_an_edit_changes_what_waits_and_comes_in_time_even_before_its_message(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    await inbox.accept(a_message("how many days", message_id="1.0"))
    changed = await inbox.edit(a_message("how many weeks", message_id="1.0", event_id="Ev9"))
    early = await inbox.edit(written_at(2, a_message("new words", message_id="2.0"), BEN))
    await inbox.accept(written_at(2, a_message("old words", message_id="2.0"), BEN))

    assert (changed, early) == ("changed", "early")
    texts = await answered(inbox, docket, Recorder(2), mailbox)
    assert texts == ["how many weeks", "new words"]
    assert await inbox.edit(a_message("too late", message_id="1.0", event_id="Ev10")) == "late"


async def test_a_deletion_removes_what_waits_even_before_it_comes(
    inbox: Inbox, docket: Docket, mailbox: Mailbox, redis: Redis
) -> None:
    await inbox.accept(a_message("forget me", message_id="1.0"))
    done = [await inbox.remove(a_deletion("1.0")), await inbox.remove(a_deletion("2.0"))]
    taken = await inbox.accept(a_message("me too", message_id="2.0"))
    await inbox.accept(written_at(3, a_message("stays", message_id="3.0"), BEN))

    assert (done, taken) == (["removed", "early"], False)
    assert await answered(inbox, docket, Recorder(1), mailbox) == ["stays"]
    assert await mailbox.records("citewell:open", limit=9) == []


async def test_what_waits_in_redis_is_sealed(inbox: Inbox, redis: Redis) -> None:
    await inbox.accept(a_message("my card is 4111 1111 1111 1111"))

    stored = [await redis.dump(key) for key in await redis.keys("*")]
    assert stored
    assert not any(b"4111" in value for value in stored if isinstance(value, bytes))


async def test_a_redis_that_is_away_means_not_accepted_and_soon_without_waiting(
    docket: Docket, cipher: Cipher
) -> None:
    nowhere = Redis.from_url("unix:///nonexistent/valkey.sock")
    inbox = an_inbox(Mailbox(nowhere, cipher, ttl_s=3600, lease_s=2), docket)

    words = []
    for _ in range(4):
        with pytest.raises(NotAcceptedError) as refused:
            await inbox.accept(a_message())
        words.append(str(refused.value))
    assert words == ["ConnectionError"] * 3 + ["open"]


async def test_a_thread_takes_a_bounded_number_of_waiting_messages(inbox: Inbox) -> None:
    for number in range(50):
        await inbox.accept(a_message(message_id=f"{number}.0"))

    with pytest.raises(OverloadedError):
        await inbox.accept(a_message(message_id="51.0"))


async def test_all_threads_together_take_a_bounded_number(mailbox: Mailbox, docket: Docket) -> None:
    inbox = an_inbox(mailbox, docket, max_open=3)
    for number in range(3):
        await inbox.accept(a_message(message_id=f"{number}.0", thread=a_thread(f"{number}.0")))

    with pytest.raises(OverloadedError):
        await inbox.accept(a_message(message_id="4.0", thread=a_thread("4.0")))
    assert not await inbox.accept(
        a_message(message_id="0.0", thread=a_thread("0.0"))
    )  # a duplicate


async def test_what_nobody_answers_in_time_is_closed_and_becomes_a_dead_letter(
    inbox: Inbox, mailbox: Mailbox
) -> None:
    apologised: list[str] = []

    async def apologise(lease: Lease) -> Closed:
        apologised.extend(lease.claim.ids)
        return Closed(state=State.FAILED, error_id="abcd", reason="OverdueError")

    message = a_message("anybody?", message_id="1.0")
    await inbox.accept(message)
    await mailbox.hand_back(await claimed(mailbox, message))  # a worker came, and went
    await Watchdog(mailbox, inbox, apologise, deadline_s=-1).look()
    (record,) = await mailbox.records(DEAD, limit=9)

    assert apologised == ["1.0"]
    assert (record.state, record.error_id, record.reason) == ("failed", "abcd", "OverdueError")
    assert await mailbox.counts() == {"open": 0, "dead": 1}


async def test_a_dead_letter_can_be_answered_after_all(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    message = a_message("anybody?", message_id="1.0")
    await inbox.accept(message)
    claim = await claimed(mailbox, message)
    await mailbox.note(claim, ["77.1"])
    await mailbox.close(claim, Closed(state=State.FAILED, error_id="abcd"))
    (record,) = await mailbox.records(DEAD, limit=9)

    assert await mailbox.reopen(record) == "reopened"
    again = await claimed(mailbox, message)
    assert again.places == ("77.1",)  # the apology is what the answer replaces
    assert again.message is not None
    assert again.message.text == "anybody?"
    assert await mailbox.counts() == {"open": 1, "dead": 0}


async def test_who_lost_the_claim_changes_nothing_any_more(
    redis: Redis, cipher: Cipher, inbox: Inbox
) -> None:
    short = Mailbox(redis, cipher, ttl_s=3600, lease_s=0.05)
    message = a_message(message_id="1.0")
    await inbox.accept(message)
    first = await claimed(short, message)
    async with asyncio.timeout(60):
        while (second := await short.claim(message.thread)) is None:  # noqa: ASYNC110 - a TTL
            await asyncio.sleep(0)
    noted = [await short.note(first, ["1"]), await short.renew(first)]
    await short.close(first, Closed(state=State.ANSWERED))

    assert (second.is_takeover, second.deaths) == (True, 1)
    assert noted == [False, False]
    assert (await short.look(message.thread, "1.0")).state is State.ANSWERING


async def test_stopping_hands_back_what_does_not_end_in_time(
    inbox: Inbox, docket: Docket, mailbox: Mailbox
) -> None:
    recorder = Recorder(1)
    recorder.gate.clear()
    message = a_message("slow")
    await inbox.accept(message)
    inbox.serve(recorder.answer)
    async with asyncio.timeout(60), working(docket, concurrency=1, stop=lambda: inbox.stop(0)):
        await recorder.begun.wait()
    again = await claimed(mailbox, message)

    assert (again.is_takeover, again.deaths) == (True, 0)


async def claimed(mailbox: Mailbox, message: IncomingMessage) -> Claim:
    claim = await mailbox.claim(message.thread)
    assert claim is not None
    return claim


def a_deletion(message_id: str) -> IncomingDeletion:
    return IncomingDeletion(event_id=uuid.uuid4().hex, message_id=message_id, thread=a_thread())


def written_at(number: int, message: IncomingMessage, person: Person) -> IncomingMessage:
    """Return `message` as `person` wrote it in second `number`."""
    return a_message(
        message.text,
        message_id=message.message_id,
        event_id=message.event_id,
        person=person,
        sent_at_s=1_700_000_000.0 + number,
    )
