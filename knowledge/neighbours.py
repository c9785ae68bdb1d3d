"""Lets found passages go on to the text around them, as far as their section and a budget go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.types import Passage, PersonalSpan, chunk_id

_CHARS_PER_TOKEN = 4
_GAP = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """How much is joined: to the first `passages`, until all have `max_tokens`; 0 for nothing.

    A token is taken for four characters.
    """

    passages: int = 6
    max_tokens: int = 0


NOTHING = Joining()


def wanted(passages: Sequence[Passage], joining: Joining) -> tuple[str, ...]:
    """Return the ids of the chunks before and after the first passages, where there is room."""
    first = passages[: joining.passages]
    if _room(first, joining) <= 0:
        return ()
    beside = (
        chunk_id(passage.location, position)
        for passage in first
        for position in (passage.position - 1, passage.position + 1)
        if position >= 0
    )
    return tuple(dict.fromkeys(beside))


def joined(
    passages: Sequence[Passage], around: Sequence[Passage], joining: Joining
) -> tuple[Passage, ...]:
    """Return `passages`, the best ones first given the text before and after them.

    Only text of the same section is joined, so that its link still leads to all of it. One that
    was found itself joins the better one, and its own place is free.
    """
    beside = {(p.location, p.position): p for p in around}
    found = {(p.location, p.position): p for p in passages}
    room = _room(passages[: joining.passages], joining)
    taken: set[tuple[str, int]] = set()
    shown = []
    for number, passage in enumerate(passages):
        if (passage.location, passage.position) in taken:
            continue
        taken.add((passage.location, passage.position))
        parts = [passage]
        for position in (passage.position + 1, passage.position - 1):
            place = (passage.location, position)
            other = beside.get(place)
            if number >= joining.passages or other is None or place in taken:
                continue
            cost = 0 if place in found else len(other.text)
            if other.url != passage.url or (cost and cost > room):
                continue
            room -= cost
            taken.add(place)
            parts.append(other)
        shown.append(_one(passage, parts))
    return tuple(shown)


def _room(passages: Sequence[Passage], joining: Joining) -> int:
    """Return how many characters can still be joined."""
    return joining.max_tokens * _CHARS_PER_TOKEN - sum(len(p.text) for p in passages)


def _one(passage: Passage, parts: list[Passage]) -> Passage:
    """Return `passage` with the text of all `parts`, in their order in the document."""
    if len(parts) == 1:
        return passage
    text, spans = "", list[PersonalSpan]()
    for part in sorted(parts, key=lambda part: part.position):
        text = f"{text}{_GAP}" if text else text
        spans += [
            replace(span, start=span.start + len(text), end=span.end + len(text))
            for span in part.personal
        ]
        text += part.text
    return replace(passage, text=text, personal=tuple(spans))
