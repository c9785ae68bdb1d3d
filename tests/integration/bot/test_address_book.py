"""A verified address names its person; what the address book keeps tells nobody else whose."""

from dataclasses import replace

from redis.asyncio import Redis

from adapters.types import Person
from bot.crypto import Cipher
from bot.record.addresses import AddressBook
from bot.record.forgetting import Forgetter, StillInUseError, Subject
from bot.record.pseudonyms import Pseudonyms
from tests.builders import a_message, a_thread

EMAIL = "ann@brindlemoor.example"
ANN = Person(id="U_ANN", workspace="T1", email=EMAIL)
IN_TEAMS = Person(id="29:ann", workspace="tenant", email=EMAIL)


def book_of(redis: Redis, cipher: Cipher) -> AddressBook:
    return AddressBook(redis, Pseudonyms(redis, cipher), ttl_s=60)


async def filled(book: AddressBook) -> None:
    thread = replace(a_thread(), platform="teams")
    await book.note(a_message(person=ANN))
    await book.note(a_message(person=IN_TEAMS, thread=thread))
    await book.note(a_message(person=Person(id="U_BEN", workspace="T1")))


async def test_an_address_names_its_person_on_each_platform(redis: Redis, cipher: Cipher) -> None:
    book = book_of(redis, cipher)
    await filled(book)

    both = (("slack", "T1", "U_ANN"), ("teams", "tenant", "29:ann"))
    assert await book.people(" Ann@Brindlemoor.example") == both
    assert await book.people("ben@brindlemoor.example") == ()
    assert await book.people("teams:tenant:29:ann") == both[1:]


async def test_no_address_and_no_id_can_be_read_and_all_of_it_ends(
    redis: Redis, cipher: Cipher
) -> None:
    await filled(book_of(redis, cipher))
    keys = [key async for key in redis.scan_iter("citewell:addresses:*")]
    kept = b"".join([key + (await redis.dump(key) or b"") for key in keys])

    assert len(keys) == 1
    assert not any(word in kept for word in (b"ann", b"ANN", b"brindlemoor"))
    assert 0 < await redis.ttl(keys[0]) <= 60


async def test_the_book_can_be_read_after_the_encryption_key_was_changed(redis: Redis) -> None:
    await filled(book_of(redis, Cipher(b"old")))
    await book_of(redis, Cipher(b"new", b"old")).people(EMAIL)

    assert len(await book_of(redis, Cipher(b"new")).people(EMAIL)) == 2


class Busy:
    """A part that can't erase at first."""

    kind = "busy things"

    def __init__(self) -> None:
        self.is_busy = True
        self.asked: list[str] = []

    async def count(self, subject: Subject) -> int:
        return int(bool(subject.id))

    async def forget(self, subject: Subject) -> int:
        self.asked.append(subject.id)
        if self.is_busy:
            raise StillInUseError(self.kind)
        return 1


async def test_by_which_address_one_is_known_is_forgotten_when_nothing_else_is_left(
    redis: Redis, cipher: Cipher
) -> None:
    book, part = book_of(redis, cipher), Busy()
    pseudonyms = Pseudonyms(redis, cipher)
    forgetter = Forgetter(redis, pseudonyms, [part], addresses=book, receipt_days=1)
    await filled(book)
    first = await forgetter.forget(*await forgetter.subjects(EMAIL))
    part.is_busy = False
    again = await forgetter.subjects(EMAIL)
    second = await forgetter.forget(*again)

    assert part.asked == 2 * ["U_ANN", "29:ann"]
    assert (dict(first.counts), first.left) == ({}, ("busy things",))
    assert {subject.id for subject in again} == {"U_ANN", "29:ann"}
    assert dict(second.counts) == {"busy things": 2, "verified addresses": 2}
    assert await book.people(EMAIL) == ()


async def test_whoever_is_known_by_id_is_forgotten_by_address_as_well(
    redis: Redis, cipher: Cipher
) -> None:
    book = book_of(redis, cipher)
    forgetter = Forgetter(redis, Pseudonyms(redis, cipher), [], addresses=book, receipt_days=1)
    await filled(book)
    (ann,) = await forgetter.subjects("slack:T1:U_ANN", words=["Ann"])
    (nobody,) = await forgetter.subjects("ben@brindlemoor.example")

    assert (ann.words, ann.addresses) == (frozenset({"Ann", EMAIL}), frozenset({EMAIL}))
    assert (nobody.id, nobody.words) == ("", frozenset({"ben@brindlemoor.example"}))
