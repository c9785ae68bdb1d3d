"""What feedback, usage, the directory and Teams keep of a person, as parts of what is forgotten."""

from collections.abc import Sequence

from adapters.teams.references import Reference
from bot.controls.usage import UsageBook
from bot.feedback.store import FeedbackStore
from bot.feedback.verified import VerifiedStore
from bot.people.handing import Handing
from bot.queue.references import RedisReferences
from bot.record.forgetting import Subject
from bot.syncing.directory import GroupDirectory

_TEAMS = "teams"


class ForgetFeedback:
    """Answers kept for thumbs, and the person's own thumbs and reasons."""

    kind = "answers kept for feedback, and thumbs"

    def __init__(self, feedback: FeedbackStore) -> None:
        self._feedback = feedback

    async def count(self, subject: Subject) -> int:
        return await self._feedback.count_of(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._feedback.forget(subject.pseudonym, subject.words)


class ForgetRequests:
    """Requests for a human whose masked question the person may have asked, or is named in."""

    kind = "requests for a human"

    def __init__(self, handing: Handing) -> None:
        self._handing = handing

    async def count(self, subject: Subject) -> int:
        return await self._handing.count_of(subject.pseudonym, subject.words)

    async def forget(self, subject: Subject) -> int:
        return await self._handing.forget(subject.pseudonym, subject.words)


class ForgetExperts:
    """The person's name on answers that they verified; the answers stay, without it."""

    kind = "names on verified answers"

    def __init__(self, verified: VerifiedStore) -> None:
        self._verified = verified

    async def count(self, subject: Subject) -> int:
        return await self._verified.count_by(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._verified.forget(subject.pseudonym)


class ForgetUsage:
    """How much the person used, day by day; what the channel and company used stays."""

    kind = "days of usage"

    def __init__(self, usage: UsageBook) -> None:
        self._usage = usage

    async def count(self, subject: Subject) -> int:
        return await self._usage.days_of(_key(subject), is_forgotten=False)

    async def forget(self, subject: Subject) -> int:
        return await self._usage.days_of(_key(subject), is_forgotten=True)


class ForgetMemberships:
    """The groups of the person's address, until a source tells of them again."""

    kind = "memberships mirrored from sources"

    def __init__(self, directory: GroupDirectory) -> None:
        self._directory = directory

    async def count(self, subject: Subject) -> int:
        return sum([await self._directory.count_of(each) for each in subject.addresses])

    async def forget(self, subject: Subject) -> int:
        return sum([await self._directory.forget(each) for each in subject.addresses])


class ForgetConversations:
    """Where the person is reached in Teams, and that it was them who wrote last elsewhere."""

    kind = "conversations in Teams"

    def __init__(self, references: RedisReferences) -> None:
        self._references = references

    async def count(self, subject: Subject) -> int:
        return len(await self._of(subject))

    async def forget(self, subject: Subject) -> int:
        found = await self._of(subject)
        await self._references.forget(subject.workspace, subject.id, found)
        return len(found)

    async def _of(self, subject: Subject) -> Sequence[Reference]:
        if subject.platform != _TEAMS:
            return ()
        return await self._references.of_person(subject.workspace, subject.id)


def _key(subject: Subject) -> str:
    return f"{subject.platform}:{subject.workspace}:{subject.id}"
