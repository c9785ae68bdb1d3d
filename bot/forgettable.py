"""What feedback and usage keep of a person, as parts of what is forgotten."""

from bot.feedback import FeedbackStore
from bot.record.forgetting import Subject
from bot.usage import UsageBook


class ForgetFeedback:
    """Answers kept for thumbs, and the person's own thumbs and reasons."""

    kind = "answers kept for feedback, and thumbs"

    def __init__(self, feedback: FeedbackStore) -> None:
        self._feedback = feedback

    async def count(self, subject: Subject) -> int:
        return await self._feedback.count_of(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._feedback.forget(subject.pseudonym, subject.words)


class ForgetUsage:
    """How much the person used, day by day; what the channel and company used stays."""

    kind = "days of usage"

    def __init__(self, usage: UsageBook) -> None:
        self._usage = usage

    async def count(self, subject: Subject) -> int:
        return await self._usage.days_of(_key(subject), is_forgotten=False)

    async def forget(self, subject: Subject) -> int:
        return await self._usage.days_of(_key(subject), is_forgotten=True)


def _key(subject: Subject) -> str:
    return f"{subject.platform}:{subject.workspace}:{subject.id}"
