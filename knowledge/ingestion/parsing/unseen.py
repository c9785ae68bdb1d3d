"""What a reader of an HTML page does not see, by its styles: taken out before it is read."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_WHITE = r"(?:white|\#f{3}\b|\#f{6}\b|rgba?\(\s*255\s*,\s*255\s*,\s*255|transparent)"
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?<![\w-])opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|font-size\s*:\s*0(?![.\d]*[1-9])|text-indent\s*:\s*-\d{3,}"
    r"|(?<![\w-])(?:left|right|top|bottom)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0"
    r"|(?<![\w-])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)[^{}]*overflow\s*:\s*hidden"
    r"|overflow\s*:\s*hidden[^{}]*(?<![\w-])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)",
    re.IGNORECASE,
)
_WHITE_TEXT = re.compile(rf"(?<![\w-])color\s*:\s*{_WHITE}", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color|-image)?\s*:\s*([^;]+)", re.IGNORECASE)
_ONLY_WHITE = re.compile(rf"\s*(?:{_WHITE}[^;]*|none|inherit|initial)\s*", re.IGNORECASE)
_RULE = re.compile(r"([^{}]{1,200})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"[\w]*(?:[.#][\w-]+)+")
_MAX_RULES = 2_000


def remove_unseen(tree: LexborHTMLParser) -> None:
    """Remove the elements of `tree` that are styled away, or white on white.

    Read are `style` attributes and, of the page's own style sheets, rules for a class or an id.
    White text counts as seen where it, or what it stands in, has a background of another colour.
    """
    hidden, white, coloured = _of_sheets(tree)
    for selector in hidden:
        for node in tree.css(selector):
            node.decompose()
    for node in tree.css("[style]"):
        if _UNSEEN.search(node.attributes.get("style") or ""):
            node.decompose()
    backed = {node.mem_id for selector in coloured for node in tree.css(selector)}
    pale = [node for selector in white for node in tree.css(selector)]
    pale += [
        node
        for node in tree.css("[style], font[color]")
        if _WHITE_TEXT.search(node.attributes.get("style") or "")
        or re.fullmatch(_WHITE, node.attributes.get("color") or "", re.IGNORECASE)
    ]
    for node in pale:
        if not _is_backed(node, backed):
            node.decompose()


def _of_sheets(tree: LexborHTMLParser) -> tuple[list[str], list[str], list[str]]:
    """Return the selectors that hide, that make text white, and that give a background."""
    hidden: list[str] = []
    white: list[str] = []
    coloured: list[str] = []
    sheets = "\n".join(node.text() for node in tree.css("style"))
    for rule in list(_RULE.finditer(sheets))[:_MAX_RULES]:
        selectors = [part.strip() for part in rule[1].split(",")]
        simple = [selector for selector in selectors if _SIMPLE.fullmatch(selector)]
        if _UNSEEN.search(rule[2]):
            hidden += simple
        if _has_colour(rule[2]):
            coloured += simple
        elif _WHITE_TEXT.search(rule[2]):
            white += simple
    return hidden, white, coloured


def _is_backed(node: LexborNode, backed: set[int]) -> bool:
    """Return whether `node`, or what it stands in, has a background that white shows on."""
    at: LexborNode | None = node
    while at is not None:
        if at.mem_id in backed or at.attributes.get("bgcolor"):
            return True
        if _has_colour(at.attributes.get("style") or ""):
            return True
        at = at.parent
    return False


def _has_colour(style: str) -> bool:
    found = _BACKGROUND.search(style)
    return found is not None and not _ONLY_WHITE.fullmatch(found[1])
