"""Names that the caller knows: of those who take part in a thread."""

import re
from collections.abc import Iterator, Sequence

from guardrails.not_names import is_common_word
from guardrails.types import Finding

_MAX_NAMES = 200
_MIN_PART = 3


def find_known_names(text: str, names: Sequence[str]) -> Iterator[Finding]:
    """Yield where one of `names`, or a part of one, stands in `text`; case makes no difference.

    A part that is also an everyday word (`Will`, `Mark`) counts with a capital letter only.
    At most the first 200 names are looked for.
    """
    whole = [re.escape(" ".join(name.split())) for name in names[:_MAX_NAMES] if name.strip()]
    if not whole:
        return
    parts = {part for name in names[:_MAX_NAMES] for part in re.split(r"[\s.]+", name)}
    short = [re.escape(part) for part in parts if len(part) >= _MIN_PART]
    longest_first = sorted({*whole, *short}, key=len, reverse=True)
    any_of = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
    for found in any_of.finditer(text):
        if found[0][0].isupper() or " " in found[0] or not is_common_word(found[0]):
            yield Finding(type="PERSON", start=found.start(), end=found.end(), score=1.0)
