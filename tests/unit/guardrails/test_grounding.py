"""A sentence is shown only where the evidence carries its numbers, names and most of its words."""

import pytest

from guardrails.grounding import NO_CLAIM, OTHER_LANGUAGE, check_support

LEAVE = "Everyone has 30 days of paid leave a year, of 365. Ask <PERSON_1> by 31 March 2026."
EVIDENCE = [f"Leave\n{LEAVE}"]


@pytest.mark.parametrize(
    "sentence",
    [
        "You have 30 days of paid leave.",
        "Leave: 30 days a year.",
        "Ask <PERSON_1> by 31 March.",
        "- **30 days** of leave",
        "1. Ask <PERSON_1>.",
        "Ask <PERSON_1>, the one for 30\u2013365 days of paid leave.",
    ],
)
def test_what_the_evidence_says_is_supported(sentence: str) -> None:
    assert check_support(sentence, EVIDENCE).is_supported


@pytest.mark.parametrize(
    "sentence",
    [
        "You have 25 days of paid leave.",
        "Ask <PERSON_2> by 31 March.",
        "The kitchen serves fish on Fridays.",
        "Leave can be sold back to the company at double the hourly rate.",
    ],
)
def test_another_number_name_or_matter_is_not(sentence: str) -> None:
    assert not check_support(sentence, EVIDENCE).is_supported


def test_half_of_the_words_from_here_and_there_are_not_enough() -> None:
    evidence = ["Visitors sign in at the desk. Cars are parked in the garage."]

    found = check_support("Visitors pay a fee at the desk for cars of guests.", evidence)

    assert not found.is_supported


@pytest.mark.parametrize(
    "text", ["In short:", "## Leave", "Here is what the documents say:", "---"]
)
def test_what_claims_nothing_needs_no_source(text: str) -> None:
    assert check_support(text, []).reason == NO_CLAIM


def test_without_evidence_nothing_is_supported() -> None:
    assert not check_support("You have 30 days of leave.", []).is_supported


def test_in_another_language_numbers_and_names_decide() -> None:
    right = check_support("Alle haben im Jahr 30 Tage bezahlten Urlaub.", EVIDENCE)
    wrong = check_support("Alle haben im Jahr 28 Tage bezahlten Urlaub.", EVIDENCE)

    assert right.is_supported
    assert right.reason == OTHER_LANGUAGE
    assert not wrong.is_supported


@pytest.mark.parametrize(
    ("sentence", "is_supported"),
    [
        ("Interns can not carry over vacation days.", False),
        ("Interns can carry over vacation days.", True),
        ("Nobody may smoke in the office.", True),
        ("As Workday says, interns can carry over vacation days.", False),
        ("As Personio says, interns can carry over vacation days.", True),
        ("**Carry Over**: interns can carry over vacation days.", True),
        ("Wer ein Praktikum macht, kann Urlaubstage nicht mitnehmen.", True),
    ],
)
def test_negations_and_names_must_stand_in_the_evidence(
    sentence: str,
    is_supported: bool,  # noqa: FBT001 - what is expected
) -> None:
    evidence = [
        "Interns can carry over vacation days in Personio. It isn't allowed to smoke in the office."
    ]

    assert check_support(sentence, evidence).is_supported is is_supported
