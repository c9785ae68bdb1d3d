"""Takes out what people do not see and a model reads: hidden characters and HTML comments."""

import re
from collections.abc import Sequence

# Zero width, soft hyphen, word joiner, invisible operators, bidirectional controls, tags, and the
# fillers that show as nothing; halves of surrogate pairs, which JSON may hold and nothing can show.
# The two joiners are looked at one by one.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000e0080-\U000e0fff]"
)
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{3,6}\U000e007f")
_JOINERS = re.compile("[\u200c\u200d]+")
_SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EMOJI = re.compile(
    "[\u00a9\u00ae\u200d\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff\u20e3]"
)
# Scripts that are written with joiners: Arabic, Syriac, Mongolian, and those of India and around.
_JOINING = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)


def without_hidden(text: str) -> str:
    """Return `text` without what nobody sees.

    Joiners stay within emoji and within the scripts that need them (Persian, Hindi), tag
    characters in the flags of regions.
    """
    return without_spans(text, hidden_spans(text))


def without_invisible(text: str) -> str:
    """Return `text` without invisible characters; comments stay, as in documents about HTML."""
    return without_spans(text, hidden_spans(text, comments=False))


def without_spans(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return `text` without these stretches, which are in order and do not overlap."""
    if not spans:
        return text
    starts = (0, *(end for _, end in spans))
    ends = (*(start for start, _ in spans), len(text))
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def hidden_spans(text: str, *, comments: bool = True) -> list[tuple[int, int]]:
    """Return where something is hidden in `text`, in order, not overlapping."""
    said = [found.span() for found in _COMMENT.finditer(text)] if comments else []
    if text.isascii():
        return said
    flags = {n for flag in _TAGGED_FLAG.finditer(text) for n in range(*flag.span())}
    found = [hit.span() for hit in _INVISIBLE.finditer(text) if hit.start() not in flags]
    found += [hit.span() for hit in _JOINERS.finditer(text) if not _is_needed(hit)]
    found += [hit.span() for hit in _SELECTORS.finditer(text)]
    spans: list[tuple[int, int]] = []
    for start, end in sorted((*said, *found)):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _is_needed(joiner: re.Match[str]) -> bool:
    """Return whether a single joiner stands where writing needs it."""
    text = joiner.string
    before = text[joiner.start() - 1] if joiner.start() else " "
    after = text[joiner.end()] if joiner.end() < len(text) else " "
    if len(joiner[0]) > 1:
        return False
    if _EMOJI.match(before) and _EMOJI.match(after):
        return True
    return bool(_JOINING.match(before)) and (bool(_JOINING.match(after)) or after == " ")
