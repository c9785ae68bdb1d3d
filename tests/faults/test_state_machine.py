"""Random interleavings of people, workers and deaths never lose a message or answer it twice."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from adapters.types import IncomingDeletion, Person
from bot.crypto import Cipher
from bot.queue.claims import OPEN_STATES, Claim, Closed, State, Taken
from bot.queue.mailbox import OPEN, Mailbox
from tests.builders import a_message, a_thread

THREADS = [a_thread("1.0"), a_thread("2.0")]
PEOPLE = [Person(id=name, workspace="T1") for name in ("U_ANN", "U_BEN")]
places = st.sampled_from(range(len(THREADS)))
numbers = st.integers(0, 5)
T = TypeVar("T")


class MailboxMachine(RuleBasedStateMachine):
    """What people, platforms and workers can do to two threads, and what must hold meanwhile."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._redis = Redis.from_url(self.url, socket_timeout=5)
        self._mailbox = Mailbox(
            self._redis, Cipher(b"sixteen bytes or more"), ttl_s=600, lease_s=60
        )
        self._accepted: dict[tuple[int, int], str] = {}
        self._removed: set[tuple[int, int]] = set()
        self._closed: dict[tuple[int, int], str] = {}
        self._claims: dict[int, Claim] = {}  # what living workers hold, by thread
        self._stale: list[tuple[int, Claim]] = []  # what workers still think they hold

    @initialize()
    def begin(self) -> None:
        self._do(self._redis.flushall())

    @rule(place=places, number=numbers, person=st.sampled_from(PEOPLE))
    def write(self, place: int, number: int, person: Person) -> None:
        key = (place, number)
        text = f"words {number}"
        message = a_message(
            text, message_id=str(number), event_id=f"Ev{place}-{number}",
            thread=THREADS[place], person=person, sent_at_s=1_700_000_000.0 + number,
        )  # fmt: skip
        assert self._do(self._mailbox.watch(message, after_s=0, max_open=99))
        taken, _ = self._do(self._mailbox.accept(message))
        is_new = key not in self._accepted and key not in self._removed
        assert taken is (Taken.NEW if is_new else Taken.SEEN)
        if is_new:
            self._accepted[key] = text

    @rule(place=places, number=numbers)
    def take_back(self, place: int, number: int) -> None:
        deletion = IncomingDeletion(event_id="Ev", message_id=str(number), thread=THREADS[place])
        done = self._do(self._mailbox.remove(deletion))
        key = (place, number)
        if done in {"removed", "early"}:
            assert key not in self._closed
            self._accepted.pop(key, None)
            self._removed.add(key)
        else:
            assert key in self._accepted or key in self._removed

    @rule(place=places)
    def claim(self, place: int) -> None:
        claim = self._do(self._mailbox.claim(THREADS[place]))
        if place in self._claims:
            assert claim is None  # one at a time
            return
        if claim is None:
            assert not self._open(place)
            return
        numbers_ = [int(message_id) for message_id in claim.ids]
        if not claim.is_takeover:  # the oldest first, in the order they were written
            assert numbers_ == sorted(self._open(place))[: len(numbers_)]
        assert len({m.person for m in claim.messages}) == 1
        self._claims[place] = claim

    @precondition(lambda self: self._claims)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self._claims)))
        claim = self._claims.pop(place)
        state = data.draw(st.sampled_from([State.ANSWERED, State.FAILED]))
        has_more = self._do(self._mailbox.close(claim, Closed(state=state)))
        for message_id in claim.ids:
            key = (place, int(message_id))
            assert key not in self._closed  # never twice
            self._closed[key] = state
        assert has_more == bool(self._open(place))
        if has_more:
            again = self._do(self._mailbox.claim(THREADS[place], claim.token))
            assert again is not None
            self._claims[place] = again

    @precondition(lambda self: self._claims)
    @rule(data=st.data())
    def hand_back(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self._claims)))
        self._do(self._mailbox.hand_back(self._claims.pop(place)))

    @precondition(lambda self: self._claims)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """Let a lease run out; its worker may be dead, or only slow."""
        place = data.draw(st.sampled_from(sorted(self._claims)))
        self._do(self._redis.delete(f"citewell:{{{THREADS[place]}}}:lease"))
        self._stale.append((place, self._claims.pop(place)))

    @precondition(lambda self: self._stale)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """Let a worker whose lease ran out go on as if nothing had happened."""
        _, claim = data.draw(st.sampled_from(self._stale))
        assert not self._do(self._mailbox.renew(claim))
        assert not self._do(self._mailbox.note(claim, ["1.1"]))
        assert not self._do(self._mailbox.close(claim, Closed(state=State.ANSWERED)))

    @invariant()
    def nothing_is_lost(self) -> None:
        for place, number in self._accepted:
            look = self._do(self._mailbox.look(THREADS[place], str(number)))
            closed = self._closed.get((place, number))
            if closed is not None:
                assert look.state == closed
            else:
                assert look.state in OPEN_STATES
                entry = f"{THREADS[place]} {number}"
                assert self._do(self._redis.zscore(OPEN, entry)) is not None

    def teardown(self) -> None:
        """Let the last worker answer all that is open: it must all end."""
        for place, held in self._claims.items():
            self._do(self._mailbox.hand_back(held))
            assert self._open(place)
        for place, thread in enumerate(THREADS):
            while (claim := self._do(self._mailbox.claim(thread))) is not None:
                for message_id in claim.ids:
                    assert (place, int(message_id)) not in self._closed
                    self._closed[place, int(message_id)] = State.ANSWERED
                if self._do(self._mailbox.close(claim, Closed(state=State.ANSWERED))):
                    self._do(self._mailbox.hand_back(claim))
        assert set(self._closed) == set(self._accepted)
        self._do(self._redis.aclose())
        self._loop.close()

    def _open(self, place: int) -> set[int]:
        return {n for p, n in self._accepted if p == place and (p, n) not in self._closed}

    def _do(self, doing: Awaitable[T]) -> T:
        async def done() -> T:
            return await doing

        return self._loop.run_until_complete(done())


@pytest.mark.timeout(300)
def test_no_interleaving_loses_a_message_or_answers_it_twice(valkey_url: str) -> None:
    machine = type("Machine", (MailboxMachine,), {"url": valkey_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
