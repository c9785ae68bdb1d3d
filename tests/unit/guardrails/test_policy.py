"""An operator's policy for personal data is read, or refused with what to do."""

import pytest

from guardrails.policy import Action, parse_policies


@pytest.mark.parametrize(
    "text",
    ["ip_address=keep, CREDIT_CARD = block", '{"IP_ADDRESS": "keep", "CREDIT_CARD": "block"}'],
)
def test_both_forms_say_the_same(text: str) -> None:
    policy = parse_policies(text).default

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
        ('{"T1": {"PERSON": "keep"}, "PERSON": "mask"}', "but not both in one object"),
        ("SECRET=keep", "a secret never goes on"),
    ],
)
def test_a_mistake_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_policies(text)


def test_a_workspace_can_have_a_policy_of_its_own() -> None:
    policies = parse_policies('{"*": {"PERSON": "keep"}, "T1": {"CREDIT_CARD": "block"}}')

    assert policies.of("T9").of("PERSON") is Action.KEEP
    assert policies.of("T1").of("PERSON") is Action.MASK
    assert policies.of("T1").of("CREDIT_CARD") is Action.BLOCK
