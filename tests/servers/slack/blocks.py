"""Checks blocks against Slack's published limits (docs.slack.dev/reference/block-kit)."""

import re
from collections.abc import Iterator
from typing import Any

from tests.servers.slack import controls

MAX_BLOCKS, MAX_VIEW_BLOCKS = 50, 100
_PING = re.compile(r"<[!@#][^>\s]")
_MRKDWN_LINK = re.compile(r"<(https?://[^>|]+)(?:\|([^>]*))?>")
_LIST_STYLES = {"bullet", "ordered"}
_INLINE = {"text", "link"}


def problems_of(blocks: Any, limit: int = MAX_BLOCKS) -> list[str]:
    """Return what Slack would refuse, and what could call somebody; empty when all is well."""
    if not isinstance(blocks, list):
        return ["blocks is no list"]
    found = [] if len(blocks) <= limit else [f"{len(blocks)} blocks"]
    for block in blocks:
        found += _block(block)
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)) or any(not 1 <= len(each) <= 255 for each in ids):
        found.append("a block_id is there twice, empty or too long")
    return found


def pings_in(text: str) -> list[str]:
    """Return what in a text with Slack's markup would notify somebody."""
    found = _PING.findall(text)
    return [*found, *re.findall(r"(?<!\w)@(?:channel|here|everyone)\b", text)]


def words_of(blocks: Any) -> str:
    """Return the words that a person reads in `blocks`."""
    return "\n".join("".join(_words(block)) for block in blocks or [])


def groups_called_in(blocks: Any) -> list[str]:
    """Return the user groups and people that are notified by `blocks`."""
    if isinstance(blocks, dict):
        names = {"usergroup": "usergroup_id", "user": "user_id"}
        own = [blocks[names[blocks["type"]]]] if blocks.get("type") in names else []
        return own + groups_called_in(blocks.get("elements", []))
    return [group for block in blocks or [] for group in groups_called_in(block)]


def links_of(blocks: Any) -> list[str]:
    """Return every address that `blocks` link to."""
    return list(_links(blocks or []))


def _block(block: Any) -> Iterator[str]:
    kind = block.get("type")
    if kind == "rich_text":
        for element in block["elements"]:
            yield from _rich(element)
    elif kind == "context":
        if not 1 <= len(block["elements"]) <= 10:
            yield "context has not 1 to 10 elements"
        for element in block["elements"]:
            yield from _mrkdwn(element, 2_000)
    elif kind == "section":
        yield from _mrkdwn(block["text"], 3_000)
    elif kind == "markdown":
        if len(block["text"]) > 12_000:
            yield "markdown over 12,000"
        yield from pings_in(block["text"])
    else:
        yield from controls.problems_of_row(block)


def _mrkdwn(element: Any, limit: int) -> Iterator[str]:
    if element.get("type") == "plain_text" and 0 < len(element.get("text", "")) <= limit:
        return
    if element.get("type") != "mrkdwn" or not element.get("text"):
        yield "element is no mrkdwn text"
        return
    text = element["text"]
    if len(text) > limit:
        yield f"text over {limit}"
    yield from pings_in(text)
    if re.search(r"[<>]", _MRKDWN_LINK.sub("", text)):
        yield "control characters are not escaped"


def _rich(element: Any) -> Iterator[str]:
    kind, inner = element.get("type"), element.get("elements")
    if not inner:
        yield f"{kind} is empty"
        return
    if kind == "rich_text_list":
        if element.get("style") not in _LIST_STYLES or not 0 <= element.get("indent", 0) <= 8:
            yield "list without style or too deep"
        for item in inner:
            if item.get("type") != "rich_text_section":
                yield "list item is no section"
            yield from _rich(item)
        return
    if kind not in {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}:
        yield f"unknown element {kind}"
    yield from _parts(inner)


def _parts(parts: Any) -> Iterator[str]:
    for part in parts:
        if part.get("type") == "usergroup":
            if not re.fullmatch(r"S[A-Z0-9]{2,}", part.get("usergroup_id", "")):
                yield "no user group"
            continue
        if part.get("type") == "user":
            if not re.fullmatch(r"[UW][A-Z0-9]{2,}", part.get("user_id", "")):
                yield "no user"
            continue
        if part.get("type") not in _INLINE:
            yield f"unknown part {part.get('type')}"
        if not part.get("text"):
            yield "empty text"
        if len(part.get("text", "")) > 3_000:
            yield "text over 3,000"


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _words(item)
    elif isinstance(node, dict):
        if isinstance(text := node.get("text"), str):
            yield _MRKDWN_LINK.sub(lambda link: link[2] or link[1], text)
        elif text:
            yield from _words(text)
        for item in node.get("elements", []):
            yield from _words(item)
        if node.get("type") in {"rich_text_section", "rich_text_preformatted"}:
            yield "\n"


def _links(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _links(item)
    elif isinstance(node, dict):
        if node.get("type") == "link":
            yield node["url"]
        if node.get("type") == "mrkdwn":
            yield from (link[0] for link in _MRKDWN_LINK.findall(node["text"]))
        yield from _links(node.get("elements", []))
