"""Takes links out of an answer, except those to the sources that were retrieved."""

import re
from collections.abc import Collection

REMOVED = "(link removed)"

_MARKDOWN_LINK = re.compile(
    r"!?\[([^\]\n]{0,500})\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?[^()\n]*\)"
)
_REFERENCE = re.compile(r"^[ \t]*\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"<?(?:"
    r"\b[a-z][a-z0-9+.-]{1,20}:(?://|\\/\\/|&#x?2f;)[^\s<>|)\]\"'`]*"
    r"|\b(?:mailto|javascript|data|tel|sms|vbscript):[^\s<>|)\]\"'`]+"
    r"|\bwww\.[^\s<>|)\]\"'`]+"
    r"|(?<![\w@./-])(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?[/?][^\s<>|)\]\"'`]*"
    r")(?:\|[^>\n]*)?>?",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?*_"


def strip_foreign_urls(text: str, allowed: Collection[str]) -> str:
    """Return `text` without any URL that is not in `allowed` (with or without its anchor).

    A Markdown link keeps its words, an image its description, also where the address is allowed:
    an image is fetched without anybody clicking. A bare address becomes `(link removed)`.
    """
    known = {_bare(url) for url in allowed}

    def words_of_link(found: re.Match[str]) -> str:
        is_image = found[0].startswith("!")
        return found[0] if not is_image and _bare(found[2]) in known else found[1]

    def without_address(found: re.Match[str]) -> str:
        address = found[0].strip("<>").partition("|")[0]
        trimmed = address.rstrip(_TRAILING)
        if _bare(trimmed) in known:
            return found[0]
        return REMOVED + address[len(trimmed) :]

    linked = _MARKDOWN_LINK.sub(words_of_link, _REFERENCE.sub("", text))
    pieces: list[str] = []
    end = 0
    for kept in _MARKDOWN_LINK.finditer(linked):
        pieces += (_ADDRESS.sub(without_address, linked[end : kept.start()]), kept[0])
        end = kept.end()
    return "".join((*pieces, _ADDRESS.sub(without_address, linked[end:])))


def _bare(url: str) -> str:
    return url.partition("#")[0].rstrip("/").casefold()
