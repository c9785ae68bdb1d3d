"""Takes links out of an answer, except those to the sources that were retrieved."""

import re
from collections.abc import Collection
from html import unescape

REMOVED = "(link removed)"

_MARKDOWN_LINK = re.compile(
    r"!?\[([^\]\n]{0,500})\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?[^()\n]*\)"
)
_REFERENCE = re.compile(r"^[ \t]*\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
# A part of an address may have been taken for somebody's: `https://<EMAIL_ADDRESS_1>/a`.
_SIGN = r"(?:<[A-Z_]+_\d+>|[^\s<>|)\]\"'`])"
_ADDRESS = re.compile(
    r"<?(?:"
    rf"\b[a-z][a-z0-9+.-]{{1,20}}:(?://|\\/\\/){_SIGN}*"
    # Without a scheme, or with one in letters that only look like it: clients may link the rest.
    rf"|[^\s<>|()\[\]\"'`]{{0,24}}[/\u2044\u2215\uff0f]{{2}}(?:<[A-Z_]+_\d+>|[\w-]+\.){_SIGN}*"
    rf"|\b(?:mailto|javascript|data|tel|sms|vbscript):{_SIGN}+"
    rf"|\bhttps?:(?=<[A-Z_]+_\d+>){_SIGN}+"
    rf"|\bwww\.{_SIGN}+"
    rf"|(?<![\w@./-])(?:[\w-]+\.)+[a-z]{{2,}}(?::\d+)?[/?]{_SIGN}*"
    r")(?:\|[^>\n]*)?>?",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:#0*(?:33|40|41|46|47|58|63|64|91|93)|#x0*(?:21|28|29|2e|2f|3a|3f|40|5b|5d)|sol|colon|period|"
    r"quest|commat|lpar|rpar|lsqb|rsqb|lbrack|rbrack|excl);",
    re.IGNORECASE,
)
_MAX_NESTED = 4
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

    linked = _REFERENCE.sub("", _ENTITY.sub(lambda found: unescape(found[0]), text))
    for _ in range(_MAX_NESTED):  # an image within a link
        linked, before = _MARKDOWN_LINK.sub(words_of_link, linked), linked
        if linked == before:
            break
    pieces: list[str] = []
    end = 0
    for kept in _MARKDOWN_LINK.finditer(linked):
        pieces += (_ADDRESS.sub(without_address, linked[end : kept.start()]), kept[0])
        end = kept.end()
    return "".join((*pieces, _ADDRESS.sub(without_address, linked[end:])))


def _bare(url: str) -> str:
    return url.partition("#")[0].rstrip("/").casefold()
