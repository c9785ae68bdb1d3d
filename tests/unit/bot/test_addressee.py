"""Whether a message is for the bot: what it says, to whom, and after what."""

import time

import pytest

from adapters.types import Addressed
from bot.addressee.deciding import decide, said
from bot.addressee.reading import read
from bot.addressee.types import ChannelMode, Decision, Reason, Situation

ANN, BEN = "T1:ANN", "T1:BEN"
ANSWERED = (said("How many days of leave do I have?", by=ANN, is_for_us=True), said("30.", by=""))


def after_an_answer(
    text: str, *, by: str = ANN, mode: ChannelMode = ChannelMode.THREAD, names: tuple[str, ...] = ()
) -> Decision:
    return decide(
        Situation(
            text=text,
            by=by,
            addressed=Addressed.FOLLOW_UP,
            mode=mode,
            names=names,
            said=ANSWERED,
        )
    )


def test_what_goes_on_with_our_answer_is_for_us() -> None:
    assert after_an_answer("And how many can I carry over?").reason is Reason.QUESTION
    assert after_an_answer("no, I meant part-time").reason is Reason.CORRECTION
    assert after_an_answer("are you sure?").reason is Reason.DOUBT
    assert after_an_answer("please explain that in more detail").reason is Reason.REQUEST
    assert after_an_answer("Citewell, what about Vienna?", by=BEN).reason is Reason.NAMED


def test_what_is_said_to_somebody_else_is_not() -> None:
    assert after_an_answer("@someone can you look?").reason is Reason.SOMEONE_ELSE
    assert after_an_answer("Ben, can you look?").reason is Reason.SOMEONE_ELSE
    assert after_an_answer("anna do you know", names=("Anna Berg",)).reason is Reason.SOMEONE_ELSE
    assert after_an_answer("anyone up for lunch?").reason is Reason.GROUP


def test_chatter_news_and_rhetoric_are_left_alone() -> None:
    assert after_an_answer("thanks!").reason is Reason.CHATTER
    assert after_an_answer("ok will do").reason is Reason.CHATTER
    assert after_an_answer("FYI the portal is down").reason is Reason.INFORMATION
    assert after_an_answer("who knew?").reason is Reason.RHETORICAL
    assert not after_an_answer("> How many days?\nsame here lol").answers
    assert not after_an_answer("When I asked last year it was 28").answers


def test_two_people_are_not_interrupted() -> None:
    talk = (*ANSWERED, said("so ours ends in May, I'd say", by=BEN))
    situation = Situation(
        text="hm, can it start in June?",
        by=ANN,
        addressed=Addressed.FOLLOW_UP,
        mode=ChannelMode.THREAD,
        said=talk,
    )

    assert decide(situation).reason is Reason.BETWEEN_PEOPLE
    assert after_an_answer("did you take yours?", by=BEN).reason is Reason.BETWEEN_PEOPLE


def test_a_mention_to_somebody_else_only_speaks_of_us() -> None:
    text = "@someone have you tried asking ?"
    situation = Situation(
        text=text,
        named_at=len(text) - 2,
        by=ANN,
        addressed=Addressed.MENTION,
        mode=ChannelMode.THREAD,
    )

    assert decide(situation).reason is Reason.SPOKEN_OF


@pytest.mark.parametrize("text", ["thanks", "lol", "Ben, look", "\U0001f389", ""])
def test_a_direct_message_is_always_for_us(text: str) -> None:
    situation = Situation(text=text, by=ANN, addressed=Addressed.DIRECT, mode=ChannelMode.OFF)

    assert decide(situation).answers


@pytest.mark.parametrize(
    "text", ["a ", "ok, ", "> ", "? ", "no, ", '"', "```", "Ann, ", "and for ", "@a ", "¿", "so "]
)
def test_hostile_lengths_take_no_time(text: str) -> None:
    started = time.process_time()
    after_an_answer((text * 20_000)[:40_000])
    decide(
        Situation(
            text=(text * 20_000)[:40_000],
            by=ANN,
            addressed=Addressed.OVERHEARD,
            mode=ChannelMode.AUTO_ANSWER,
        )
    )

    assert time.process_time() - started < 1.5


def test_nothing_of_the_words_is_kept() -> None:
    kept = said("My card is 4111 1111 1111 1111, is that a problem?", by=ANN)

    assert "4111" not in repr(kept)
    assert read("").is_chatter
