"""Replaces personal data by placeholders that stay the same within a thread, and puts it back."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from guardrails.types import Finding, Placeholders, Redaction

SECRET = "SECRET"  # noqa: S105 - the type of a finding
"""What is of this type is masked for good: nobody needs a password back in an answer."""

PERSON = "PERSON"

_PLACEHOLDER = re.compile(r"(?:\\?<|&lt;)([A-Z][A-Z_\\]*_\d+)(?:\\?>|&gt;)")
_MAX_PLACEHOLDERS = 1_000
_MIN_KNOWN_CHARS = 3


def mask(text: str, findings: Sequence[Finding], placeholders: Placeholders) -> Redaction:
    """Return `text` with each finding as `<TYPE_n>`, numbered within `placeholders`' thread.

    The same words get the same placeholder, whatever their case, and so does a part of a name
    that only one known person has (`Ann` after `Ann Miller`, and the other way round). Words that
    the thread knows already are masked where the detector overlooked them. Secrets become
    `<SECRET>` and are not kept. The map holds at most 1,000 entries; the oldest go first.
    """
    values = dict(placeholders.values)
    names = {(_type_of(name), _key(value)): name for name, value in values.items()}
    newest = Counter[str]()
    for name in values:
        newest[_type_of(name)] = max(newest[_type_of(name)], _number_of(name))
    pieces: list[str] = []
    counts = Counter[str]()
    end = 0
    for finding in _with_known(text, findings, placeholders):
        words = text[finding.start : finding.end]
        counts[finding.type] += 1
        name = SECRET if finding.type == SECRET else names.get((finding.type, _key(words)), "")
        if not name and finding.type == PERSON and (alias := _alias(words, values)):
            name = alias.strip("<>")
            names[PERSON, _key(words)] = name
            values[alias] = max(values[alias], words, key=len)
        if not name:
            newest[finding.type] += 1
            name = f"{finding.type}_{newest[finding.type]}"
            names[finding.type, _key(words)] = name
            values[f"<{name}>"] = words
        pieces += (text[end : finding.start], f"<{name.strip('<>')}>")
        end = finding.end
    kept = dict(list(values.items())[-_MAX_PLACEHOLDERS:])
    return Redaction(
        text="".join((*pieces, text[end:])),
        placeholders=replace(placeholders, values=MappingProxyType(kept)),
        counts=MappingProxyType(dict(counts)),
    )


def mask_for_good(text: str, findings: Sequence[Finding]) -> tuple[str, tuple[str, ...]]:
    """Return `text` with each finding as `<TYPE>`, which nothing turns back, and the types.

    `findings` are in order of start and do not overlap.
    """
    pieces: list[str] = []
    end = 0
    for finding in findings:
        pieces += (text[end : finding.start], f"<{finding.type}>")
        end = finding.end
    return "".join((*pieces, text[end:])), tuple(finding.type for finding in findings)


def restore(text: str, placeholders: Placeholders) -> str:
    """Return `text` with the words behind each placeholder; unknown ones stay as they are.

    Models write placeholders with Markdown's or HTML's escapes, too: those are read as well.
    """

    def words(found: re.Match[str]) -> str:
        name = found[1].replace("\\", "")
        return placeholders.values.get(f"<{name}>", found[0])

    return _PLACEHOLDER.sub(words, text)


def defused(text: str) -> str:
    """Return `text`, of the same length, so that nothing in it is read as a placeholder.

    What somebody wrote as `<PERSON_2>` would else become the name of whoever has that number.
    """
    return _PLACEHOLDER.sub(lambda found: found[0].replace("_", "-"), text)


def _with_known(
    text: str, findings: Iterable[Finding], placeholders: Placeholders
) -> list[Finding]:
    """Return `findings` and, between them, the words that the thread knows already."""
    taken = sorted(
        (_trimmed(finding, text) for finding in findings), key=lambda finding: finding.start
    )
    known = [
        finding
        for finding in _known(text, placeholders)
        if not any(finding.start < t.end and t.start < finding.end for t in taken)
    ]
    return sorted((*taken, *known), key=lambda finding: finding.start)


def _trimmed(finding: Finding, text: str) -> Finding:
    """Return `finding` without space around its words: the same words have the same value."""
    words = text[finding.start : finding.end]
    start = finding.start + len(words) - len(words.lstrip())
    return replace(finding, start=start, end=start + len(words.strip()))


def _alias(words: str, values: Mapping[str, str]) -> str:
    """Return the placeholder of the one person whose name is a part of `words`, or holds them."""
    parts = _parts(words)
    same = [
        name
        for name, value in values.items()
        if _type_of(name) == PERSON and _is_part(parts, _parts(value))
    ]
    return same[0] if len(same) == 1 else ""


def _is_part(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)


def _parts(name: str) -> frozenset[str]:
    """Return the words of a name in lower case, without initials and titles."""
    return frozenset(
        part for part in re.findall(r"[\w'\u2019-]+", name.casefold()) if len(part) > 1
    )


def _known(text: str, placeholders: Placeholders) -> Iterator[Finding]:
    types = {
        value: _type_of(name)
        for name, value in placeholders.values.items()
        if len(value) >= _MIN_KNOWN_CHARS
    }
    for value, kind in tuple(types.items()):
        if kind == PERSON:
            parts = (part for part in re.split(r"[\s.]+", value) if len(part) >= _MIN_KNOWN_CHARS)
            types |= {part: PERSON for part in parts if part[0].isupper() and part not in types}
    if not types:
        return
    longest_first = sorted(types, key=len, reverse=True)
    any_of = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    for found in any_of.finditer(text):
        yield Finding(type=types[found[0]], start=found.start(), end=found.end(), score=1.0)


def _key(words: str) -> str:
    return " ".join(words.split()).casefold()


def _type_of(name: str) -> str:
    return name.strip("<>").rpartition("_")[0]


def _number_of(name: str) -> int:
    return int(name.strip("<>").rpartition("_")[2])
