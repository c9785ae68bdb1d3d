"""What feedback and usage keep of a person is forgotten with them, and nobody else's."""

from dataclasses import replace

from redis.asyncio import Redis

from adapters.types import Citation, Reply
from bot.chatconfig import Limits
from bot.crypto import Cipher
from bot.feedback import FeedbackStore, Vote
from bot.forgettable import ForgetFeedback, ForgetUsage
from bot.record.forgetting import Subject
from bot.usage import UsageBook
from tests.builders import ANN, a_message

SOURCE = Citation(number=1, title="Leave", heading="", url="https://docs.example/a", quote="")
REPLY = Reply(text="30 days. [1]", citations=(SOURCE,))
ANNS = Subject(platform="slack", workspace="T1", id=ANN.id, pseudonym="p-ann")


async def test_a_person_s_answers_thumbs_and_usage_are_forgotten(
    redis: Redis, cipher: Cipher
) -> None:
    feedback, usage = FeedbackStore(redis, cipher), UsageBook(redis)
    hers, other = a_message(message_id="1.1"), a_message(message_id="2.2")
    ben = replace(other, person=replace(ANN, id="U_BEN"))
    await feedback.keep(hers, REPLY, who="p-ann")
    await feedback.keep(ben, REPLY, who="p-ben")
    await feedback.vote(hers.thread, "1.1", who="p-ann", vote=Vote.DOWN)
    voted = await feedback.vote(ben.thread, "2.2", who="p-ann", vote=Vote.DOWN)
    assert voted is not None
    await feedback.explain(voted.candidate, reason="other", words="Ann says so")
    for message in (hers, ben):
        await usage.count(message, Limits())
    parts = (ForgetFeedback(feedback), ForgetUsage(usage))
    kept = [await part.count(ANNS) for part in parts]
    gone = [await part.forget(ANNS) for part in parts]
    (left,) = await feedback.candidates("slack:T1", 5)

    assert kept == gone == [3, 1]
    assert [await part.count(ANNS) for part in parts] == [0, 0]
    assert await feedback.vote(hers.thread, "1.1", who="p-ben", vote=Vote.UP) is None
    assert (left.id, left.words) == (voted.candidate, "")
    assert set(await usage.totals(1)) >= {("person", "slack:T1:U_BEN"), ("channel", "slack:T1:C1")}
    assert ("person", "slack:T1:U_ANN") not in await usage.totals(1)


async def test_what_others_were_answered_about_a_forgotten_person_goes_as_well(
    redis: Redis, cipher: Cipher
) -> None:
    feedback = FeedbackStore(redis, cipher)
    about, other = a_message("Who is Dora Weber?", message_id="1.1"), a_message(message_id="2.2")
    for message in (about, other):
        await feedback.keep(message, REPLY, who="p-ben")
        await feedback.vote(message.thread, message.message_id, who="p-ben", vote=Vote.DOWN)
    await feedback.forget("p-dora", frozenset({"dora weber"}))
    left = await feedback.candidates("slack:T1", 5)

    assert [each.shown.question for each in left] == [other.text]
    assert await feedback.vote(about.thread, "1.1", who="p-ben", vote=Vote.UP) is None
