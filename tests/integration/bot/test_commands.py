"""What people may set by commands, who may, and that nobody else changes anything."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from docket import Docket
from redis.asyncio import Redis

from adapters.types import IncomingAction, IncomingCommand, Person, PlatformRole, Reply
from bot.addressee.types import ChannelMode
from bot.administration import Administration, administration_of
from bot.controls.admission import ConfiguredModes
from bot.controls.chatconfig import Flag
from bot.crypto import Cipher
from bot.people.welcoming import Keeping
from bot.prompts.library import PromptLibrary, choosing
from bot.types import Answer, Outcome, Question, Usage
from tests.builders import a_message, a_thread
from tests.keeping import KeepingAdapter

OLA = Person(id="UOLA", workspace="T1", role=PlatformRole.OWNER)
ADA = Person(id="UADA", workspace="T1", role=PlatformRole.ADMIN)
ANN = Person(id="UANN", workspace="T1")
GROUP = Person(id="UGRP", workspace="T1", groups=frozenset({"slack:T1:S1"}))


class Office:
    """The commands on a real Redis, and what a chat would show."""

    def __init__(
        self, redis: Redis, cipher: Cipher, docket: Docket, prompts: Path | None = None
    ) -> None:
        self.adapter = KeepingAdapter()

        async def about() -> str:
            return "7 passages indexed."

        self.it: Administration = administration_of(
            redis,
            cipher,
            {"slack": self.adapter},
            docket,
            owners=frozenset({"user:slack:T1:UBOSS"}),
            model="openai:m",
            mode=ChannelMode.THREAD,
            about=about,
            name="Citewell",
            keeping=Keeping(thread_h=168, ledger_days=90),
            prompts=PromptLibrary(prompts),
        )

    async def say(self, text: str, person: Person = ADA) -> Reply:
        return await self.it.commands.answer(
            IncomingCommand(
                text=text, platform="slack", workspace="T1", channel="C1", person=person
            )
        )

    async def confirm(self, reply: Reply, person: Person = ADA, *, event: str = "1") -> str:
        (button,) = reply.buttons
        await self.it.interactions.press(
            IncomingAction(
                event_id=event,
                action=button.action,
                value=button.value,
                platform="slack",
                workspace="T1",
                person=person,
                thread=a_thread(),
                message_id="1.1",
                trigger="",
            )
        )
        return (await self.adapter.private.get()).text

    async def version(self) -> int:
        return (await self.it.store.current()).version


@pytest.fixture
def office(redis: Redis, cipher: Cipher, docket: Docket) -> Office:
    return Office(redis, cipher, docket)


async def test_a_channel_s_mode_decides_what_is_heard_there(office: Office) -> None:
    modes = ConfiguredModes(office.it.store, ChannelMode.MENTION)
    before = await modes.mode_of(a_thread())
    heard = []
    for mode in ("thread", "auto-answer", "mention", "off"):
        assert "Done" in (await office.say(f"channel mode {mode}")).text
        heard.append(await modes.mode_of(a_thread()))

    assert before == "mention"
    assert heard == ["thread", "auto-answer", "mention", "off"]
    assert "mode: off" in (await office.say("channel")).text
    assert "mode: thread" in (await office.say("channel channel:C2")).text


async def test_a_limit_refuses_what_is_beyond_it_and_counts_a_message_once(office: Office) -> None:
    await office.say("limits person messages 2")
    admission = office.it.admission
    first = a_message(message_id="1")
    said = [await admission.refusal(first) for _ in range(3)]
    said.append(await admission.refusal(a_message(message_id="2")))
    third = await admission.refusal(a_message(message_id="3"))
    other = await admission.refusal(a_message(message_id="4", person=replace(ANN, id="UBEN")))

    assert [*said, other] == [""] * 5
    assert "your number of questions is used up" in third
    assert "2 questions" in (await office.say("usage person")).text
    assert "slack:T1:C1`: 3 questions" in (await office.say("usage 7 channel")).text
    assert "slack:T1:none`: 3 questions" in (await office.say("usage team")).text


async def test_a_limit_in_money_needs_a_price_and_then_holds(office: Office) -> None:
    refused = await office.say("limits workspace usd 1")
    await office.say("prices openai:m 2 8")
    taken = await office.say("limits workspace usd 1")
    spent = Answer(
        text="",
        outcome=Outcome.ANSWERED,
        usage=Usage(input_tokens=300_000, output_tokens=60_000, model="openai:m"),
    )
    await office.it.admission.spent(a_message(message_id="1"), spent)

    assert "has no effect before I know the price" in refused.text
    assert "Done" in taken.text
    assert "company's budget" in await office.it.admission.refusal(a_message(message_id="2"))
    assert "360,000 tokens, 1.08 USD" in (await office.say("usage model")).text


async def test_a_blocked_person_and_a_blocked_group_get_no_answer(office: Office) -> None:
    await office.say("block user:UANN spams")
    await office.say("block group:S1")
    admission = office.it.admission

    assert "may not answer" in await admission.refusal(a_message(person=ANN))
    assert "may not answer" in await admission.refusal(a_message(person=GROUP))
    assert await admission.refusal(a_message(person=ADA)) == ""
    assert "block yourself" in (await office.say("block user:UADA")).text
    await office.say("unblock user:UANN")
    assert await admission.refusal(a_message(person=ANN)) == ""


async def test_a_pause_is_confirmed_first_and_then_everybody_reads_why(office: Office) -> None:
    question = await office.say('pause "Back at noon"')
    before = await office.it.admission.refusal(a_message())
    done = await office.confirm(question)
    during = await office.it.admission.refusal(a_message(message_id="2"))
    await office.say("resume")

    assert (before, during) == ("", "Back at noon")
    assert "Done" in done
    assert await office.it.admission.refusal(a_message(message_id="3")) == ""


@pytest.mark.parametrize(
    "text",
    [
        "channel mode off",
        "limits person messages 1",
        "prices m 1 1",
        "block user:UBEN",
        "unblock user:UBEN",
        "pause now",
        "resume",
        "rights grant user:UANN owner",
        "rights revoke user:UOLA",
        "config undo 1",
        "config history",
        "usage",
    ],
)
async def test_who_has_no_right_changes_and_sees_nothing(office: Office, text: str) -> None:
    guest = Person(id="UGST", workspace="T1", is_guest=True, role=PlatformRole.OWNER)
    for person in (ANN, guest, Person(id="UBOSS", workspace="T2")):
        reply = await office.say(text, person)
        assert "is for a" in reply.text
        assert reply.buttons == ()

    assert await office.version() == 0


@pytest.mark.parametrize(
    "text",
    [
        "channel mode loud",
        "channel mode off channel:../C2",
        "channel owners frob",
        "channel owners none user:U1",
        "flags thumb off",
        "flags thumbs of",
        "flags thumbs off channel:a>b",
        "usage team 99",
        "prompts activate answer 99",
        "prompts activate answer 4.0",
        "prompts activate ../answer 4",
        "prompts rollback answer",
        "prompts diff anser 4",
        "limits person messages -5",
        "limits person messages 1e9",
        "limits person usd nan",
        "limits person usd inf",
        "limits galaxy messages 5",
        "prices m 1",
        "prices 'a|b' 1 1",
        "prices 'x > y' 1 1",
        "block user:",
        "block user:U1:T2",
        "rights grant user:UANN member",
        "rights grant UANN admin",
        'pause "unfinished',
        "pause " + "x" * 2_000,
        "config undo 99999999999999999999",
        "block user:U1 " + "\N{SNOWMAN}" * 1_500,
    ],
)
async def test_a_wrong_or_hostile_command_changes_nothing(office: Office, text: str) -> None:
    reply = await office.say(text, OLA)

    assert "Nothing was changed" in reply.text
    assert reply.buttons == ()
    assert await office.version() == 0


async def test_rights_are_granted_to_people_and_groups_by_owners_alone(office: Office) -> None:
    refused = await office.say("rights grant group:S1 admin", ADA)
    await office.say("rights grant group:S1 admin", OLA)
    by_group = await office.say("limits person messages 5", GROUP)
    await office.say("rights revoke group:S1", Person(id="UBOSS", workspace="T1"))
    after = await office.say("limits person messages 6", GROUP)

    assert "for a Citewell owner" in refused.text
    assert "Done" in by_group.text
    assert "is for a" in after.text


async def test_each_change_is_logged_and_can_be_taken_back(office: Office) -> None:
    await office.say("limits person messages 5")
    await office.say("channel mode off")
    await office.say("limits person messages 7", OLA)
    log = (await office.say("config history")).text
    late = await office.say("config undo 1", OLA)
    undone = await office.say("config undo 3", OLA)
    config = (await office.it.store.current()).config

    assert "user:slack:T1:UADA` limits; `limits > person > messages: default → 5`" in log
    assert "user:slack:T1:UOLA` limits; `limits > person > messages: 5 → 7`" in log
    assert "a later change set the same anew" in late.text
    assert "7 → 5" in undone.text
    assert config.limits.person.messages == 5
    assert config.channel("slack:T1:C1").mode == "off"


async def test_two_administrators_at_once_both_change_what_they_meant(office: Office) -> None:
    words = [f"limits {s} {u} 5" for s in ("person", "channel") for u in ("messages", "tokens")]
    await asyncio.gather(*(office.say(each) for each in words))
    limits = (await office.it.store.current()).config.limits

    assert await office.version() == 4
    assert (limits.person.messages, limits.person.tokens) == (5, 5)
    assert (limits.channel.messages, limits.channel.tokens) == (5, 5)


async def test_a_confirmation_holds_for_its_person_once_and_for_what_was_seen(
    office: Office,
) -> None:
    foreign = await office.confirm(await office.say("pause now"), OLA, event="1")
    stale_question = await office.say("pause now")
    await office.say("limits person messages 5")
    stale = await office.confirm(stale_question, event="2")
    question = await office.say("pause now")
    first = await office.confirm(question, event="3")
    second = await office.confirm(question, event="4")

    assert "not yours" in foreign
    assert "changed the settings meanwhile" in stale
    assert "Done" in first
    assert "too old, answered, or not yours" in second
    assert await office.version() == 2


async def test_who_lost_the_right_before_confirming_changes_nothing(office: Office) -> None:
    question = await office.say("pause now")
    done = await office.confirm(question, replace(ADA, role=PlatformRole.MEMBER))

    assert "is for a" in done
    assert await office.version() == 0


async def test_help_shows_what_one_may_do(office: Office) -> None:
    assert "rights grant" not in (await office.say("help", ANN)).text
    assert "`status`" in (await office.say("", ANN)).text
    assert "rights grant" in (await office.say("help", OLA)).text
    assert "don't know the command `frobnicate`" in (await office.say("frobnicate")).text
    assert "`rights" not in (await office.say("right", ANN)).text
    assert "7 passages" in (await office.say("status", ANN)).text


async def test_a_word_that_is_nearly_right_is_answered_with_what_could_follow(
    office: Office,
) -> None:
    begun = (await office.say("chan mode off")).text
    argument = (await office.say("channel mod off")).text
    below = (await office.say("sources synk fruit")).text
    flag = (await office.say("flags thumb off")).text
    about = (await office.say("help limits")).text

    assert "Did you mean:\n\n- `channel [SETTING]" in begun
    assert "Did you mean `mode`?" in argument
    assert "For example: `channel mode thread`" in argument
    assert "Did you mean `sync`?" in below
    assert "`sources sync NAME [full]`" in below
    assert "Did you mean `thumbs`?" in flag
    assert "`limits person messages 100`" in about
    assert all("Nothing was changed" in each for each in (begun, argument, below, flag))


async def test_a_flag_holds_for_a_channel_before_its_workspace(office: Office) -> None:
    unset = (await office.it.store.current()).config.is_on(Flag.THUMBS, "slack:T1:C1")
    await office.say("flags thumbs off")
    await office.say("flags thumbs on here")
    config = (await office.it.store.current()).config
    shown = (await office.say("flags")).text
    await office.say("config undo 1", OLA)
    after = (await office.it.store.current()).config

    assert unset
    assert config.is_on(Flag.THUMBS, "slack:T1:C1")
    assert not config.is_on(Flag.THUMBS, "slack:T1:C2")
    assert not config.is_on(Flag.THUMBS, "slack:T1:")
    assert config.is_on(Flag.THUMBS, "slack:T2:C2")
    assert "`thumbs`: **on**" in shown
    assert "`slack:T1`: `thumbs` off" in shown
    assert after.is_on(Flag.THUMBS, "slack:T1:C2")


async def test_two_groups_of_one_person_both_count_as_teams(office: Office) -> None:
    both = replace(GROUP, groups=frozenset({"slack:T1:S1", "slack:T1:S2"}))
    message = a_message(message_id="1", person=both)
    await office.it.admission.refusal(message)
    usage = Usage(input_tokens=30, output_tokens=12, model="openai:m")
    answer = Answer(text="", outcome=Outcome.ANSWERED, usage=usage)
    await office.it.admission.spent(message, answer)
    teams = (await office.say("usage team")).text

    assert "`slack:T1:S1`: 1 question, 42 tokens" in teams
    assert "`slack:T1:S2`: 1 question, 42 tokens" in teams


OWN = """---
id: answer
version: {version}
---
# system
Answer like a pirate, from the passages only, or say $no_answer.
# user
$passages
$question
"""


async def test_a_prompt_is_activated_and_rolled_back_and_the_answer_names_its_version(
    redis: Redis, cipher: Cipher, docket: Docket, tmp_path: Path
) -> None:
    (tmp_path / "pirate.md").write_text(OWN.format(version=100))
    (tmp_path / "bare.md").write_text(OWN.format(version=101).replace("$question", ""))
    (tmp_path / "odd.md").write_text(OWN.format(version=102).replace("pirate", "$pirate"))
    office = Office(redis, cipher, docket, tmp_path)
    library = office.it.prompts

    async def used() -> str:
        versions = (await office.it.store.current()).config.prompts
        with choosing(versions):
            prompt = library.answer(Question(text="q", standalone="q"), (), ())
        return f"{prompt.version} {'pirate' in prompt.messages[0].text}"

    listed = (await office.say("prompts")).text
    first = await used()
    diff = (await office.say("prompts diff answer 100")).text
    done = await office.confirm(await office.say("prompts activate answer 100"))
    activated = await used()
    lacking = (await office.say("prompts activate answer 101")).text
    await office.say("prompts rollback answer")

    assert "there are 4, 100 too" in listed
    assert "`bare.md` can't be used: lacks $question" in listed
    assert "`odd.md` can't be used: has the unknown $pirate" in listed
    assert "+Answer like a pirate" in diff
    assert "prompts > answer: default → 100" in done
    assert activated == "100 True"
    assert "has the versions 4, 5, 100" in lacking
    assert (first, await used()) == ("5 False", "5 False")
