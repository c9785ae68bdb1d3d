"""Tells the headings of a paginated document: by its outline, else by the size of its letters."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.types import Section

_LARGER = 1.2  # than what most of the text is set in
_MAX_CHARS = 120
_MAX_SHARE = 0.3  # of all lines: where more are large, size says nothing
_MAX_LEVELS = 4
_MAX_CARRIED = 3  # pages
_NOT_A_HEADING = re.compile(r"[.,;:]$|\.{4}|^\W*$")
_WORD = re.compile(r"[^\W\d_]{2}")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An entry of a document's outline; `level` is 1 at the top."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page's text; `sizes` is the height of the letters of a line, in points, by its text."""

    number: int
    text: str
    sizes: Mapping[str, float] = field(default_factory=dict)
    outline: tuple[Mark, ...] = ()


def key_of(line: str) -> str:
    """Return `line` as `Page.sizes` names it."""
    return _SPACES.sub(" ", line).strip()


def sections_of(pages: Sequence[Page], title: str = "") -> tuple[Section, ...]:
    """Return sections in order, none across two pages; the page is the last of the heading path.

    What a heading says stands in the path of what is below it, on later pages too: on all where
    an outline says so, on the next ones where letters of its size are on several pages (a cover's
    are not). A heading with nothing below it is a text of its own, so that no word is lost.
    """
    is_outlined = any(page.outline for page in pages)
    levels = {} if is_outlined else _levels(pages)
    recurring = _recurring(pages, levels)
    open_now: list[tuple[Mark, int]] = []
    sections: list[Section] = []
    for page in pages:
        if not is_outlined:
            open_now = [
                (mark, at)
                for mark, at in open_now
                if mark.level in recurring and page.number - at <= _MAX_CARRIED
            ]
        for mark, text in _parts(page, levels):
            if mark is not None:
                open_now = [above for above in open_now if above[0].level < mark.level]
                open_now.append((mark, page.number))
            body = text.strip() or (mark.text if mark is not None else "")
            if body:
                names = [above.text for above, _ in open_now if above.text != title]
                path = (*names, f"Page {page.number}")
                sections.append(Section(heading_path=path, anchor=f"page={page.number}", text=body))
    return tuple(sections)


def _levels(pages: Sequence[Page]) -> dict[float, int]:
    """Return the level of each size that only headings have."""
    chars, lines = Counter[float](), Counter[float]()
    for page in pages:
        for line, size in page.sizes.items():
            chars[size] += len(line)
            lines[size] += 1
    if not chars:
        return {}
    body = chars.most_common(1)[0][0]
    large = sorted((size for size in chars if size >= body * _LARGER), reverse=True)
    if sum(lines[size] for size in large) > lines.total() * _MAX_SHARE:
        return {}
    return {size: min(level, _MAX_LEVELS) for level, size in enumerate(large, start=1)}


def _recurring(pages: Sequence[Page], levels: Mapping[float, int]) -> set[int]:
    """Return the levels whose sizes are found on more than one page."""
    pages_with = Counter(
        level for page in pages for level in {levels.get(size) for size in page.sizes.values()}
    )
    return {level for level, count in pages_with.items() if level is not None and count > 1}


def _parts(page: Page, levels: Mapping[float, int]) -> Iterator[tuple[Mark | None, str]]:
    """Yield the headings of `page`, each with the text below it; first what is above them all."""
    waiting = list(page.outline)
    heading: Mark | None = None
    body: list[str] = []
    for found, lines in _runs(page, levels, waiting):
        if found is None:
            body += lines
            continue
        if heading is not None or body:
            yield heading, "\n".join(body)
        heading, body = found, []
    if heading is not None or body:
        yield heading, "\n".join(body)


def _runs(
    page: Page, levels: Mapping[float, int], waiting: list[Mark]
) -> Iterator[tuple[Mark | None, list[str]]]:
    """Yield headings, which may run over several lines, and what is between them."""
    marked: list[tuple[int, str]] = []
    for line in page.text.split("\n"):
        found = _in_outline(line, waiting) if page.outline else _by_size(line, page, levels)
        is_between = not line.strip() and bool(marked)
        level = marked[-1][0] if is_between else found.level if found is not None else 0
        marked.append((level, line))
    for level, run in itertools.groupby(marked, key=lambda pair: pair[0]):
        lines = [line for _, line in run]
        text = key_of(" ".join(lines))
        if level and len(text) <= _MAX_CHARS and _WORD.search(text):
            yield Mark(level=level, text=text), lines
        else:
            yield None, lines


def _in_outline(line: str, waiting: list[Mark]) -> Mark | None:
    wanted = key_of(line).casefold()
    for at, mark in enumerate(waiting):
        if wanted and wanted == key_of(mark.text).casefold():
            return waiting.pop(at)
    return None


def _by_size(line: str, page: Page, levels: Mapping[float, int]) -> Mark | None:
    text = key_of(line)
    level = levels.get(page.sizes.get(text, 0.0))
    if level is None or _NOT_A_HEADING.search(text):
        return None
    return Mark(level=level, text=text)
