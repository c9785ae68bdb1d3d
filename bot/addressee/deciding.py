"""The decision: answer or stay silent, in doubt silent in channels and never in direct messages."""

from adapters.types import Addressed
from bot.addressee import lexicon
from bot.addressee.addressing import is_spoken_of, is_to_others, is_us
from bot.addressee.reading import Act, Reading, read
from bot.addressee.types import ChannelMode, Decision, Reason, Said, Situation

_PEOPLES = (
    (Act.RHETORICAL, Reason.RHETORICAL),
    (Act.ASKS_GROUP, Reason.GROUP),
    (Act.PLANS, Reason.BETWEEN_PEOPLE),
)
"""What people say among themselves, whoever spoke last."""
_TURNS = (
    (Act.REQUESTS, Reason.REQUEST),
    (Act.CORRECTS, Reason.CORRECTION),
    (Act.DOUBTS, Reason.DOUBT),
    (Act.CONFIRMS, Reason.QUESTION),
    (Act.ASKS, Reason.QUESTION),
    (Act.FRAGMENT, Reason.QUESTION),
    (Act.ASKS_UNMARKED, Reason.QUESTION),
    (Act.ASKS_LOOSELY, Reason.QUESTION),
    (Act.ASKS_YOU, Reason.QUESTION),
    (Act.CONTRADICTS, Reason.CORRECTION),
    (Act.WONDERS, Reason.REQUEST),
)
_PARTNERS = frozenset(
    {Act.CORRECTS, Act.CONFIRMS, Act.CONTRADICTS, Act.WONDERS, Act.ASKS_LOOSELY, Act.ASKS_UNMARKED}
)
"""What only whom we answered says to us."""
_TO_US = frozenset(
    {
        Act.ASKS,
        Act.ASKS_UNMARKED,
        Act.ASKS_LOOSELY,
        Act.FRAGMENT,
        Act.DOUBTS,
        Act.CORRECTS,
        Act.REQUESTS,
    }
)
_FEW_WORDS = 3


def decide(situation: Situation) -> Decision:
    """Return whether the message is for us, and why; it takes well under a millisecond."""
    if situation.addressed is Addressed.DIRECT:
        return _answer(Reason.DIRECT)
    if situation.mode is ChannelMode.OFF:
        return _silent(Reason.MODE)
    if situation.addressed is Addressed.MENTION:
        is_talk = is_spoken_of(situation.text, situation.named_at)
        return _silent(Reason.SPOKEN_OF) if is_talk else _answer(Reason.MENTIONED)
    if situation.mode is ChannelMode.MENTION:
        return _silent(Reason.MODE)
    if situation.addressed is Addressed.FOLLOW_UP:
        return _of_follow_up(situation) if situation.said else _silent(Reason.NOT_OURS)
    is_wanted = situation.mode is ChannelMode.AUTO_ANSWER
    return _of_overheard(situation) if is_wanted else _silent(Reason.MODE)


def said(text: str, *, by: str, is_for_us: bool = False) -> Said:
    """Return what is kept of a message: nothing of its words."""
    reading = read(text)
    is_question = "?" in text.rstrip()[-2:]
    return Said(by=by, is_for_us=is_for_us, is_chatter=reading.is_chatter, is_question=is_question)


def _of_overheard(situation: Situation) -> Decision:
    """Decide on a message to a whole channel: only a question that a document could answer."""
    reading = read(situation.text)
    if _is_to_others(situation, reading, is_strict=True):
        return _silent(Reason.SOMEONE_ELSE)
    if Act.INFORMS in reading.acts:
        return _silent(Reason.INFORMATION)
    for act, reason in (*_PEOPLES, (Act.ASKS_YOU, Reason.BETWEEN_PEOPLE)):
        if act in reading.acts:
            return _silent(reason)
    if not reading.acts & {Act.ASKS, Act.ASKS_UNMARKED} or reading.words < _FEW_WORDS:
        return _silent(Reason.CHATTER if reading.is_chatter else Reason.STATEMENT)
    return _silent(Reason.MOMENT) if reading.is_momentary else _answer(Reason.QUESTION)


def _of_follow_up(situation: Situation) -> Decision:
    reading = read(situation.text)
    since = _since_us(situation.said)
    partner = _partner(situation.said)
    is_partner = situation.by == partner
    others_talk = any(item.by != situation.by and not item.is_chatter for item in since)
    if is_us(reading.own, (*situation.our_names, "bot")):
        return _silent(Reason.CHATTER) if reading.is_chatter else _answer(Reason.NAMED)
    if _is_to_others(situation, reading, is_strict=False):
        return _silent(Reason.SOMEONE_ELSE)
    if _asked_back(situation.said, since) and is_partner and Act.RHETORICAL not in reading.acts:
        is_over = not reading.words or lexicon.OVER.search(reading.own)
        return _silent(Reason.CHATTER) if is_over else _answer(Reason.REPLY)
    if (silent := _left_to_people(reading)) is not None:
        return silent
    if others_talk or not (situation.begins_with_us or is_partner):
        wants = reading.acts & (_TO_US | {Act.CONTRADICTS, Act.ASKS_YOU, Act.WONDERS})
        return _silent(Reason.BETWEEN_PEOPLE if wants else _idle(reading))
    is_alone = all(item.by in {"", situation.by} for item in situation.said)
    return _of_turn(reading, is_partner=is_partner, is_alone=is_alone, is_next=not since)


def _left_to_people(reading: Reading) -> Decision | None:
    if Act.INFORMS in reading.acts:
        return _silent(Reason.INFORMATION)
    for act, reason in _PEOPLES:
        if act in reading.acts:
            return _silent(reason)
    return None


def _of_turn(reading: Reading, *, is_partner: bool, is_alone: bool, is_next: bool) -> Decision:
    """Decide on what comes after our answer, while people don't talk with each other."""
    acts = reading.acts
    if Act.ASKS_YOU in acts and not (is_partner and is_alone):
        return _silent(Reason.BETWEEN_PEOPLE)
    is_echo = acts == {Act.FRAGMENT, Act.STATES}  # "30 days? unbelievable"
    withheld = set() if is_partner else {*_PARTNERS, *({Act.FRAGMENT} if is_echo else ())}
    if not is_next:
        withheld.add(Act.CONTRADICTS)
    for act, reason in _TURNS:
        if act in acts - withheld:
            return _answer(reason)
    return _silent(Reason.RHETORICAL if is_echo or Act.CONFIRMS in acts else _idle(reading))


def _idle(reading: Reading) -> Reason:
    return Reason.CHATTER if reading.is_chatter else Reason.STATEMENT


def _is_to_others(situation: Situation, reading: Reading, *, is_strict: bool) -> bool:
    return is_to_others(
        reading.own, names=situation.names, ours=situation.our_names, is_strict=is_strict
    )


def _since_us(before: tuple[Said, ...]) -> tuple[Said, ...]:
    """Return what people said after our last turn: after our answer, or what we shall answer."""
    last = max((n for n, item in enumerate(before) if item.is_ours or item.is_for_us), default=-1)
    return before[last + 1 :]


def _partner(before: tuple[Said, ...]) -> str:
    """Return whom we answered last."""
    return next((item.by for item in reversed(before) if item.is_for_us), "")


def _asked_back(before: tuple[Said, ...], since: tuple[Said, ...]) -> bool:
    """Return whether our last turn was a question, and nobody took the conversation further."""
    if any(not item.is_chatter for item in since):
        return False
    ours = next((item for item in reversed(before) if item.is_ours or item.is_for_us), None)
    return ours is not None and ours.is_ours and ours.is_question


def _answer(reason: Reason) -> Decision:
    return Decision(answers=True, reason=reason)


def _silent(reason: Reason) -> Decision:
    return Decision(answers=False, reason=reason)
