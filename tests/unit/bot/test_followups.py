"""A follow-up is searched with the question before it; a question of its own is not."""

import pytest

from bot.steps.rewriting import WordRewriter
from bot.types import Turn

HISTORY = (Turn(question="How many days of annual leave do I have?", answer="Thirty."),)


@pytest.mark.parametrize(
    "text",
    ["And part-time?", "Can I carry them over?", "Why?", "What about interns?", "Is it paid out?"],
)
async def test_a_follow_up_takes_the_question_before_it_along(text: str) -> None:
    question = await WordRewriter().rewrite(text, HISTORY)

    assert question.text == text
    assert question.standalone == f"{HISTORY[0].question}\n{text}"


@pytest.mark.parametrize(
    "text",
    [
        "How do I connect to the VPN from my phone?",
        "Which hotels can be booked when travelling to Berlin?",
    ],
)
async def test_a_question_of_its_own_stands_alone(text: str) -> None:
    assert (await WordRewriter().rewrite(text, HISTORY)).standalone == text


async def test_the_first_question_of_a_thread_stands_alone() -> None:
    assert (await WordRewriter().rewrite("Why?", ())).standalone == "Why?"
