"""What can go wrong in the bot, named for what the caller can do.

`reply` is what a person in chat may read; the message of the error is for logs and operators.
"""

from collections.abc import Sequence


class BotError(Exception):
    """Something went wrong while answering; `reply` says so to the person, without jargon."""

    reply = "Something went wrong on my side, so I could not answer."


class ModelUnavailableError(BotError):
    """The chat model did not answer, or stopped before its answer was whole."""

    reply = "The language model is not reachable right now. Please ask again in a few minutes."

    def __init__(self, kind: str) -> None:
        super().__init__(f"chat model: {kind}")
        self.kind = kind


class ModelRefusedError(BotError):
    """The model's provider declined to answer this question."""

    reply = "The language model declined to answer this question."


class DeclinedError(BotError):
    """Moderation does not let a question, or an answer, pass; `reply` is for the person."""

    def __init__(self, reply: str) -> None:
        super().__init__("declined by moderation")
        self.reply = reply


class SearchUnavailableError(BotError):
    """The documents can't be searched right now."""

    reply = "The documents are not reachable right now, and I don't answer without them."


class AnswerTimeoutError(BotError):
    """An answer took longer than it may."""

    reply = "That took too long, so I stopped. Please ask again, perhaps more narrowly."


class OverdueError(BotError):
    """Nobody came to answer a message in time."""

    reply = "I could not get to your question in time. Please ask it again."


class GivenUpError(BotError):
    """Answering a message ended the worker, again and again."""

    reply = "I tried to answer this several times and failed each time, so I stopped."


class UnreadableError(BotError):
    """A message can't be read any more: it was sealed with another key."""

    reply = "My settings changed before I could read your message. Please send it again."


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
