"""Cuts a streamed answer into whole sentences, lines, tables and code blocks."""

import re
from collections.abc import Iterator

_MARKS = r"(?:\s*(?:\[\d{1,3}(?:\s*,\s*\d{1,3})*\]))*"
_STOPS = ".!?\u2026\u3002\uff01\uff1f"
_CLOSERS = "\"'\u201d\u2019)*_"
_SENTENCE_END = re.compile(rf"[{_STOPS}][{_CLOSERS}]*{_MARKS}\s+(?=[^\s\[])")
_FENCE = "```"
_BLOCK_END = re.compile(r"\n[ \t]*```[^\n]*\n")
_TABLE_END = re.compile(r"\n(?=[^|])")
_LINE_END = re.compile(r"\n(?=[^\n])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|etc|vs|approx|Mr|Mrs|Ms|Dr|No|St|Inc|Ltd|z\.B|ca|bzw|[A-Z]|\d{1,2})\.$"
)
_MAX_SEGMENT_CHARS = 8_000


class Segmenter:
    """Takes text piece by piece and gives it back in segments; joined, they are the text.

    A segment is a sentence with the citation marks behind it and the white space after it, a
    line, a run of table rows, or a fenced code block. One longer than 8,000 characters is cut.
    """

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, text: str) -> Iterator[str]:
        """Yield the segments that `text` completes."""
        self._buffer += text
        while end := self._end():
            segment, self._buffer = self._buffer[:end], self._buffer[end:]
            yield segment

    def close(self) -> Iterator[str]:
        """Yield what is left."""
        segment, self._buffer = self._buffer, ""
        if segment:
            yield segment

    def _end(self) -> int:
        # No more is looked at, so that a long piece is cut like the same text in short ones.
        text = self._buffer[: _MAX_SEGMENT_CHARS + 1]
        end = _first_end(text)
        if not end and len(text) > _MAX_SEGMENT_CHARS:
            return _MAX_SEGMENT_CHARS
        return min(end, _MAX_SEGMENT_CHARS)


def _first_end(text: str) -> int:
    """The end of the first segment, or 0 while it depends on what is still to come."""
    opening = text.lstrip()
    lead = len(text) - len(opening)
    if _FENCE.startswith(opening):
        return 0
    if opening.startswith(_FENCE):
        found = _BLOCK_END.search(text, lead + len(_FENCE))
    elif opening.startswith("|"):
        found = _TABLE_END.search(text, lead)
    else:
        return _sentence_end(text)
    return found.end() if found else 0


def _sentence_end(text: str) -> int:
    line = _LINE_END.search(text)
    limit = line.end() if line else len(text)
    for found in _SENTENCE_END.finditer(text, 0, limit):
        if not _ABBREVIATION.search(text[: found.start() + 1]):
            return found.end()
    return line.end() if line else 0
