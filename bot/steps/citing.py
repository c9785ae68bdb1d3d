"""Checks an answer sentence by sentence and numbers the sources that it really uses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from adapters.types import Citation
from bot.language.texts import said
from bot.record import notes
from bot.record.notes import Fired
from bot.types import Evidence
from guardrails.contradictions import contradict
from guardrails.grounding import (
    NO_CLAIM,
    OTHER_LANGUAGE,
    check_support,
    nearest,
    whole_sentences_of,
)
from guardrails.links import strip_foreign_urls
from knowledge.types import Passage

_MARK = re.compile(r"[ \t]*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()")
_ADDRESS = re.compile(r"://|\bwww\.|\]\(|[\w-]\.[a-z]{2,}[/?]\S*[?=&]", re.IGNORECASE)
_MAX_QUOTE_CHARS = 300
_MAX_TOLD = 100


class Unsupported(StrEnum):
    """What is done with a sentence that no passage carries."""

    REMOVE = "remove"
    MARK = "mark"  # shown with a mark, behind one that is carried


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSegment:
    """A segment that may be shown: foreign links are gone, `numbers` are the sources' own.

    Both texts still hold placeholders; `marked` has the citation marks. What `is_doubtful` says
    that the sources don't.
    """

    bare: str
    marked: str
    numbers: tuple[int, ...]
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedSegment:
    """A segment without marks and foreign links, and the passages that carry it.

    There are none where it claims nothing, and none carries what `is_doubtful`.
    """

    bare: str
    sources: tuple[Evidence, ...]
    is_doubtful: bool = False

    @property
    def passages(self) -> tuple[str, ...]:
        """What the passages say, their titles and headings too."""
        return tuple(map(_text, self.sources))


class CitationCheck:
    """Keeps what the evidence supports, drops the rest, and numbers sources as they first appear.

    A mark of a passage that was not given is dropped. A claim whose own marks don't support it
    is given the marks of a passage that does; where none does, the sentence is dropped and
    counted in `removed`, or marked where `unsupported` says so. Where a passage seems to give
    orders, all such sentences are dropped: some may be what it ordered.
    """

    def __init__(
        self,
        evidence: tuple[Evidence, ...],
        restore: Callable[[str], str],
        unsupported: Unsupported = Unsupported.REMOVE,
    ) -> None:
        self._evidence = {item.number: item for item in evidence}
        self._restore = restore
        self._urls = frozenset(item.passage.url for item in evidence)
        self._numbers: dict[str, int] = {}
        self._citations: dict[int, Citation] = {}
        self._latest: list[Evidence] = []
        self._told: list[tuple[Evidence, str]] = []
        is_attacked = any(item.is_suspicious for item in evidence)
        self._marks = unsupported is Unsupported.MARK and not is_attacked
        self.removed = 0

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources cited so far, in order of their numbers."""
        return tuple(self._citations.values())

    def check(self, segment: str) -> CheckedSegment | None:
        """Return what may be shown of `segment`, or None when nothing may."""
        carried = self.carried(segment)
        return None if carried is None else self.numbered(carried)

    def carried(self, segment: str) -> CarriedSegment | None:
        """Return `segment` with the passages that carry it, or None when nothing may be shown."""
        written = _MARK.sub("", segment)
        bare = strip_foreign_urls(written, self._urls)
        notes.fired(Fired.LINK, count=int(bare != written))
        if not bare.strip():
            return None
        marks = [int(n) for found in _MARK.findall(segment) for n in found.split(",")]
        sources = self._sources(bare, [self._evidence[n] for n in marks if n in self._evidence])
        if sources is None:
            return self.doubted(bare)
        return CarriedSegment(bare=bare, sources=tuple(sources))

    def doubted(self, bare: str) -> CarriedSegment | None:
        """Return a sentence that no passage carries, as the policy has it; None: it is dropped."""
        if self._marks:
            notes.fired(Fired.UNSUPPORTED, Unsupported.MARK)
            return CarriedSegment(bare=bare, sources=(), is_doubtful=True)
        self.removed += 1
        notes.fired(Fired.UNSUPPORTED)
        return None

    def numbered(self, carried: CarriedSegment) -> CheckedSegment:
        """Return what is shown of it: its sources get their numbers now."""
        if carried.is_doubtful:
            marked = _with_mark(carried.bare, said("unsupported"))
            return CheckedSegment(bare="", marked=marked, numbers=(), is_doubtful=True)
        self._latest = list(carried.sources) or self._latest
        bare = carried.bare
        numbers = tuple(dict.fromkeys(self._cite(source, bare) for source in carried.sources))
        return CheckedSegment(bare=bare, marked=_marked(bare, numbers), numbers=numbers)

    def _sources(self, bare: str, cited: list[Evidence]) -> list[Evidence] | None:
        """Return the passages that carry `bare`: none for a sentence that claims nothing."""
        whole = check_support(bare, [_text(item) for item in cited])
        if whole.is_supported:
            return [] if whole.reason == NO_CLAIM else cited
        # What stands behind the sentence before it comes first: one thought, one source.
        for item in (*self._latest, *self._evidence.values()):
            support = check_support(bare, [_text(item)])
            if support.is_supported and support.reason != OTHER_LANGUAGE:
                return [item]
        return None

    def _cite(self, source: Evidence, sentence: str) -> int:
        """Return the number that people see for `source`: passages of one link share it."""
        quote = nearest(sentence, source.text)
        if len(self._told) < _MAX_TOLD:
            self._told.append((source, quote))
        return self._number(source, quote)

    def _number(self, source: Evidence, quote: str) -> int:
        number = self._numbers.setdefault(source.passage.url, len(self._numbers) + 1)
        if number not in self._citations:
            shown = self._restore(_cut(quote))
            self._citations[number] = citation(source.passage, number, shown)
        return number

    def contradiction(self) -> CheckedSegment | None:
        """Return a sentence that names two sources of which one contradicts what was shown.

        The one that is not superseded comes first, else the newer one. Passages that seem to give
        orders contradict nobody, and neither does a sentence that a passage's end may have cut.
        """
        for source, told in self._told:
            if told not in whole_sentences_of(source.text):
                continue
            for other in self._evidence.values():
                if other.is_suspicious or other.passage.location == source.passage.location:
                    continue
                whole = whole_sentences_of(other.text)
                turned = next((s for s in whole if contradict(told, s)), None)
                if turned is not None:
                    return self._disagreement((source, told), (other, turned))
        return None

    def _disagreement(self, *sides: tuple[Evidence, str]) -> CheckedSegment:
        ordered = sorted(sides, key=lambda side: _standing(side[0].passage), reverse=True)
        numbers = tuple(self._number(source, quote) for source, quote in ordered)
        told = [
            said("disagree_says", title=_titled(source), quote=_cut(quote))
            for source, quote in ((source, " ".join(quote.split())) for source, quote in ordered)
        ]
        bare = [strip_foreign_urls(words, self._urls) for words in told]
        marked = "; ".join(f"{words} [{n}]" for words, n in zip(bare, numbers, strict=True))
        opening = said("disagree")
        return CheckedSegment(
            bare=f"{opening} {'; '.join(bare)}.", marked=f"{opening} {marked}.", numbers=numbers
        )


def citation(passage: Passage, number: int, quote: str) -> Citation:
    """Make the citation of `passage` with this number; it links to nothing but the passage."""
    heading = " \u203a ".join(passage.heading_path)
    title, heading, quote = (
        strip_foreign_urls(text, (passage.url,)) if _ADDRESS.search(text) else text
        for text in (passage.title, heading, quote)
    )
    return Citation(
        number=number,
        title=title,
        heading=heading,
        url=passage.url,
        quote=quote,
        sensitivity=strip_foreign_urls(passage.sensitivity, ()),
    )


def _text(item: Evidence) -> str:
    return "\n".join((item.title, *item.heading_path, item.text))


def _marked(bare: str, numbers: tuple[int, ...]) -> str:
    if not numbers:
        return bare
    return _with_mark(bare, "".join(f"[{number}]" for number in numbers))


def _with_mark(bare: str, marks: str) -> str:
    body = bare.rstrip()
    is_block = body.endswith("```") or body.lstrip().startswith("|")
    gap = "\n\n" if is_block else " "
    return f"{body}{gap}{marks}{bare[len(body) :]}"


def _standing(passage: Passage) -> tuple[bool, str]:
    """Return what orders two sources that disagree: the valid and newer one is greater."""
    return (not passage.superseded, passage.modified or passage.updated)


def _titled(source: Evidence) -> str:
    about = f" {said('disagree_old')}" if source.passage.superseded else ""
    return f"{source.title or source.passage.title}{about}"


def _cut(quote: str) -> str:
    return quote if len(quote) <= _MAX_QUOTE_CHARS else f"{quote[: _MAX_QUOTE_CHARS - 1]}…"
