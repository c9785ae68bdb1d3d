"""Judges each message as it comes, and keeps in mind what the next one needs."""

from collections.abc import Callable
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from adapters.types import Addressed, IncomingMessage, ThreadId
from bot.addressee.deciding import decide, said
from bot.addressee.notes import Note, ThreadNotes, answer_to
from bot.addressee.types import ChannelMode, Decision, Reason, Said, Situation

log = structlog.get_logger(__name__)

_HINT_S = 3_600

OnDecision = Callable[[str, str], None]
"""Told of each decision: `answer` or `silent`, and the reason."""


class ChannelModes(Protocol):
    """Which mode each channel is in."""

    async def mode_of(self, thread: ThreadId) -> ChannelMode:
        """Return the mode of the channel that `thread` is in; within milliseconds.

        Raises:
            RedisError: It can't be told now.
        """


class SameMode:
    """One mode for all channels."""

    def __init__(self, mode: ChannelMode) -> None:
        self._mode = mode

    async def mode_of(self, thread: ThreadId) -> ChannelMode:  # noqa: ARG002 - the same for all
        return self._mode


class Gate:
    """Lets through what is for us."""

    def __init__(
        self,
        notes: ThreadNotes,
        modes: ChannelModes,
        *,
        our_names: tuple[str, ...],
        on_decision: OnDecision = lambda *_: None,
    ) -> None:
        self._notes = notes
        self._modes = modes
        self._our_names = our_names
        self._on_decision = on_decision

    async def may_want(self, message: IncomingMessage) -> bool:
        """Return quickly whether `message` could be for us, by where it stands alone."""
        if message.addressed in {Addressed.DIRECT, Addressed.MENTION}:
            return True
        mode = await self._modes.mode_of(message.thread)
        if message.addressed is Addressed.OVERHEARD:
            return mode is ChannelMode.AUTO_ANSWER
        is_followed = mode in {ChannelMode.THREAD, ChannelMode.AUTO_ANSWER}
        return is_followed and await self._notes.is_ours(message.thread)

    async def judge(self, message: IncomingMessage) -> Decision:
        """Decide on `message`, once: the same one, when it comes again, gets the same decision."""
        if message.addressed is Addressed.DIRECT:
            return Decision(answers=True, reason=Reason.DIRECT)
        notes = await self._notes.read(message.thread)
        again = next((note for note in notes if note.message_id == message.message_id), None)
        if again is not None and again.reason is not None:
            return Decision(answers=again.said.is_for_us, reason=again.reason)
        decision = decide(await self._situation(message, notes))
        self._on_decision("answer" if decision.answers else "silent", decision.reason)
        log.info(
            "judged",
            thread=str(message.thread),
            message_id=message.message_id,
            answers=decision.answers,
            code=decision.reason.value,
        )
        is_overheard = message.addressed is Addressed.OVERHEARD
        if notes or (decision.answers and not is_overheard):
            await self._notes.add(message.thread, _note(message, decision, notes))
        return decision

    async def hints(self, message: IncomingMessage) -> bool:
        """Return whether to tell who wrote that the channel is off: once an hour each."""
        return await self._notes.first_within(message.thread, _author(message), _HINT_S)

    async def reason_of(self, message: IncomingMessage) -> str:
        """Return why `message` was let through; empty where that is not known any more."""
        if message.addressed is Addressed.DIRECT:
            return Reason.DIRECT
        if message.addressed is Addressed.OVERHEARD:
            return Reason.QUESTION  # nothing else that is overheard is let through
        try:
            notes = await self._notes.read(message.thread)
        except RedisError as error:
            log.warning("reason_unknown", error=type(error).__name__)
            return ""
        found = (note.reason for note in notes if note.message_id == message.message_id)
        return next((reason for reason in found if reason is not None), "")

    async def answered(self, message: IncomingMessage, text: str) -> None:
        """Note that our answer `text` to `message` stands in its thread."""
        if message.addressed is Addressed.DIRECT:
            return
        new: list[Note] = []
        notes = await self._notes.read(message.thread)
        if message.addressed is Addressed.OVERHEARD:
            decision = Decision(answers=True, reason=Reason.QUESTION)
            new.append(_note(message, decision, notes))
        begins = (*notes, *new)[0].begins if notes or new else False
        ours = Note(message_id=answer_to(message.message_id), said=said(text, by=""), begins=begins)
        await self._notes.add(message.thread, *new, ours)

    async def _situation(self, message: IncomingMessage, notes: tuple[Note, ...]) -> Situation:
        return Situation(
            text=message.text,
            by=_author(message),
            addressed=message.addressed,
            mode=await self._modes.mode_of(message.thread),
            named_at=message.named_at,
            names=tuple(
                sorted({n.name for n in notes if n.name and n.said.by != _author(message)})
            ),
            said=_spoken(notes),
            begins_with_us=bool(notes) and notes[0].begins,
            our_names=self._our_names,
        )


def _spoken(notes: tuple[Note, ...]) -> tuple[Said, ...]:
    return tuple(note.said for note in notes)


def _note(message: IncomingMessage, decision: Decision, notes: tuple[Note, ...]) -> Note:
    return Note(
        message_id=message.message_id,
        said=said(message.text, by=_author(message), is_for_us=decision.answers),
        begins=notes[0].begins if notes else message.message_id == message.thread.thread,
        name=message.person.name,
        reason=decision.reason,
    )


def _author(message: IncomingMessage) -> str:
    return f"{message.person.workspace}:{message.person.id}"
