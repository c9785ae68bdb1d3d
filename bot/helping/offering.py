"""Lines around the line: experts' answers come first, and thumbs stand under each answer."""

from dataclasses import replace
from datetime import UTC, datetime

from adapters.ports import ReplyStream
from adapters.types import Citation, IncomingMessage, Reply, SentReply
from bot.feedback.store import FeedbackStore
from bot.feedback.verified import Verified, question_id
from bot.feedback.verifying import VerifiedAnswers
from bot.helping.suggesting import gathered
from bot.language.texts import said
from bot.ports import Line
from bot.record.pseudonyms import Pseudonyms
from bot.types import Answer, Outcome


class VerifiedLine:
    """Answers with what an expert wrote, where one wrote for this question.

    Such an answer is for those in the company who may read its source: others get the documents'.
    """

    def __init__(self, inner: Line, answers: VerifiedAnswers) -> None:
        self._inner = inner
        self._answers = answers

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        known = await self._answers.find(message)
        if known is None:
            return await self._inner.answer(message, reply)
        shown = _reply_of(known, asked=message.text)
        await reply.finish(shown)
        return Answer(text=shown.text, outcome=Outcome.ANSWERED, citations=shown.citations)


class OfferingLine:
    """Asks for a thumb under each answer that has sources, and keeps what it will be about."""

    def __init__(self, inner: Line, feedback: FeedbackStore, pseudonyms: Pseudonyms) -> None:
        self._inner = inner
        self._feedback = feedback
        self._pseudonyms = pseudonyms

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        who = await self._pseudonyms.of(message.person, message.thread.platform)
        return await self._inner.answer(message, _Offering(reply, message, self._feedback, who))


class _Offering:
    def __init__(
        self, inner: ReplyStream, message: IncomingMessage, feedback: FeedbackStore, who: str
    ) -> None:
        self._inner = inner
        self._message = message
        self._who = who
        self._feedback = feedback

    async def progress(self, note: str) -> None:
        await self._inner.progress(note)

    async def append(self, text: str) -> None:
        await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        if not reply.citations:
            return await self._inner.finish(reply)
        message = self._message
        links = frozenset(citation.url for citation in reply.citations)
        what = gathered()
        read = what.read_behind(links) if what else ()
        await self._feedback.keep(message, reply, who=self._who, passages=read)
        sent = await self._inner.finish(replace(reply, feedback=message.message_id))
        await self._feedback.stands(message.thread, sent.messages, about=message.message_id)
        return sent


def _reply_of(known: Verified, *, asked: str) -> Reply:
    written, until = (f"{datetime.fromtimestamp(s, UTC):%Y-%m-%d}" for s in (
        known.at_s, known.expires_s
    ))  # fmt: skip
    note = said("verified", expert=known.expert, written=written, until=until)
    text = f"{known.answer} [1]\n\n{note}"
    if question_id(asked) != question_id(known.question):
        # Only who reads which question it answers can see whether it was theirs.
        text = f"{said('verified_question', question=known.question)}\n\n{text}"
    source = Citation(number=1, title=known.title, heading="", url=known.url, quote="")
    return Reply(text=text, citations=(source,))
