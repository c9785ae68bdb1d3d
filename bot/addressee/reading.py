"""Reads a message for what its sentences do: ask, correct, chat, tell."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot.addressee import lexicon, people

_MAX_CHARS = 4_000
_MAX_SENTENCES = 12  # from the beginning, and as many from the end
_MAX_SENTENCE = 500
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_QUOTED = re.compile(
    r"[\"\u201c\u201e\u00ab][^\"\u201c\u201d\u00ab\u00bb\n]{6,}[\"\u201d\u201c\u00bb]"
)
_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+")
_EMOJI_CODE = re.compile(r"(?<!\w):[a-z0-9_+'-]+:(?!\w)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?\u2026])\s+|\n+|\s(?=¿)|(?<=\?)(?=[A-ZÀ-Þ])")
_TAG = re.compile(
    r"^(?:\W*\w+){1,4}\W+(?:right|correct|oder|non|verdad|no)\s*\?+\s*$", re.IGNORECASE
)
_FEW_WORDS = 4
_FEW_TO_GO_ON = 6
_FEW_TO_REACT = 8
_NOTHING_MORE = 2


class Act(Enum):
    """What a sentence does."""

    ASKS = auto()
    ASKS_UNMARKED = auto()  # as a question begins, without its mark
    ASKS_LOOSELY = auto()  # only its mark says that it asks
    FRAGMENT = auto()  # a question of a few words, which only goes on with another
    CONFIRMS = auto()  # "so 30 days, right?"
    DOUBTS = auto()
    CORRECTS = auto()
    CONTRADICTS = auto()  # a "no, …" which may be said to anybody
    REQUESTS = auto()
    WONDERS = auto()
    ASKS_YOU = auto()
    PLANS = auto()
    ASKS_GROUP = auto()
    RHETORICAL = auto()
    INFORMS = auto()
    REACTS = auto()
    STATES = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a message does, sentence by sentence; `own` is its text without what it quotes."""

    own: str
    acts: frozenset[Act]
    words: int
    is_momentary: bool

    @property
    def is_chatter(self) -> bool:
        """Whether it takes no conversation further."""
        return not self.acts or self.acts == {Act.REACTS}


def read(text: str) -> Reading:
    """Return what `text` does; only its first 4,000 characters are read."""
    own = own_words(text)
    sentences = [part.strip() for part in _SENTENCE.split(own) if re.search(r"\w|\?|\+1", part)]
    read_ones = [*sentences[:_MAX_SENTENCES], *sentences[_MAX_SENTENCES:][-_MAX_SENTENCES:]]
    acts = frozenset(_act(sentence[:_MAX_SENTENCE]) for sentence in read_ones)
    if people.INFORMATION.search(own):
        acts |= {Act.INFORMS}
    words = len(re.findall(r"\w+", own))
    is_short = words <= _NOTHING_MORE or (Act.REACTS in acts and words <= _FEW_TO_REACT)
    if acts <= {Act.REACTS, Act.STATES} and is_short:
        acts = frozenset({Act.REACTS})
    return Reading(own=own, acts=acts, words=words, is_momentary=bool(people.MOMENT.search(own)))


def own_words(text: str) -> str:
    """Return `text` without quotations, code, links and emoji."""
    own = text[:_MAX_CHARS].replace("\u2019", "'").replace("\u02bc", "'")
    for pattern in (_CODE, _QUOTED_LINE, _QUOTED, _LINK, _EMOJI_CODE):
        own = pattern.sub(" ", own)
    return "\n".join(" ".join(line.split()) for line in own.splitlines()).strip()


def _act(sentence: str) -> Act:
    bare = lexicon.FILLER.sub("", sentence).strip(" ,;:-\u2013\u2014¿¡") or sentence
    asks = "?" in sentence or "¿" in sentence or _asks_unmarked(bare)
    words = len(re.findall(r"\w+", bare))
    for act in (_plain_act(sentence, bare), _question_act(sentence, bare, words) if asks else None):
        if act is not None:
            return act
    if words <= _FEW_TO_GO_ON and lexicon.ELLIPSIS.search(sentence):
        return Act.ASKS
    if lexicon.INDIRECT.search(sentence):
        return Act.WONDERS
    if lexicon.WEAK_CORRECTION.search(sentence):
        return Act.CONTRADICTS
    if people.REACTION.search(sentence) and len(re.findall(r"\w+", sentence)) <= _FEW_TO_REACT:
        return Act.REACTS
    return Act.STATES


def _asks_unmarked(bare: str) -> bool:
    return bool(lexicon.ASKING_WORD.search(bare)) and not lexicon.NOT_ASKING.search(bare)


def _has_clause(sentence: str) -> bool:
    """Return whether a part behind a comma asks in form: "setting it up, is there a list?"."""
    return any(
        lexicon.ASKING_WORD.search(lexicon.FILLER.sub("", part.strip(" ¿¡")))
        for part in sentence.split(",")[1:]
    )


def _plain_act(sentence: str, bare: str) -> Act | None:
    """Return what is clear whether or not the sentence asks."""
    if people.RHETORICAL.search(bare) or people.RHETORICAL.search(sentence):
        return Act.RHETORICAL
    if lexicon.CORRECTION.search(sentence) or lexicon.CORRECTION.search(bare):
        return Act.CORRECTS
    if lexicon.DOUBT.search(bare):
        return Act.DOUBTS
    if lexicon.ORDER.search(bare) or lexicon.ASKED_TO.search(sentence):
        return Act.REQUESTS
    if people.PLAN.search(sentence):
        return Act.PLANS
    return None


def _question_act(sentence: str, bare: str, words: int) -> Act:
    if people.KNOWS_ANYONE.search(sentence):
        return Act.ASKS
    if people.GROUP.search(bare) and not people.OFFICE.search(bare):
        return Act.ASKS_GROUP
    if people.SECOND_PERSON.search(sentence) and not people.GENERIC_YOU.search(bare):
        return Act.ASKS_YOU
    if _TAG.search(sentence):
        return Act.CONFIRMS
    return _form(sentence, bare, words)


def _form(sentence: str, bare: str, words: int) -> Act:
    """Return how clearly a question to nobody in particular is one."""
    if lexicon.ELLIPSIS.search(sentence.lstrip(" ¿¡")):
        return Act.ASKS
    is_formed = bool(lexicon.ASKING_WORD.search(bare))
    if words <= _FEW_WORDS and not is_formed:
        return Act.FRAGMENT
    if "?" not in sentence:
        return Act.ASKS_UNMARKED
    is_formed = is_formed or bool(lexicon.ALSO.search(bare)) or _has_clause(sentence)
    return Act.ASKS if is_formed else Act.ASKS_LOOSELY
