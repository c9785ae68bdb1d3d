"""One reading of Markdown for every platform, and splitting it where a platform's limit is."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?\u2026\u3002])\s+")
_CLOSING = "\n```"
_MIN_SHARE = 0.3  # of the limit: a piece is not cut shorter than this for the sake of a border


def tree_of(markdown: str) -> SyntaxTreeNode:
    """Return Markdown (CommonMark, tables, strikethrough) as a tree; HTML in it is plain text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return SyntaxTreeNode(parser.parse(markdown))


def plain_text(markdown: str) -> str:
    """Return the words without markup, for notifications and screen readers."""
    lines = (_inline_text(node) for node in tree_of(markdown).walk() if _has_words(node))
    return "\n".join(line for line in lines if line.strip())


def split_markdown(text: str, max_chars: int) -> list[str]:
    """Split `text` into pieces of at most `max_chars` characters, at the best border there is.

    Between blocks, then lines, then sentences, then words; a code block that must be cut is
    closed and opened again, so that code stays code.
    """
    pieces: list[str] = []
    rest = text.strip("\n")
    while len(rest) > max_chars:
        has_code = _FENCE.search(rest, 0, max_chars) is not None
        cut = _border(rest, max_chars - len(_CLOSING) if has_code else max_chars)
        piece, rest = rest[:cut].rstrip(), rest[cut:].lstrip("\n ")
        if fence := _open_fence(piece):
            piece += f"\n{fence[:3]}"
            rest = f"{fence}\n{rest}"
        pieces.append(piece)
    return [*pieces, rest] if rest.strip() else pieces


def _border(text: str, max_chars: int) -> int:
    least = int(max_chars * _MIN_SHARE)
    window = text[:max_chars]
    for border in ("\n\n", "\n"):
        if (found := window.rfind(border)) >= least:
            return found + len(border)
    ends = [found.end() for found in _SENTENCE.finditer(window) if found.end() >= least]
    if ends:
        return ends[-1]
    space = window.rfind(" ")
    return space + 1 if space >= least else max_chars


def _open_fence(text: str) -> str:
    """Return the line that opened a code block which is not closed in `text`; else nothing."""
    opened = ""
    for found in _FENCE.finditer(text):
        if not opened:
            opened = found[0].strip()[:20]
        elif found[1].startswith(opened[:3]):
            opened = ""
    return opened


def _has_words(node: SyntaxTreeNode) -> bool:
    return node.type in {"inline", "fence", "code_block"}


def _inline_text(node: SyntaxTreeNode) -> str:
    if node.type != "inline":
        return node.content.rstrip()
    return "".join(_words(node))


def _words(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        if child.type in {"softbreak", "hardbreak"}:
            yield " "
        elif child.children:
            yield from _words(child)
        else:
            yield child.content
