"""A person has one pseudonym, also after the encryption key was changed."""

from dataclasses import replace

from redis.asyncio import Redis

from adapters.types import Reply
from bot.crypto import Cipher
from bot.doctor.sealed import sealed_counts
from bot.feedback.store import FeedbackStore
from bot.feedback.verified import Verified
from bot.record.pseudonyms import Pseudonyms
from tests.builders import ANN, a_message

VERIFIED = Verified(
    question="How many days of leave?",
    answer="25",
    title="Leave",
    url="https://wiki.example/leave",
    expert="Ben",
    at_s=0,
    expires_s=1e10,
)


async def test_pseudonyms_outlive_the_encryption_key(redis: Redis) -> None:
    old, both, new = Cipher(b"old"), Cipher(b"new", b"old"), Cipher(b"new")
    names = [await Pseudonyms(redis, cipher).of(ANN, "slack") for cipher in (old, both, new)]

    assert len(set(names)) == 1
    assert await sealed_counts(redis) == {new.key_id: 1}


async def test_whatever_is_sealed_with_an_old_key_is_counted(redis: Redis) -> None:
    old, new = Cipher(b"old"), Cipher(b"new", b"old")
    message = a_message("How many days of leave?", message_id="1.1")
    await FeedbackStore(redis, old).keep(message, Reply(text="25 [1]"), who="p-ann")
    await FeedbackStore(redis, old).verified.verify("slack:T1", VERIFIED)
    await FeedbackStore(redis, new).keep(
        replace(message, message_id="2.2"), Reply(text="25"), who="p-ann"
    )

    assert await sealed_counts(redis) == {old.key_id: 2, new.key_id: 1}


async def test_without_the_key_old_entries_stay_anonymous(redis: Redis, cipher: Cipher) -> None:
    before = await Pseudonyms(redis, cipher).of(ANN, "slack")

    assert await Pseudonyms(redis, Cipher(b"another")).of(ANN, "slack") != before
    assert await Pseudonyms(redis, cipher).of(ANN, "teams") != before
