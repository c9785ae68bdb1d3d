"""What is kept of questions without an answer ends, is bounded, and forgets who is forgotten."""

from redis.asyncio import Redis

from bot.crypto import Cipher
from bot.feedback import gaps as room
from bot.feedback.asked import Asked, AskedStore
from bot.feedback.gaps import Gaps
from bot.types import Outcome

PLACE = "slack:T1"


def a_question(name: str, text: str, who: str = "p-ben") -> Asked:
    return Asked(
        id=name,
        thread="slack:T1:C1:1.0",
        at_s=float(len(name)),
        text=text,
        standalone=text,
        outcome=Outcome.NO_EVIDENCE,
        who=who,
        place=PLACE,
    )


async def test_a_name_that_was_not_masked_goes_with_the_person_and_every_key_ends(
    redis: Redis, cipher: Cipher
) -> None:
    gaps = Gaps(redis, cipher, AskedStore(redis, cipher))
    await gaps.note(a_question("a", "Who stands in for ann reed?"))
    await gaps.note(a_question("bb", "Where is the sauna?"))
    await gaps.note(a_question("ccc", "Is there a gym for <PERSON_3>?", who="p-ann"))
    before = [cluster.question for cluster in await gaps.clusters(PLACE)]
    count = await gaps.forget("p-ann", frozenset({"Ann Reed"}))
    after = [cluster.question for cluster in await gaps.clusters(PLACE)]
    ttls = [await redis.ttl(key) async for key in redis.scan_iter("citewell:*")]

    assert "Is there a gym for <PERSON>?" in before
    assert len(before) == 3
    assert count == 1
    assert after == ["Where is the sauna?"]
    assert min(ttls) > 0


async def test_only_the_newest_are_kept(redis: Redis, cipher: Cipher) -> None:
    gaps = Gaps(redis, cipher, AskedStore(redis, cipher))
    for number in range(room._MAX_KEPT + 3):
        await gaps.note(a_question("x" * (number + 1), f"Question {number}?"))
    kept = {cluster.question for cluster in await gaps.clusters(PLACE)}
    keys = [key async for key in redis.scan_iter("citewell:{gaps}:one:*")]

    assert len(kept) == len(keys) == room._MAX_KEPT
    assert "Question 2?" not in kept
