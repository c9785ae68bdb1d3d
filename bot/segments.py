"""Cuts a streamed answer into whole sentences, lines, tables and code blocks."""

import re
from collections.abc import Iterator

_MARKS = r"(?:\s*(?:\[\d{1,3}(?:\s*,\s*\d{1,3})*\]))*"
_STOPS = ".!?\u2026\u3002\uff01\uff1f"
_CLOSERS = "\"'\u201d\u2019)*_"
_SENTENCE_END = re.compile(rf"[{_STOPS}][{_CLOSERS}]*{_MARKS}\s+(?=[^\s\[])")
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
        opening = self._buffer.lstrip()
        if opening.startswith("```"):
            end = self._block_end(r"\n[ \t]*```[^\n]*\n", start=3)
        elif opening.startswith("|"):
            end = self._block_end(r"\n(?=[^|])", start=0)
        else:
            end = self._sentence_end()
        return end or (_MAX_SEGMENT_CHARS if len(self._buffer) > _MAX_SEGMENT_CHARS else 0)

    def _block_end(self, pattern: str, *, start: int) -> int:
        lead = len(self._buffer) - len(self._buffer.lstrip())
        found = re.compile(pattern).search(self._buffer, lead + start)
        return found.end() if found else 0

    def _sentence_end(self) -> int:
        line = _LINE_END.search(self._buffer)
        limit = line.end() if line else len(self._buffer)
        for found in _SENTENCE_END.finditer(self._buffer, 0, limit):
            if not _ABBREVIATION.search(self._buffer[: found.start() + 1]):
                return found.end()
        return line.end() if line else 0
