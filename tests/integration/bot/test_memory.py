"""A thread remembers what fits, forgets in time, and keeps personal data sealed."""

from types import MappingProxyType

from redis.asyncio import Redis

from bot.crypto import Cipher
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.types import Turn
from guardrails.types import Placeholders
from tests.builders import a_thread


def memory_of(redis: Redis, max_tokens: int = 1_000) -> RedisThreadMemory:
    return RedisThreadMemory(redis, ttl_s=60, max_tokens=max_tokens)


async def test_a_new_thread_is_empty(redis: Redis) -> None:
    assert await memory_of(redis).recall(a_thread()) == ()


async def test_turns_come_back_oldest_first(redis: Redis) -> None:
    memory = memory_of(redis)
    turns = tuple(Turn(question=f"q{n}", answer=f"a{n}") for n in range(3))
    for turn in turns:
        await memory.remember(a_thread(), turn)

    assert await memory.recall(a_thread()) == turns
    assert await memory.recall(a_thread("2.0")) == ()


async def test_a_thread_of_sixty_turns_is_trimmed_to_the_newest(redis: Redis) -> None:
    memory = memory_of(redis, max_tokens=100)
    for n in range(60):
        await memory.remember(a_thread(), Turn(question=f"question {n}", answer="x" * 90))

    recalled = await memory.recall(a_thread())
    assert [turn.question for turn in recalled] == [f"question {n}" for n in (56, 57, 58, 59)]
    assert await redis.llen(f"citewell:turns:{a_thread()}") == 50


async def test_an_answer_longer_than_the_budget_is_cut_and_its_question_kept(
    redis: Redis,
) -> None:
    memory = memory_of(redis, max_tokens=100)
    await memory.remember(a_thread(), Turn(question="a question", answer="x" * 9_000))

    (turn,) = await memory.recall(a_thread())
    assert turn.question == "a question"
    assert 0 < len(turn.answer) <= 400


async def test_a_thread_ends_with_its_time_to_live(redis: Redis, cipher: Cipher) -> None:
    await memory_of(redis).remember(a_thread(), Turn(question="q", answer="a"))
    store = RedisPlaceholderStore(redis, cipher, ttl_s=60)
    await store.save(a_thread(), Placeholders(values=MappingProxyType({"<PERSON_1>": "Ann"})))

    for key in await redis.keys("citewell:*"):
        assert 0 < await redis.ttl(key) <= 60


async def test_the_map_of_placeholders_is_sealed(redis: Redis, cipher: Cipher) -> None:
    store = RedisPlaceholderStore(redis, cipher, ttl_s=60)
    known = Placeholders(
        values=MappingProxyType({"<PERSON_1>": "Ann Miller"}), people=("Bo Miller",)
    )
    await store.save(a_thread(), known)

    assert await store.load(a_thread()) == known
    assert (await store.load(a_thread("2.0"))).values == {}
    stored = await redis.get(f"citewell:placeholders:{a_thread()}")
    assert isinstance(stored, bytes)
    assert b"Miller" not in stored
