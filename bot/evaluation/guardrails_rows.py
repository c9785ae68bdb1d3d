"""A line of the table of what the guardrails do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement: `value` is a share in 0..1, or milliseconds where `unit` is ms."""

    what: str
    data: str
    count: int
    value: float
    unit: str = "share"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None
