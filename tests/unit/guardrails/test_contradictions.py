"""Two sentences contradict each other where nearly the same words carry another number or turn."""

import pytest

from guardrails.contradictions import contradict

LEAVE = "Everyone has 30 days of paid leave a year."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LEAVE, "Everyone has 25 days of paid leave a year."),
        (LEAVE, "- Everyone has twenty days of paid leave a year."),
        ("Hand in your expense report by 1 March.", "Hand in your expense report by 1 April."),
        ("Interns can carry over leave to a year.", "Interns cannot carry over leave to a year."),
        ("You must not share the code of the door.", "You must share the code of the door."),
    ],
)
def test_another_number_date_or_negation_contradicts(one: str, other: str) -> None:
    assert contradict(one, other)
    assert contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LEAVE, LEAVE),
        (LEAVE, "Everyone in Paris has 25 days of paid leave a year."),
        (LEAVE, "Everyone has 2 days of sick leave a month, paid by the fund."),
        ("The garage in the Berlin house has 12.", "The garage in the Paris house has 9."),
        ("Use release 1.12.3 of the tool for it.", "Use release 1.13.0 of the tool for it."),
        ("Keep the letter of the DE 2088 you got.", "Keep the letter of the DE 428 you got."),
        ("See https://docs.example/1 for the fix.", "See https://docs.example/2 for the fix."),
        ("For example, you may have 3 of the seats.", "For example, you may have 4 of the seats."),
        ("Mission launch: 2024", "Mission launch: 2025"),
        (
            "Visit our office, by appointment only",
            "Visit our office, with or without an appointment",
        ),
        ("You should not sign it without an approval.", "You should sign it with an approval."),
    ],
)
def test_the_same_about_another_thing_does_not(one: str, other: str) -> None:
    assert not contradict(one, other)
