"""Atlassian's document format, in which Jira keeps texts, as Markdown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from knowledge.ingestion.parsing.tables import table_of

_MAX_DEPTH = 30
_MAX_CHARS = 1_000_000
_MARKS = {"strong": "**", "em": "*", "code": "`", "strike": "~~"}
_MAX_LEVEL = 6

Node = Mapping[str, object]


def markdown_of(node: object) -> str:
    """Return the text of a document or of a part of one; what is of no known form is left out."""
    return "\n\n".join(_blocks(node, 0)).strip()[:_MAX_CHARS]


def _blocks(node: object, depth: int) -> Iterator[str]:
    if not isinstance(node, Mapping) or depth > _MAX_DEPTH:
        return
    kind = str(node.get("type", ""))
    block = _BLOCKS.get(kind)
    if block is not None:
        text = block(node, depth)
        if text.strip():
            yield text
    elif kind in _INLINE:
        yield _INLINE[kind](node)
    else:
        if title := _text(_about(node), "title"):  # of what can be unfolded
            yield f"**{title}**"
        for child in _children(node):
            yield from _blocks(child, depth + 1)


def _children(node: Node) -> Sequence[object]:
    content = node.get("content")
    return content if isinstance(content, list) else ()


def _about(node: Node) -> Node:
    about = node.get("attrs")
    return about if isinstance(about, Mapping) else {}


def _text(node: Node, *names: str) -> str:
    found = (node.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), "")


def _line(node: Node, depth: int = 0) -> str:
    del depth
    children = (child for child in _children(node) if isinstance(child, Mapping))
    return "".join(
        _INLINE[kind](child)
        for child in children
        if (kind := str(child.get("type", ""))) in _INLINE
    )


def _heading(node: Node, depth: int) -> str:
    level = _about(node).get("level")
    marks = min(level + 1, _MAX_LEVEL) if isinstance(level, int) and level > 0 else 2
    line = " ".join(_line(node, depth).split())
    return f"{'#' * marks} {line}" if line else ""


def _code(node: Node, depth: int) -> str:
    return f"```{_text(_about(node), 'language')}\n{_line(node, depth)}\n```"


def _quote(node: Node, depth: int) -> str:
    inner = "\n\n".join(text for child in _children(node) for text in _blocks(child, depth + 1))
    return "\n".join(f"> {line}".rstrip() for line in inner.split("\n")) if inner else ""


def _list(node: Node, depth: int) -> str:
    mark = "1. " if node.get("type") == "orderedList" else "- "
    items = []
    for child in _children(node):
        if not isinstance(child, Mapping):
            continue
        state = _text(_about(child), "state")
        told = {"DONE": "Done: ", "TODO": "To do: "}.get(state, "")
        if child.get("type") in {"taskItem", "decisionItem"}:
            inner = _line(child)
        else:
            inner = "\n".join(t for part in _children(child) for t in _blocks(part, depth + 1))
        if inner.strip():
            items.append(f"{mark}{told}{inner}".replace("\n", "\n  "))
    return "\n".join(items)


def _table(node: Node, depth: int) -> str:
    rows = [
        [
            " ".join(t for part in _children(cell) for t in _blocks(part, depth + 1))
            for cell in _children(row)
            if isinstance(cell, Mapping)
        ]
        for row in _children(node)
        if isinstance(row, Mapping)
    ]
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return table_of([[" ".join(cell.split()) for cell in row] for row in filled]) if filled else ""


def _words(node: Node) -> str:
    text = _text(node, "text")
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else ():
        if isinstance(mark, Mapping):
            sign = _MARKS.get(str(mark.get("type", "")), "")
            address = _text(_about(mark), "href")
            text = f"[{text}]({address})" if address and text.strip() else text
            text = f"{sign}{text}{sign}" if sign and text.strip() == text else text
    return text


def _date(node: Node) -> str:
    try:
        seconds = int(str(_about(node).get("timestamp", ""))) / 1000
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


_BLOCKS: dict[str, Callable[[Node, int], str]] = {
    "paragraph": _line,
    "heading": _heading,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _quote,
    "bulletList": _list,
    "orderedList": _list,
    "taskList": _list,
    "decisionList": _list,
    "table": _table,
}
_INLINE: dict[str, Callable[[Node], str]] = {
    "text": _words,
    "hardBreak": lambda _: "\n",
    "mention": lambda node: _text(_about(node), "text"),
    "emoji": lambda node: _text(_about(node), "text", "shortName"),
    "status": lambda node: _text(_about(node), "text"),
    "inlineCard": lambda node: _text(_about(node), "url"),
    "blockCard": lambda node: _text(_about(node), "url"),
    "date": _date,
}
