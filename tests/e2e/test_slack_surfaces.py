"""Each place in Slack where people meet Citewell gives a streamed, cited answer."""

from pathlib import Path

from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import BEN, CHANNEL, DIRECT, SlackServer

LEAVE = "How many days of annual leave do I get?"
LEAVE_URL = "https://docs.brindlemoor.example/handbook/leave/#how-many-days-you-get"


async def test_a_mention_is_answered_in_its_thread_with_its_source(citewell: Running) -> None:
    ts = await citewell.people.mention(LEAVE)
    (reply,) = await citewell.slack.replies(ts)

    assert reply.was_streamed
    assert "30 days" in reply.markdown
    assert "[1]" in reply.markdown
    assert reply.links[0] == LEAVE_URL
    assert "Annual leave \u203a How many days you get" in reply.words


async def test_a_direct_message_is_answered_with_a_title_and_a_status(citewell: Running) -> None:
    ts = await citewell.people.tell(LEAVE)
    (reply,) = await citewell.slack.replies(ts)
    workspace = citewell.slack.workspace

    assert reply.was_streamed
    assert "30 days" in reply.markdown
    assert workspace.titles[DIRECT, ts] == LEAVE
    assert ("is searching the documents\u2026") in [status for _, _, status in workspace.statuses]


async def test_half_a_character_is_no_reason_to_lose_a_question(citewell: Running) -> None:
    ts = await citewell.people.mention(f"\ud83d {LEAVE}")
    (reply,) = await citewell.slack.replies(ts)

    assert "30 days" in reply.markdown


async def test_a_follow_up_needs_no_mention_and_knows_the_thread(citewell: Running) -> None:
    ts = await citewell.people.mention(LEAVE)
    await citewell.slack.replies(ts)
    await citewell.people.say("And how many of them can I carry over?", thread_ts=ts)
    _, second = await citewell.slack.replies(ts, 2)

    assert "eight unused days" in second.markdown


async def test_the_pane_offers_prompts_and_a_prompt_is_answered(citewell: Running) -> None:
    await citewell.people.open_pane()
    workspace = citewell.slack.workspace
    await citewell.slack.until(lambda: DIRECT in workspace.prompts)
    prompt = workspace.prompts[DIRECT][0]["message"]
    ts = await citewell.people.tell(prompt)
    (reply,) = await citewell.slack.replies(ts)

    assert reply.was_streamed
    assert reply.links


async def test_what_is_not_to_us_is_left_alone(citewell: Running) -> None:
    people, bot = citewell.people, citewell.slack.workspace.bot_user
    await people.say("Who has the key?")
    await people.say("just us two here", thread_ts="1700000000.000001")
    await people.say(f"<@{bot}> hello", bot_id="B0OTHER")
    await people.say(f"<@{bot}> hello", subtype="message_changed", hidden=True)
    await people.say(f"<@{bot}> joined", subtype="channel_join")
    await people.say(LEAVE, user=bot)
    ts = await people.mention(LEAVE)
    await citewell.slack.replies(ts)
    await people.say(f"<@{BEN}> can you look?", thread_ts=ts)
    last = await people.mention("And how many of them can I carry over?", thread_ts=ts)
    await citewell.slack.replies(ts, 2)

    assert last != ts
    assert {message.thread_ts for message in citewell.slack.messages()} == {ts}
    assert len(citewell.slack.messages(ts)) == 2


async def test_a_message_that_comes_again_is_answered_once(citewell: Running) -> None:
    people = citewell.people
    event = people.event("app_mention", LEAVE, user=BEN, channel=CHANNEL, ts="1780000001.000001")
    for _ in range(3):
        await people.deliver(event, event_id="EvSame")
    await people.deliver(event, event_id="EvOther")
    await people.mention("Thank you", thread_ts="1780000001.000001")
    first, second = await citewell.slack.replies("1780000001.000001", 2)

    assert "30 days" in first.words
    assert "welcome" in second.words  # a thread is answered in order: nothing came between


async def test_thanks_and_an_emoji_get_a_kind_word_and_no_search(citewell: Running) -> None:
    thanks = await citewell.people.tell("Thank you!")
    emoji = await citewell.people.tell(":tada: \U0001f389")

    assert "welcome" in (await citewell.slack.replies(thanks))[0].words
    assert "Ask me something" in (await citewell.slack.replies(emoji))[0].words


async def test_forty_thousand_characters_get_a_clear_word(citewell: Running) -> None:
    ts = await citewell.people.tell("a b c d " * 5000)
    (reply,) = await citewell.slack.replies(ts)

    assert "Your message has 39,999 characters; I can read 8,000" in reply.words


async def test_sixty_turns_stay_one_conversation(sample_dir: Path, models: Models) -> None:
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(sample_dir, models, slack, limits_factor=1000) as citewell,
    ):
        ts = await citewell.people.tell(LEAVE)
        await slack.replies(ts)
        for number in range(58):
            await citewell.people.tell("Thanks" if number % 2 else "Hello", thread_ts=ts)
            await slack.replies(ts, number + 2)
        await citewell.people.tell("And how many of them can I carry over?", thread_ts=ts)
        replies = await slack.replies(ts, 60)

        assert len(replies) == 60
        assert "eight unused days" in replies[-1].words
        assert slack.violations == []
