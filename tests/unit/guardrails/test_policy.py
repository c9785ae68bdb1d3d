"""An operator's policy for personal data is read, or refused with what to do."""

import pytest

from guardrails.policy import Action, parse_policy


@pytest.mark.parametrize(
    "text",
    ["ip_address=keep, CREDIT_CARD = block", '{"IP_ADDRESS": "keep", "CREDIT_CARD": "block"}'],
)
def test_both_forms_say_the_same(text: str) -> None:
    policy = parse_policy(text)

    assert policy.of("IP_ADDRESS") is Action.KEEP
    assert policy.of("CREDIT_CARD") is Action.BLOCK
    assert policy.of("PERSON") is Action.MASK


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("PERSONS=mask", "there is no type PERSONS, only PERSON, "),
        ("PERSON=hide", "the action must be mask, keep or block"),
        ("PERSON", "must be of the form TYPE=action"),
        ("{PERSON", "is no JSON object"),
        ("SECRET=keep", "a secret never goes on"),
    ],
)
def test_a_mistake_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_policy(text)
