"""Whom the index is asked as: what is verified counts, and what only looks like it does not."""

import pytest
from redis.asyncio import Redis

from adapters.types import Person
from bot.crypto import Fingerprints
from bot.steps.readers import COMPANY, PUBLIC, Readers
from bot.syncing.directory import GroupDirectory
from knowledge.permissions import group, person_by_email
from knowledge.types import Principal

ANN = "ann@acme.example"
FINANCE = group("Finance", source="wiki")


@pytest.fixture
def directory(redis: Redis) -> GroupDirectory:
    return GroupDirectory(redis, Fingerprints(b"a secret of at least sixteen bytes"))


@pytest.fixture
def readers(directory: GroupDirectory) -> Readers:
    return Readers(directory)


async def test_a_person_is_in_the_groups_of_every_source(directory: GroupDirectory) -> None:
    staff = group("staff@acme.example", source="drive")
    await directory.replace("wiki", {FINANCE: [ANN.upper(), "no address"]}, ttl_s=60)
    await directory.replace("drive", {staff: [ANN, "ben@acme.example"]}, ttl_s=60)

    assert await directory.groups_of(ANN) == {FINANCE, staff}
    assert await directory.groups_of("ben@acme.example") == {staff}
    assert await directory.groups_of("") == frozenset()


async def test_what_a_source_does_not_tell_again_is_forgotten(
    directory: GroupDirectory, redis: Redis
) -> None:
    await directory.replace("wiki", {FINANCE: [ANN]}, ttl_s=60)
    lives_s = await redis.ttl("citewell:directory:wiki:members")
    await directory.replace("wiki", {FINANCE: []}, ttl_s=60)

    assert 0 < lives_s <= 60
    assert await directory.groups_of(ANN) == frozenset()


@pytest.mark.parametrize(
    "person",
    [
        Person(id="ann@acme.example", workspace="email"),  # `user:email:…` by another way
        Person(id="U1", workspace="T1", name=ANN),
        Person(id="U1", workspace="T1", name="group:wiki/Finance everyone"),
        Person(id="U1", workspace="T1", email="\u0430nn@acme.example"),  # Cyrillic
        Person(id="U1", workspace="T1", email="\uff41nn@acme.example"),  # full width
        Person(id="U1", workspace="T1", email="ann@acme.example@evil.example"),
        Person(id="U1", workspace="T1", email="ann@acme.example user:email:x"),
        Person(
            id="U1", workspace="T1", groups=frozenset({"wiki/Finance", "slack:T1:wiki/Finance"})
        ),
        Person(id="U1", workspace="T1", email=ANN, is_guest=True),
    ],
)
async def test_nobody_becomes_ann_or_finance_by_looking_like_it(
    directory: GroupDirectory, readers: Readers, person: Person
) -> None:
    await directory.replace("wiki", {FINANCE: [ANN]}, ttl_s=60)
    found = await readers.of_person(person)

    assert not found & {person_by_email(ANN), FINANCE}
    assert found == {PUBLIC} or found >= COMPANY


def test_a_kelvin_sign_is_no_k() -> None:
    assert person_by_email("Kate@ACME.example") == Principal("user:email:kate@acme.example")
    assert person_by_email("\u212aate@acme.example") != person_by_email("kate@acme.example")


async def test_the_platforms_own_groups_count_by_their_ids(readers: Readers) -> None:
    person = Person(id="U1", workspace="T1", groups=frozenset({"slack:T1:S0FINANCE"}))

    assert await readers.of_person(person) == COMPANY | {
        Principal("user:T1:U1"),
        Principal("group:slack:T1:S0FINANCE"),
    }
