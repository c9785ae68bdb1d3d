"""What is done with each type of personal data: masked, kept, or the message is not taken."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from guardrails.placeholders import SECRET
from guardrails.types import Finding


class Action(StrEnum):
    """What is done with a finding."""

    MASK = "mask"  # a placeholder stands for it
    KEEP = "keep"  # it is left in the text
    BLOCK = "block"  # masked, and a question that holds it is not answered


MASKED_BY_DEFAULT = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "IP_ADDRESS",
    "US_SSN",
    "STREET_ADDRESS",
    "DATE_OF_BIRTH",
    "EMPLOYEE_ID",
    SECRET,
)
"""What is looked for. Not places, dates and organisations: without them little can be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An action for each type; types that it does not name are masked."""

    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for kind, action in self.actions.items():
            if kind not in MASKED_BY_DEFAULT:
                raise ValueError(f"there is no type {kind}, only {', '.join(MASKED_BY_DEFAULT)}")
            if kind == SECRET and action is Action.KEEP:
                raise ValueError("SECRET can be mask or block: a secret never goes on")

    def of(self, kind: str) -> Action:
        """Return what is done with data of type `kind`."""
        return self.actions.get(kind, Action.MASK)

    def masked(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings that are not kept in the text."""
        return tuple(found for found in findings if self.of(found.type) is not Action.KEEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """A policy for each workspace, and one for all the others."""

    default: Policy = Policy()
    by_workspace: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, workspace: str) -> Policy:
        """Return the policy of `workspace`."""
        return self.by_workspace.get(workspace, self.default)


def parse_policies(text: str) -> Policies:
    """Read `TYPE=action,…`, the same as a JSON object, or such an object for each workspace.

    In the last form `*` stands for the workspaces that are not named.

    Raises:
        ValueError: A type or an action is not known; the message says which there are.
    """
    if not text.strip().startswith("{"):
        return Policies(default=_policy(_pairs(text)))
    try:
        read = json.loads(text)
    except ValueError:
        raise ValueError("is no JSON object") from None
    if not any(isinstance(value, dict) for value in read.values()):
        return Policies(default=_policy(read.items()))
    if not all(isinstance(value, dict) for value in read.values()):
        raise ValueError("must name types, or workspaces, but not both in one object")
    of_each = {str(name): _policy(actions.items()) for name, actions in read.items()}
    default = of_each.pop("*", Policy())
    return Policies(default=default, by_workspace=MappingProxyType(of_each))


def _policy(pairs: Iterable[tuple[str, object]]) -> Policy:
    actions: dict[str, Action] = {}
    for kind, action in pairs:
        try:
            actions[kind.strip().upper()] = Action(str(action).strip().lower())
        except ValueError:
            raise ValueError(
                f"the action must be mask, keep or block, not {action} ({kind.strip()})"
            ) from None
    return Policy(actions=MappingProxyType(actions))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        kind, sign, action = item.partition("=")
        if not sign:
            raise ValueError(f"must be of the form TYPE=action: {item}")
        pairs.append((kind, action))
    return pairs
