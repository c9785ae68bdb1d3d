"""Sums up a thread: each sentence carried by its messages, each message a source."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from adapters.errors import ThreadUnreadableError
from adapters.ports import ChatAdapter, ReplyStream
from adapters.types import IncomingMessage, Reply, ThreadMessage, Transcript
from bot.language.languages import language_of
from bot.language.manner import Manner, manner, speaking
from bot.language.texts import counted, said
from bot.models.offline import OFFLINE
from bot.ports import ChatModel, Redactor
from bot.prompts.library import PromptLibrary
from bot.record import notes
from bot.record.notes import Fired
from bot.steps.drafting import Draft
from bot.types import Answer, Evidence, Outcome
from guardrails.ports import InjectionDetector
from guardrails.types import Placeholders
from knowledge.types import EVERYONE, Passage

log = structlog.get_logger(__name__)

MAX_MESSAGES = 100
_MAX_CHARS = 40_000
_MAX_MESSAGE_CHARS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The thread as a model may read it; `withheld` messages hold what may not be sent to it."""

    posts: tuple[Evidence, ...]
    outside: frozenset[str]
    placeholders: Placeholders
    withheld: int


class SummaryLine:
    """A line that answers with what the message's own thread comes to.

    The thread is read from the platform when it is wanted, and nothing of it is kept.
    """

    def __init__(
        self,
        *,
        adapters: Mapping[str, ChatAdapter],
        redactor: Redactor,
        injection: InjectionDetector,
        prompts: PromptLibrary,
        model: ChatModel,
    ) -> None:
        self._adapters = adapters
        self._redactor = redactor
        self._injection = injection
        self._prompts = prompts
        self._model = model

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        adapter = self._adapters[message.thread.platform]
        try:
            transcript = await adapter.read_thread(message.thread, limit=MAX_MESSAGES)
        except ThreadUnreadableError as error:
            log.info("thread_unreadable", thread=str(message.thread), code=error.code)
            return await _told(said(f"unread_{error.code}"), reply, Outcome.REFUSED)
        fitting = _fitting(transcript)
        with speaking(await _manner_in(fitting)):
            return await self._summed_up(fitting, message, reply)

    async def _summed_up(
        self, fitting: Transcript, message: IncomingMessage, reply: ReplyStream
    ) -> Answer:
        if len(fitting.messages) < 2:  # noqa: PLR2004 - a message and one reply
            return await _told(said("summary_too_short"), reply, Outcome.NO_EVIDENCE)
        read = await self._masked(fitting, message.thread.workspace)
        draft = Draft(read.posts, read.placeholders, reply)
        told = manner().language if manner().is_certain else ""
        answer = await draft.write(
            self._model.stream(self._prompts.summary(read.posts, read.outside, language=told)),
            redactions={},
        )
        if answer.outcome is not Outcome.ANSWERED:
            return await _told(said("summary_nothing"), reply, answer.outcome)
        answer = replace(answer, text=self._whole(answer, fitting, read))
        await reply.finish(Reply(text=answer.text, citations=answer.citations))
        return answer

    async def _masked(self, transcript: Transcript, workspace: str) -> _Read:
        """Mask what is personal; names of who wrote are masked wherever they stand."""
        names = tuple(dict.fromkeys(m.person.name for m in transcript.messages if m.person.name))
        known = Placeholders(people=names)
        posts: list[Evidence] = []
        outside: set[str] = set()
        withheld = 0
        for each in transcript.messages:
            label = await self._redactor.redact(each.person.name, known, workspace=workspace)
            words = await self._redactor.redact(each.text, label.placeholders, workspace=workspace)
            known = words.placeholders
            if words.blocked:
                withheld += 1
                continue
            post = _post(each, len(posts) + 1)
            posts.append(
                replace(
                    post,
                    text=words.text,
                    title=label.text,
                    is_suspicious=await self._is_suspicious(each.text),
                )
            )
            if each.person.is_guest:
                outside.add(each.url)
        return _Read(
            posts=tuple(posts),
            outside=frozenset(outside),
            placeholders=known,
            withheld=withheld,
        )

    async def _is_suspicious(self, text: str) -> bool:
        verdict = await asyncio.to_thread(self._injection.judge, text, is_document=True)
        if verdict is None:
            return False
        notes.fired(Fired.PASSAGE_SUSPICIOUS, verdict.reason.replace(" ", "_"))
        return True

    def _whole(self, answer: Answer, transcript: Transcript, read: _Read) -> str:
        """Return the summary under what it is, with what must be said of it."""
        is_picked = self._model.name == OFFLINE
        head = counted("summary_picked" if is_picked else "summary_head", len(read.posts))
        marks = "".join(f"[{c.number}]" for c in answer.citations if c.url in read.outside)
        asides = [
            said("summary_outside", marks=marks) if marks else "",
            counted("summary_left_out", transcript.left_out) if transcript.left_out else "",
            counted("summary_withheld", read.withheld) if read.withheld else "",
        ]
        return "\n\n".join(filter(None, (head, answer.text, *asides)))


def _fitting(transcript: Transcript) -> Transcript:
    """Return the messages with words in them: the first, and as many of the newest as fit."""
    worded = [
        replace(each, text=each.text[:_MAX_MESSAGE_CHARS])
        for each in transcript.messages
        if each.text.strip()
    ]
    room = _MAX_CHARS - sum(len(each.text) for each in worded[:1])
    newest: list[ThreadMessage] = []
    for each in reversed(worded[1:]):
        room -= len(each.text)
        if room < 0:
            break
        newest.append(each)
    kept = (*worded[:1], *reversed(newest))
    left_out = transcript.left_out + len(worded) - len(kept)
    return Transcript(messages=kept, left_out=left_out)


async def _manner_in(transcript: Transcript) -> Manner:
    """Return the manner at hand, in what the person chose, else in what the thread is written in.

    The thread is what they look at, so it goes before the language of their own platform.
    """
    how = manner()
    if how.is_certain:
        return how
    seen = await language_of("\n".join(each.text for each in transcript.messages))
    return replace(how, language=seen or how.language, is_certain=bool(seen))


def _post(message: ThreadMessage, number: int) -> Evidence:
    title = message.person.name or said("summary_somebody")
    passage = Passage(
        chunk_id=message.id,
        document_id=message.url,
        location=message.url,
        position=number,
        title=said("summary_from_outside", who=title) if message.person.is_guest else title,
        heading_path=(),
        url=message.url,
        text=message.text,
        readers=frozenset({EVERYONE}),
        score=1.0,
    )
    return Evidence(number=number, passage=passage, text=message.text, title=title)


async def _told(text: str, reply: ReplyStream, outcome: Outcome) -> Answer:
    await reply.finish(Reply(text=text))
    return Answer(text=text, outcome=outcome)
