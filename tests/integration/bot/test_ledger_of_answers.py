"""The ledger of answers: found by what one asks for, gone in time, silent about its own failure."""

import json
import time
from collections import Counter

from redis.asyncio import Redis

from adapters.types import Person
from bot.crypto import Cipher
from bot.record.notes import Fired, Notes, fired, masked, noting
from bot.record.pseudonyms import Pseudonyms
from bot.record.query import Query
from bot.record.store import DAY_S, RedisAnswerLedger
from bot.types import Answer, Outcome
from tests.builders import a_message, a_thread

BEN = Person(id="U_BEN", workspace="T1")
ANSWERED = Answer(text="the words of an answer", outcome=Outcome.ANSWERED)


def ledger_of(redis: Redis, cipher: Cipher, days: int = 90) -> RedisAnswerLedger:
    return RedisAnswerLedger(redis, Pseudonyms(redis, cipher), days=days)


async def found(ledger: RedisAnswerLedger, query: Query) -> list[str]:
    return [entry.asked async for entry in ledger.find(query)]


async def filled(ledger: RedisAnswerLedger) -> None:
    """Record one answer of Ann's with a removed link, and two of Ben's, one of them refused."""
    await ledger.record(
        a_message(message_id="1.1"),
        ANSWERED,
        ms={"total": 5.0},
        notes=Notes(fired=Counter([Fired.LINK]), replies=("1.2",)),
    )
    await ledger.record(
        a_message(message_id="2.1", thread=a_thread("2.0"), person=BEN),
        ANSWERED,
        ms={},
        notes=Notes(),
    )
    refused = Answer(text="no", outcome=Outcome.REFUSED)
    notes = Notes(fired=Counter(["blocked:IBAN_CODE"]))
    await ledger.record(
        a_message(message_id="2.2", thread=a_thread("2.0"), person=BEN), refused, ms={}, notes=notes
    )


async def test_entries_are_found_by_what_one_asks_for(redis: Redis, cipher: Cipher) -> None:
    ledger = ledger_of(redis, cipher)
    await filled(ledger)

    assert await found(ledger, Query()) == ["2.2", "2.1", "1.1"]
    assert await found(ledger, Query(people=(("slack", "T1", "U_BEN"),))) == ["2.2", "2.1"]
    assert await found(ledger, Query(people=(("teams", "T1", "U_BEN"),))) == []
    both = (("slack", "T1", "U_BEN"), ("slack", "T1", "U_ANN"))
    assert await found(ledger, Query(people=both)) == ["2.2", "2.1", "1.1"]
    assert await found(ledger, Query(people=())) == []
    assert await found(ledger, Query(thread=str(a_thread()))) == ["1.1"]
    assert await found(ledger, Query(message=("C1", "1.2"))) == ["1.1"]
    assert await found(ledger, Query(message=("C1", "2.1"))) == ["2.1"]
    assert await found(ledger, Query(outcome="refused")) == ["2.2"]
    assert await found(ledger, Query(fired="blocked")) == ["2.2"]
    assert await found(ledger, Query(fired="blocked:IBAN_CODE", outcome="answered")) == []
    assert await found(ledger, Query(since_s=time.time() + 60)) == []
    assert await found(ledger, Query(limit=1)) == ["2.2"]


async def test_the_ledger_holds_no_text_and_no_persons_id(redis: Redis, cipher: Cipher) -> None:
    await ledger_of(redis, cipher).record(
        a_message("Where is Marguerite's contract?"),
        ANSWERED,
        ms={},
        notes=Notes(),
    )
    kept = [await redis.dump(key) async for key in redis.scan_iter()]
    names = [key async for key in redis.scan_iter()]

    for word in (b"Marguerite", b"words of", b"U_ANN"):
        assert not any(word in bytes(value or b"") for value in kept)
        assert not any(word in bytes(name) for name in names)


async def test_everything_ends_by_itself_after_the_days_that_are_set(
    redis: Redis, cipher: Cipher
) -> None:
    await filled(ledger_of(redis, cipher, days=3))
    left_s = {key: await redis.ttl(key) async for key in redis.scan_iter("citewell:answers:*")}

    assert len(left_s) >= 6
    assert all(2.9 * DAY_S <= left <= 4 * DAY_S for left in left_s.values())


async def test_what_is_forgotten_is_found_by_nothing_any_more(redis: Redis, cipher: Cipher) -> None:
    ledger = ledger_of(redis, cipher)
    await filled(ledger)
    person = await Pseudonyms(redis, cipher).of(BEN, "slack")

    assert await ledger.forget(person) == 2
    assert await ledger.forget(person) == 0
    assert await found(ledger, Query()) == ["1.1"]
    assert await found(ledger, Query(message=("C1", "2.1"))) == []
    assert not [key async for key in redis.scan_iter("*") if person.encode() in key]


async def test_an_answer_outlives_a_ledger_that_can_not_be_written(
    redis: Redis, cipher: Cipher
) -> None:
    failures: list[int] = []
    ledger = RedisAnswerLedger(
        redis, Pseudonyms(redis, cipher), days=1, on_failure=lambda: failures.append(1)
    )
    await redis.set(f"citewell:answers:thread:{a_thread()}", "no index")
    await ledger.record(a_message(), ANSWERED, ms={}, notes=Notes())

    assert failures == [1]


async def test_notes_keep_identifiers_only() -> None:
    with noting() as notes:
        fired(Fired.PASSAGE_SUSPICIOUS, "ignore all previous")
        fired(Fired.LINK, count=0)
        masked([("PERSON", 2)])
        with noting() as inner:
            fired(Fired.SECRET, count=2)

    assert notes is inner
    assert dict(notes.fired) == {"passage_suspicious:ignore_all_previous": 1, "secret": 2}
    assert json.dumps(notes.masked) == '{"PERSON": 2}'
