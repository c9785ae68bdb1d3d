"""A person has one pseudonym, also after the encryption key was changed."""

from redis.asyncio import Redis

from bot.crypto import Cipher
from bot.record.pseudonyms import Pseudonyms
from bot.sealed import sealed_counts
from tests.builders import ANN


async def test_pseudonyms_outlive_the_encryption_key(redis: Redis) -> None:
    old, both, new = Cipher(b"old"), Cipher(b"new", b"old"), Cipher(b"new")
    names = [await Pseudonyms(redis, cipher).of(ANN, "slack") for cipher in (old, both, new)]

    assert len(set(names)) == 1
    assert await sealed_counts(redis) == {new.key_id: 1}


async def test_without_the_key_old_entries_stay_anonymous(redis: Redis, cipher: Cipher) -> None:
    before = await Pseudonyms(redis, cipher).of(ANN, "slack")

    assert await Pseudonyms(redis, Cipher(b"another")).of(ANN, "slack") != before
    assert await Pseudonyms(redis, cipher).of(ANN, "teams") != before
