"""The straight line: one message in, one visible answer out."""

from adapters.ports import ReplyStream
from adapters.types import IncomingMessage, Reply
from bot.drafting import Draft, masked, nothing_written
from bot.ports import ChatModel, PlaceholderStore, Redactor, Retriever, Rewriter, ThreadMemory
from bot.prompts.library import PromptLibrary
from bot.smalltalk import small_talk_reply
from bot.types import Answer, Outcome, Turn


class Orchestrator:
    """Answers messages; each step is one call on one port."""

    def __init__(
        self,
        *,
        redactor: Redactor,
        placeholders: PlaceholderStore,
        memory: ThreadMemory,
        rewriter: Rewriter,
        retriever: Retriever,
        prompts: PromptLibrary,
        model: ChatModel,
        max_question_chars: int,
    ) -> None:
        self._redactor = redactor
        self._placeholders = placeholders
        self._memory = memory
        self._rewriter = rewriter
        self._retriever = retriever
        self._prompts = prompts
        self._model = model
        self._max_question_chars = max_question_chars

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        """Answer `message` through `reply`, which is finished on return.

        Raises:
            BotError: No answer could be made; `reply` is not finished.
            AdapterError: The platform refused; what stands is not known.
        """
        if early := self._without_search(message.text):
            await reply.finish(Reply(text=early.text))
            return early
        thread = message.thread
        known = await self._placeholders.load(thread)
        redaction = await self._redactor.redact(message.text, known)
        await self._placeholders.save(thread, redaction.placeholders)
        history = await self._memory.recall(thread)
        question = await self._rewriter.rewrite(redaction.text, history)
        await reply.progress("is searching the documents…")
        finding = await self._retriever.retrieve(question, audience=message.audience)
        evidence, placeholders = masked(finding.passages, redaction.placeholders)
        await self._placeholders.save(thread, placeholders)
        await reply.progress("is reading what was found…")
        prompt = self._prompts.answer(question, history, evidence)
        draft = Draft(evidence, placeholders, reply)
        # What is no evidence is shown as the closest, and no model is asked to make more of it.
        written = self._model.stream(prompt) if finding.is_enough else nothing_written()
        answer = await draft.write(written, redactions=redaction.counts)
        await reply.finish(
            Reply(text=answer.text, citations=answer.citations, closest=answer.closest)
        )
        await self._memory.remember(thread, Turn(question=redaction.text, answer=draft.masked))
        return answer

    def _without_search(self, text: str) -> Answer | None:
        """Return the answer to what needs no search: too long, or not a question."""
        if len(text) > self._max_question_chars:
            return Answer(
                outcome=Outcome.REFUSED,
                text=f"Your message has {len(text):,} characters; I can read "
                f"{self._max_question_chars:,}. Please shorten it, or ask about one part of it.",
            )
        if reply := small_talk_reply(text):
            return Answer(outcome=Outcome.NOT_A_QUESTION, text=reply)
        return None
