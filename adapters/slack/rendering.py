"""Renders replies as Slack's blocks: rich text, which can hold no mention, and linked sources."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markdown_it.tree import SyntaxTreeNode

from adapters.formatting import plain_text, split_markdown, tree_of
from adapters.sensitivity import highest
from adapters.slack.controls import button_blocks, feedback_block
from adapters.slack.views import home_blocks
from adapters.types import Citation, Reply

Json: TypeAlias = dict[str, object]
"""A block, or a part of one, as the Web API takes it."""

MAX_STREAM_CHARS = 11_000  # a message takes 12,000 of Markdown
_MAX_BLOCK_CHARS = 2_800
_BLOCKS_A_MESSAGE = 4
_MAX_FALLBACK_CHARS = 3_500  # chat.update takes 4,000
_MAX_CONTEXT_CHARS = 1_900
_MAX_TABLE_WIDTH = 76
_NOTICE = "citewell_notice"
_PING = re.compile(
    r"(?:<|&lt;|&#0*60;|&#x0*3c;)(?=[!@#])|(?<=@)(?=(?:channel|here|everyone)\b)", re.IGNORECASE
)
_JOINER = "\u2060"  # takes no room and breaks the name that Slack would look for


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """One message: its blocks, and the words that notifications show."""

    text: str
    blocks: tuple[Json, ...]


def messages_of(reply: Reply) -> list[SlackMessage]:
    """Return `reply` as one message, or several where it is longer than one may be."""
    if reply.home is not None:
        words = escaped(plain_text(reply.text)[:_MAX_FALLBACK_CHARS]) or "\u2026"
        return [SlackMessage(text=words, blocks=tuple(home_blocks(reply.home)))]
    pieces = split_markdown(without_pings(reply.text), _MAX_BLOCK_CHARS)
    groups = [
        pieces[start : start + _BLOCKS_A_MESSAGE]
        for start in range(0, len(pieces), _BLOCKS_A_MESSAGE)
    ] or [["\u2026"]]
    messages = [
        SlackMessage(
            text=escaped(plain_text("\n\n".join(group))[:_MAX_FALLBACK_CHARS]) or "\u2026",
            blocks=tuple(block for piece in group for block in blocks_of(piece)),
        )
        for group in groups
    ]
    if reply.notify:
        called = blocks_calling(reply.notify)
        messages[0] = SlackMessage(text=messages[0].text, blocks=(called, *messages[0].blocks))
    last = messages[-1]
    messages[-1] = SlackMessage(text=last.text, blocks=(*last.blocks, *closing_blocks(reply)))
    return messages


def blocks_calling(called: Sequence[str]) -> Json:
    """Return a block that notifies people and groups: nothing that is written in a text does."""
    parts: list[Json] = []
    for kind, _, name in (each.partition(":") for each in called):
        is_group = kind == "group"
        parts += [
            {"type": "usergroup", "usergroup_id": name}
            if is_group
            else {"type": "user", "user_id": name},
            {"type": "text", "text": " "},
        ]
    return {"type": "rich_text", "elements": [_section(parts[:-1])]}


def as_notice(message: SlackMessage) -> SlackMessage:
    """Return `message` marked as no answer, which `is_notice` sees in the thread's history."""
    first, *rest = message.blocks
    return SlackMessage(text=message.text, blocks=({**first, "block_id": _NOTICE}, *rest))


def is_notice(message: Mapping[str, object]) -> bool:
    """Return whether a message of the thread's history was posted as a notice."""
    blocks = message.get("blocks")
    return isinstance(blocks, list) and any(
        isinstance(block, Mapping) and block.get("block_id") == _NOTICE for block in blocks
    )


def without_pings(text: str) -> str:
    """Return `text` so that nothing in it can call a person, a group or a channel."""
    return _PING.sub(lambda found: f"{found[0]}{_JOINER}", text)


def escaped(text: str) -> str:
    """Return `text` with Slack's three control characters escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def source_blocks(reply: Reply) -> list[Json]:
    """Return the sources as small print: the cited ones, or the closest ones."""
    blocks: list[Json] = []
    words = reply.words
    for title, citations in ((words.sources, reply.citations), (words.closest, reply.closest)):
        if citations:
            blocks += _source_block(title, citations)
    return blocks


def closing_blocks(reply: Reply) -> list[Json]:
    """Return what stands under the words: the sources, the thumbs, the buttons."""
    blocks = source_blocks(reply)
    if reply.feedback:
        blocks.append(feedback_block(reply.feedback, reply.words))
    return [*blocks, *button_blocks(reply.buttons)]


def blocks_of(markdown: str) -> Iterator[Json]:
    """Yield rich text blocks, with dividers between them where the text has rules."""
    elements: list[Json] = []
    for node in tree_of(markdown).children:
        if node.type == "hr":
            if elements:
                yield {"type": "rich_text", "elements": elements}
            yield {"type": "divider"}
            elements = []
        else:
            if elements and node.type in {"paragraph", "heading"}:
                elements.append(_section([{"type": "text", "text": "\n"}]))
            elements += _elements(node)
    if elements:
        yield {"type": "rich_text", "elements": elements}


def _source_block(title: str, citations: Sequence[Citation]) -> Iterator[Json]:
    head = f"*{title}*{_labelled(highest(citations))}"
    lines = [head, *(_source_line(citation) for citation in citations)]
    held = ""
    for line in lines:
        if held and len(held) + len(line) + 1 > _MAX_CONTEXT_CHARS:
            yield _context(held)
            held = ""
        held = f"{held}\n{line}" if held else line
    yield _context(held)


def _context(mrkdwn: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn}]}


def _source_line(citation: Citation) -> str:
    heading = f" \u203a {citation.heading}" if citation.heading else ""
    words = escaped(without_pings(f"{citation.title}{heading}"))[:300].replace("\n", " ")
    after = _labelled(citation.sensitivity)
    if not citation.url.startswith(("https://", "http://")):
        return f"[{citation.number}] {words}{after}"  # Slack links nothing else
    return f"[{citation.number}] <{escaped(citation.url).replace('|', '%7C')}|{words}>{after}"


def _labelled(label: str) -> str:
    words = escaped(without_pings(" ".join(label.replace("_", " ").split())))
    return f" \u00b7 _{words}_" if words else ""


def _elements(node: SyntaxTreeNode) -> list[Json]:
    if node.type in {"fence", "code_block"}:
        return [_preformatted(node.content.rstrip("\n"))]
    if node.type == "blockquote":
        return [{"type": "rich_text_quote", "elements": _quoted(node)}]
    if node.type in {"bullet_list", "ordered_list"}:
        return list(_list(node, indent=0))
    if node.type == "table":
        return _table(node)
    style: Json = {"bold": True} if node.type == "heading" else {}
    return [_section(_inline(child, style)) for child in node.children if child.children]


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements}


def _preformatted(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text or " "}]}


def _quoted(node: SyntaxTreeNode) -> list[Json]:
    elements: list[Json] = []
    for inline in (found for found in node.walk() if found.type == "inline"):
        if elements:
            elements.append({"type": "text", "text": "\n"})
        elements += _inline(inline, {})
    return elements or [{"type": "text", "text": " "}]


def _list(node: SyntaxTreeNode, *, indent: int) -> Iterator[Json]:
    """Yield a list, and the lists inside its items, each at its own depth."""
    style = "ordered" if node.type == "ordered_list" else "bullet"
    offset = int(node.attrs.get("start") or 1) - 1
    items: list[Json] = []

    def flushed() -> Iterator[Json]:
        nonlocal items, offset
        if items:
            numbered: Json = {"offset": offset} if offset and style == "ordered" else {}
            yield {
                "type": "rich_text_list",
                "style": style,
                "indent": min(indent, 8),
                "elements": items,
                **numbered,
            }
            offset += len(items)
            items = []

    for item in node.children:
        texts: list[Json] = []
        inner: list[SyntaxTreeNode] = []
        for child in item.children:
            if child.type == "paragraph":
                if texts:
                    texts.append({"type": "text", "text": "\n"})
                for inline in child.children:
                    texts += _inline(inline, {})
            else:
                inner.append(child)
        items.append(_section(texts or [{"type": "text", "text": " "}]))
        for child in inner:
            yield from flushed()
            if child.type in {"bullet_list", "ordered_list"}:
                yield from _list(child, indent=indent + 1)
            else:
                yield from _elements(child)
    yield from flushed()


def _table(node: SyntaxTreeNode) -> list[Json]:
    """Return a narrow table in columns, a wide one as a list of its rows."""
    rows = [
        ["".join(_texts(cell)) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(len(row[n]) if n < len(row) else 0 for row in rows) for n in range(len(rows[0]))]
    if sum(widths) + 2 * len(widths) <= _MAX_TABLE_WIDTH:
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
            for row in rows
        ]
        lines.insert(1, "  ".join("\u2500" * width for width in widths))
        return [_preformatted("\n".join(lines))]
    head, *body = rows
    items = [
        _section(
            [
                {"type": "text", "text": f"{name}: {value}{'; ' if n < len(head) else ''}"}
                for n, (name, value) in enumerate(zip(head, row, strict=False), start=1)
            ]
        )
        for row in body
    ]
    return [{"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items}]


def _texts(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.walk(include_self=False):
        if child.type in {"text", "code_inline"}:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"}:
            yield " "


def _inline(node: SyntaxTreeNode, style: Json) -> list[Json]:
    elements: list[Json] = []
    for child in node.children:
        if child.type in {"softbreak", "hardbreak"}:
            elements.append({"type": "text", "text": "\n"})
        elif child.type == "link":
            elements.append(_link(child, style))
        elif child.type in _STYLES:
            elements += _inline(child, {**style, _STYLES[child.type]: True})
        elif child.type == "code_inline":
            elements.append(_text(child.content, {**style, "code": True}))
        elif child.type == "image":
            elements.append(_text("".join(_texts(child)) or "image", style))
        elif child.content:
            elements.append(_text(child.content, style))
    return elements


_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def _text(text: str, style: Json) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _link(node: SyntaxTreeNode, style: Json) -> Json:
    url = str(node.attrs.get("href", ""))
    words = "".join(_texts(node)) or url
    if not url.startswith(("https://", "http://")):
        return _text(words, style)
    return {"type": "link", "url": url, "text": words, **({"style": style} if style else {})}
