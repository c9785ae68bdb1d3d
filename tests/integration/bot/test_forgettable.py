"""What other rooms keep of a person is forgotten with them, and nobody else's."""

from dataclasses import replace

from docket import Docket
from redis.asyncio import Redis

from adapters.teams.references import Kind, Reference
from adapters.types import Citation, Reply
from bot.controls.chatconfig import Limits
from bot.controls.configstore import ConfigStore
from bot.controls.usage import UsageBook
from bot.crypto import Cipher, Fingerprints
from bot.erasure.forgettable import (
    ForgetConversations,
    ForgetExperts,
    ForgetFeedback,
    ForgetMemberships,
    ForgetRequests,
    ForgetUsage,
)
from bot.feedback.shown import Shown
from bot.feedback.store import FeedbackStore, Vote
from bot.feedback.verified import Verified, VerifiedStore
from bot.interactions.registry import Interactions
from bot.memory.threads import RedisThreadMemory
from bot.people.handing import Handing, Ways
from bot.queue.references import RedisReferences
from bot.record.forgetting import Subject
from bot.record.participants import Participants
from bot.record.pseudonyms import Pseudonyms
from bot.syncing.directory import GroupDirectory
from bot.types import Turn
from knowledge.permissions import group
from tests.builders import ANN, a_message, a_thread
from tests.keeping import KeepingAdapter

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
    idea = Shown(question="Where is it?", answer="There", sources=())
    for who in ("p-ann", "p-ben"):
        await feedback.propose("slack:T1", idea, about="1.1 9.9", who=who)
    for message in (hers, ben):
        await usage.count(message, Limits())
    parts = (ForgetFeedback(feedback), ForgetUsage(usage))
    kept = [await part.count(ANNS) for part in parts]
    gone = [await part.forget(ANNS) for part in parts]
    left, proposed = await feedback.candidates("slack:T1", 5)
    bens = await FeedbackStore(redis, cipher).count_of("p-ben")

    assert kept == gone == [4, 1]
    assert (proposed.shown, bens) == (idea, 2)
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


async def test_a_secret_in_a_question_is_not_kept_for_reviewers(
    redis: Redis, cipher: Cipher
) -> None:
    feedback = FeedbackStore(redis, cipher)
    message = a_message("Why is password: hunter2-is-9 refused?", message_id="1.1")
    await feedback.keep(message, REPLY, who="p-ann")
    await feedback.vote(message.thread, "1.1", who="p-ann", vote=Vote.DOWN)
    (candidate,) = await feedback.candidates("slack:T1", 5)

    assert candidate.shown.question == "Why is password: <SECRET> refused?"


async def test_memberships_go_with_the_address_until_a_source_tells_of_them_again(
    redis: Redis,
) -> None:
    directory = GroupDirectory(redis, Fingerprints(b"a secret of at least sixteen bytes"))
    for source in ("wiki", "drive"):
        members = {group("Finance", source=source): ["ann@acme.example", "ben@acme.example"]}
        await directory.replace(source, members, ttl_s=60)
    part = ForgetMemberships(directory)
    ann = replace(ANNS, words=frozenset({"Ann Miller", "Ann@ACME.example"}))

    assert (await part.count(ann), await part.forget(ann), await part.count(ann)) == (2, 2, 0)
    assert await directory.groups_of("ann@acme.example") == frozenset()
    assert len(await directory.groups_of("ben@acme.example")) == 2
    assert await part.forget(ANNS) == 0


def a_reference(conversation: str, kind: Kind, person: str = "ann") -> Reference:
    return Reference(
        service_url="https://smba.example/",
        tenant="tenant",
        conversation=conversation,
        kind=kind,
        bot="28:bot",
        person=f"29:{person}",
        person_id=f"id-of-{person}",
    )


async def test_where_somebody_is_reached_in_teams_is_forgotten_and_a_channel_stays(
    redis: Redis, cipher: Cipher
) -> None:
    references = RedisReferences(redis, cipher)
    chats = [a_reference(f"a:{who}", Kind.PERSONAL, who) for who in ("ann", "ben")]
    channel = a_reference("19:general@thread.tacv2", Kind.CHANNEL)
    for reference in (*chats, channel):
        await references.keep(reference)
        await references.remember(f"tenant:{reference.conversation}:1", "about")
    part = ForgetConversations(references)
    ann = Subject(platform="teams", workspace="tenant", id="id-of-ann", pseudonym="p-ann")
    kept = (await part.count(ann), await part.forget(ann), await part.count(ann))
    left = [key.decode() async for key in redis.scan_iter("citewell:teams:*")]

    assert kept == (2, 2, 0)
    assert await references.find("tenant", "a:ann") is None
    assert await references.find("tenant", channel.conversation) == replace(
        channel, person="", person_id=""
    )
    assert await references.find("tenant", "a:ben") == chats[1]
    assert await references.find_chat("tenant", "id-of-ben") == "a:ben"
    assert await references.recall(f"tenant:{channel.conversation}:1") == "about"
    assert not [key for key in left if "ann" in key]
    assert await part.count(replace(ann, platform="slack")) == 0


async def test_a_request_for_a_human_is_forgotten_with_whose_words_it_may_hold(
    redis: Redis, cipher: Cipher, docket: Docket
) -> None:
    adapter, pseudonyms = KeepingAdapter(), Pseudonyms(redis, cipher)
    adapters = {"slack": adapter}
    memory = RedisThreadMemory(redis, ttl_s=60, max_tokens=1_000)
    handing = Handing(
        redis=redis,
        cipher=cipher,
        memory=memory,
        interactions=Interactions(redis, cipher, adapters, docket),
        adapters=adapters,
        store=ConfigStore(redis),
        ways=Ways(group="slack:T1:S1"),
        on_state=lambda _: None,
    )
    part, ben = ForgetRequests(handing), replace(ANN, id="U_BEN")
    participants = Participants(redis, pseudonyms, ttl_s=60)
    for number, asker in enumerate((ANN, ben, ben)):
        message = a_message(thread=a_thread(f"{number}.0"), person=asker)
        await memory.remember(message.thread, Turn(question="Who is Dora?", answer="?"))
        if number == 1:  # Ann asked what Ben then wants a human for
            await participants.note(replace(message, person=ANN))
        await handing.request(message.thread, asker, is_private=False)
    hers = replace(ANNS, pseudonym=await pseudonyms.of(ANN, "slack"))
    kept, gone = await part.count(hers), await part.forget(hers)
    left = [key async for key in redis.scan_iter("citewell:human:*")]
    again = await handing.request(a_thread("0.0"), ANN, is_private=False)
    dora = replace(ANNS, pseudonym="p-dora", words=frozenset({"dora"}))

    assert kept == gone == 2
    assert await part.count(hers) == 1
    assert len(left) == 2  # Ben's own, and that it is open
    assert "I asked for a human" in again
    assert await part.forget(dora) == 2


async def test_an_expert_s_answer_stays_without_their_name(redis: Redis, cipher: Cipher) -> None:
    store, place = VerifiedStore(redis, cipher), "slack:T1"
    hers = Verified(
        question="Where is it?",
        answer="Upstairs",
        title="Plan",
        url="https://a.example",
        expert="Ann Reed",
        at_s=0,
        expires_s=1e11,
        wordings=("Which floor is it on?",),
        by="p-ann",
    )
    await store.verify(place, hers)
    await store.verify(place, hers.model_copy(update={"question": "Who?", "by": "p-ben"}))
    part = ForgetExperts(store)
    kept, gone = await part.count(ANNS), await part.forget(ANNS)
    found = await store.find(place, "which floor is it on")
    ends = [await redis.ttl(key) async for key in redis.scan_iter("citewell:*")]

    assert (kept, gone, await part.count(ANNS)) == (1, 1, 0)
    assert found is not None
    assert (found.question, found.expert) == ("Who?", "Ann Reed")  # the wording is Ben's by now
    stays = await store.find(place, hers.question)
    assert stays is not None
    assert (stays.answer, stays.expert) == ("Upstairs", "an expert")
    assert -1 not in ends
