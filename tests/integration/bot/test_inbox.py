"""An accepted message is durable, taken once, and answered in its thread's order."""

import asyncio

import pytest
from docket import Docket
from redis.asyncio import Redis

from adapters.errors import AdapterError, NotAcceptedError
from adapters.types import Addressed, IncomingMessage
from bot.crypto import Cipher
from bot.inbox import Inbox
from bot.work import working
from tests.builders import a_message, a_thread


class Recorder:
    """Answers by writing down what came; says when it has enough, and can fail first."""

    def __init__(self, enough: int, *, failures: int = 0) -> None:
        self.texts: list[str] = []
        self.done = asyncio.Event()
        self._enough = enough
        self._failures = failures

    async def answer(self, message: IncomingMessage) -> None:
        if self._failures:
            self._failures -= 1
            raise AdapterError("slack", "internal_error")
        await asyncio.sleep(0)
        self.texts.append(message.text)
        if len(self.texts) >= self._enough:
            self.done.set()


@pytest.fixture
def inbox(redis: Redis, docket: Docket, cipher: Cipher) -> Inbox:
    return Inbox(redis, docket, cipher, ttl_s=3600, timeout_s=2)


async def answered(inbox: Inbox, docket: Docket, recorder: Recorder) -> list[str]:
    inbox.serve(recorder.answer)
    async with asyncio.timeout(20), working(docket, concurrency=4):
        await recorder.done.wait()
    return recorder.texts


async def test_a_threads_messages_are_answered_in_their_order(inbox: Inbox, docket: Docket) -> None:
    recorder = Recorder(12)
    inbox.serve(recorder.answer)
    for number in range(12):
        await inbox.accept(a_message(f"{number}", message_id=f"{number}.0"))

    assert await answered(inbox, docket, recorder) == [str(number) for number in range(12)]


async def test_the_same_event_and_the_same_message_are_taken_once(
    inbox: Inbox, docket: Docket
) -> None:
    recorder = Recorder(2)
    inbox.serve(recorder.answer)
    taken = [
        await inbox.accept(a_message("once", event_id="Ev1", message_id="1.0")),
        await inbox.accept(a_message("once", event_id="Ev1", message_id="1.0")),
        await inbox.accept(a_message("once", event_id="Ev2", message_id="1.0")),
        await inbox.accept(a_message("last", event_id="Ev3", message_id="2.0")),
    ]

    assert taken == [True, False, False, True]
    assert await answered(inbox, docket, recorder) == ["once", "last"]


async def test_a_follow_up_is_taken_only_in_a_thread_of_ours(inbox: Inbox, docket: Docket) -> None:
    inbox.serve(Recorder(1).answer)
    ours, theirs = a_thread("1.0"), a_thread("2.0")
    await inbox.accept(a_message("hello", thread=ours))

    assert await inbox.accept(
        a_message("and?", message_id="1.1", thread=ours, addressed=Addressed.FOLLOW_UP)
    )
    assert not await inbox.accept(
        a_message("and?", message_id="2.1", thread=theirs, addressed=Addressed.FOLLOW_UP)
    )


async def test_a_delivery_that_fails_is_tried_again(inbox: Inbox, docket: Docket) -> None:
    recorder = Recorder(1, failures=1)
    inbox.serve(recorder.answer)
    await inbox.accept(a_message("once more"))

    assert await answered(inbox, docket, recorder) == ["once more"]


async def test_what_waits_in_redis_is_sealed(inbox: Inbox, redis: Redis) -> None:
    inbox.serve(Recorder(1).answer)
    await inbox.accept(a_message("my card is 4111 1111 1111 1111"))

    stored = [await redis.dump(key) for key in await redis.keys("*")]
    assert stored
    assert not any(b"4111" in value for value in stored if isinstance(value, bytes))


async def test_a_redis_that_is_away_means_not_accepted(docket: Docket, cipher: Cipher) -> None:
    nowhere = Redis.from_url("unix:///nonexistent/valkey.sock")
    inbox = Inbox(nowhere, docket, cipher, ttl_s=3600, timeout_s=2)

    with pytest.raises(NotAcceptedError):
        await inbox.accept(a_message())


async def test_a_thread_takes_a_bounded_number_of_waiting_messages(inbox: Inbox) -> None:
    inbox.serve(Recorder(1).answer)
    for number in range(50):
        await inbox.accept(a_message(message_id=f"{number}.0"))

    with pytest.raises(NotAcceptedError):
        await inbox.accept(a_message(message_id="51.0"))
