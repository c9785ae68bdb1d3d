"""What can go wrong in the bot, named for what the caller can do.

`says` is the key of what a person in chat may read, in their language; the message of the error is
for logs and operators.
"""

from collections.abc import Sequence


class BotError(Exception):
    """Something went wrong while answering; what `says` names tells the person, without jargon."""

    says = "error_general"


class ModelUnavailableError(BotError):
    """The chat model did not answer, or stopped before its answer was whole."""

    says = "error_model_away"

    def __init__(self, kind: str) -> None:
        super().__init__(f"chat model: {kind}")
        self.kind = kind


class ModelRefusedError(BotError):
    """The model's provider declined to answer this question."""

    says = "error_model_declined"


class DeclinedError(BotError):
    """Moderation does not let a question, or an answer, pass; `reply` is for the person."""

    def __init__(self, reply: str) -> None:
        super().__init__("declined by moderation")
        self.reply = reply


class ModerationUnavailableError(BotError):
    """The provider's moderation endpoint did not tell in time."""


class SearchUnavailableError(BotError):
    """The documents can't be searched right now."""

    says = "error_search_away"


class AnswerTimeoutError(BotError):
    """An answer took longer than it may."""

    says = "error_too_slow"


class OverdueError(BotError):
    """Nobody came to answer a message in time."""

    says = "error_overdue"


class GivenUpError(BotError):
    """Answering a message ended the worker, again and again."""

    says = "error_given_up"


class UnreadableError(BotError):
    """A message can't be read any more: it was sealed with another key."""

    says = "error_unreadable"


class TakenOverError(Exception):
    """Another worker may be answering this by now: nothing more may be shown."""


class TryAgainError(Exception):
    """It can't be answered now: look at it again after `after_s` seconds."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(f"{reason}: again in {after_s:.0f} s")
        self.after_s = after_s


class SettingsError(Exception):
    """Settings are wrong or missing; `problems` has one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StartError(Exception):
    """A part can't be started; the message says what to do."""
