"""An answer says that its sources contradict each other, the valid one first, both cited."""

from bot.steps.citing import CitationCheck
from bot.types import Evidence
from tests.writing import evidence, written

NEW = "Everyone has 30 days of paid leave a year."
OLD = "Everyone has 25 days of paid leave a year. Ask <PERSON_1> <!channel> about it."


async def told(said: str, *found: Evidence) -> tuple[str, list[str]]:
    answer, _ = await written(said, *found)
    return answer.text, [citation.url for citation in answer.citations]


async def test_both_sources_are_named_and_linked_the_valid_one_first() -> None:
    text, urls = await told(
        "You have 25 days of paid leave a year. [1]",
        evidence(1, OLD, superseded=True),
        evidence(2, NEW),
    )

    assert text == (
        "You have 25 days of paid leave a year. [1]\n\nThe sources contradict each other: "
        "Leave 2 says \u201cEveryone has 30 days of paid leave a year.\u201d [2]; Leave 1 "
        "(superseded) says \u201cEveryone has 25 days of paid leave a year.\u201d [1]."
    )
    assert urls == ["https://docs.example/1", "https://docs.example/2"]


async def test_sources_that_agree_and_answers_that_say_so_themselves_get_no_such_sentence() -> None:
    agreed, _ = await told("You have 30 days of leave. [1]", evidence(1, NEW), evidence(2, NEW))
    said, _ = await told(
        "You have 30 days of leave. [1] The sources contradict each other: leave is 25 days. [2]",
        evidence(1, NEW),
        evidence(2, OLD),
    )

    assert "contradict" not in agreed
    assert said.count("contradict") == 1


def test_a_passage_that_gives_orders_contradicts_nobody() -> None:
    check = CitationCheck((evidence(1, NEW), evidence(2, OLD, is_suspicious=True)), str)
    check.check("You have 30 days of paid leave a year. [1]")

    assert check.contradiction() is None


async def test_a_sentence_that_a_passages_end_cut_contradicts_nobody() -> None:
    asked = "It is for the petitioner to have the respondent served [1]"
    cut = "Read this first. It is for the petitioner to have the respondent served no"
    whole = "Read this first. It is for the petitioner to have the respondent served."
    text, _ = await told(asked, evidence(1, whole), evidence(2, cut))
    turned, _ = await told(asked, evidence(1, whole), evidence(2, f"{cut}."))

    assert "contradict" not in text
    assert "contradict" in turned
