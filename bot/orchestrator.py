"""The straight line: one message in, one visible answer out."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from adapters.ports import ReplyStream
from adapters.types import Addressed, IncomingMessage, Reply
from bot.language.texts import said
from bot.ports import (
    AttachmentReader,
    ChatModel,
    EvidenceReader,
    Notices,
    PlaceholderStore,
    Redactor,
    Retriever,
    Rewriter,
    SupportJudge,
    ThreadMemory,
)
from bot.prompts.library import PromptLibrary
from bot.record import notes
from bot.record.notes import Fired
from bot.steps.citing import Unsupported
from bot.steps.drafting import Draft, nothing_written
from bot.steps.naming import TermsOf, named
from bot.steps.smalltalk import small_talk_reply
from bot.types import Answer, Attached, Outcome, Question, Turn
from guardrails.placeholders import SECRET, defused


class Orchestrator:
    """Answers messages; each step is one call on one port."""

    def __init__(
        self,
        *,
        redactor: Redactor,
        notices: Notices,
        placeholders: PlaceholderStore,
        memory: ThreadMemory,
        rewriter: Rewriter,
        terms_of: TermsOf,
        retriever: Retriever,
        reader: EvidenceReader,
        prompts: PromptLibrary,
        model: ChatModel,
        judge: SupportJudge | None = None,
        attachments: AttachmentReader | None = None,
        max_question_chars: int,
        unsupported: Unsupported = Unsupported.REMOVE,
    ) -> None:
        self._redactor = redactor
        self._notices = notices
        self._placeholders = placeholders
        self._memory = memory
        self._rewriter = rewriter
        self._terms_of = terms_of
        self._retriever = retriever
        self._reader = reader
        self._prompts = prompts
        self._model = model
        self._judge = judge
        self._attachments = attachments
        self._max_question_chars = max_question_chars
        self._unsupported = unsupported

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        """Answer `message` through `reply`, which is finished on return.

        Raises:
            BotError: No answer could be made; `reply` is not finished.
            AdapterError: The platform refused; what stands is not known.
        """
        if early := await self._without_search(message, reply):
            await reply.finish(Reply(text=early.text))
            return early
        thread = message.thread
        known = await self._placeholders.load(thread)
        redaction = await self._redactor.redact(
            defused(message.text), known, names=(message.person.name,), workspace=thread.workspace
        )
        if SECRET in redaction.counts:
            await self._notices.secret_seen(message)
        if redaction.blocked:
            return await _refused(redaction.blocked, reply)
        # What nobody said to us is kept only once it was answered where everybody sees it.
        is_kept = message.addressed is not Addressed.OVERHEARD
        if is_kept:
            await self._placeholders.save(thread, redaction.placeholders)
        await self._reader.notice(redaction.text)
        history = await self._memory.recall(thread)
        question = await self._rewriter.rewrite(redaction.text, history)
        question = replace(question, is_quoted=message.addressed is Addressed.QUOTED)
        await reply.progress(said("progress_searching"))
        searched = named(question, redaction.placeholders, self._terms_of)
        finding = await self._retriever.retrieve(searched, audience=message.audience, thread=thread)
        attached = await self._attached(message, question, reply)
        finding = attached.beside(finding)
        reading = await self._reader.read(
            finding.passages, redaction.placeholders, workspace=thread.workspace
        )
        if is_kept:
            await self._placeholders.save(thread, reading.placeholders)
        await reply.progress(said("progress_reading"))
        prompt = self._prompts.answer(question, history, reading.evidence)
        draft = Draft(reading.evidence, reading.placeholders, reply, self._judge, self._unsupported)
        # What is no evidence is shown as the closest, and no model is asked to make more of it.
        written = self._model.stream(prompt) if finding.is_enough else nothing_written()
        answer = await draft.write(written, redactions=redaction.counts)
        answer = replace(answer, asked=question)
        sent = await reply.finish(
            Reply(text=attached.noted(answer), citations=answer.citations, closest=answer.closest)
        )
        if not is_kept and not sent.messages:
            return answer
        # A model may write of people whom nobody named: that is masked as a question is.
        kept = await self._redactor.redact(
            draft.masked, reading.placeholders, workspace=thread.workspace
        )
        await self._placeholders.save(thread, kept.placeholders)
        is_from_outside = message.person.is_guest
        turn = Turn(question=redaction.text, answer=kept.text, is_from_outside=is_from_outside)
        await self._memory.remember(thread, turn)
        return answer

    async def _attached(
        self, message: IncomingMessage, question: Question, reply: ReplyStream
    ) -> Attached:
        if self._attachments is None:
            return Attached()
        if message.files:
            await reply.progress(said("progress_files"))
        return await self._attachments.read(message, question)

    async def _without_search(self, message: IncomingMessage, reply: ReplyStream) -> Answer | None:
        """Return the answer to what needs no search: too long, or not a question."""
        text = message.text
        if len(text) > self._max_question_chars:
            notes.fired(Fired.TOO_LONG)
            return Answer(
                outcome=Outcome.REFUSED,
                text=said(
                    "too_long", chars=f"{len(text):,}", limit=f"{self._max_question_chars:,}"
                ),
            )
        kind_word = small_talk_reply(text)
        if kind_word and message.files:
            attached = await self._attached(message, Question(text="", standalone=""), reply)
            kind_word = attached.alone or kind_word
        return Answer(outcome=Outcome.NOT_A_QUESTION, text=kind_word) if kind_word else None


async def _refused(types: Sequence[str], reply: ReplyStream) -> Answer:
    """Say that a message holds what the company's policy lets nobody send."""
    kinds = ", ".join(kind.replace("_", " ").lower() for kind in types)
    text = said("blocked_data", kinds=kinds)
    await reply.finish(Reply(text=text))
    return Answer(
        outcome=Outcome.REFUSED, text=text, redactions=MappingProxyType(dict.fromkeys(types, 1))
    )
