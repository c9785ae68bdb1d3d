"""Markdown with front matter, as static site generators take it: their shortcodes are resolved."""

import itertools
import re
from collections import Counter
from dataclasses import dataclass

import yaml
from markdown_it import MarkdownIt

from knowledge.ingestion.parsing.text import decode
from knowledge.types import ParsedFile, Section

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(
    r"^([ \t]*)(```+|~~~+)[^\n]*\n.*?^[ \t]*\2[^\n]*$\n?", re.DOTALL | re.MULTILINE
)
_COMMENT = re.compile(r"<!--.*?-->|\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_CHANNEL = re.compile(r"\{%-?\s*\w*channel\w*\s+[\"']#?([\w-]+)[\"'][^%]*%\}")
_SHORTCODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{:[^}\n]*\}", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\]\n]*\])")
_LINK = re.compile(
    r"\[((?:[^\[\]\n]|\n(?!\n))+)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\]\n]*\])"
)
_DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\]\n^]+\]:[ \t]*\S+.*$\n?", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+)>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>")
_BLANK_LINES = re.compile(r"\n{3,}")
_HEADING_ID = re.compile(r"\s*\{#([\w:.-]+)[^}]*\}\s*$")
_MARKS = re.compile(r"[*_`]|\\(?=[^\w\s])")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    level: int
    text: str
    anchor: str
    start: int  # its first line
    end: int  # the line after it


def parse(content: bytes) -> ParsedFile:
    """Return the sections under each heading, and the front matter as metadata.

    Raises:
        ValueError: It is no text, or its front matter is not YAML.
    """
    text = decode(content)
    metadata: dict[str, str | list[str]] = {}
    if found := _FRONT_MATTER.match(text):
        metadata = _metadata(found.group(1))
        text = text[found.end() :]
    title = metadata.get("title", "")
    return parse_body(text, title=title if isinstance(title, str) else "", metadata=metadata)


def parse_body(
    text: str, *, title: str = "", metadata: dict[str, str | list[str]] | None = None
) -> ParsedFile:
    """Return Markdown without front matter as sections; the first top heading is the title."""
    lines = _plain(text).split("\n")
    headings = _headings(lines)
    if not title and headings and headings[0].level == 1:
        title = headings[0].text
    sections = []
    path: list[_Heading] = []
    starts = [0, *(heading.end for heading in headings)]
    ends = [*(heading.start for heading in headings), len(lines)]
    for heading, start, end in zip([None, *headings], starts, ends, strict=True):
        if heading is not None:
            path = [above for above in path if above.level < heading.level] + [heading]
        body = _BLANK_LINES.sub("\n\n", "\n".join(lines[start:end])).strip()
        if body:
            names = tuple(above.text for above in path if above.text != title)
            anchor = path[-1].anchor if path and names else ""
            sections.append(Section(heading_path=names, anchor=anchor, text=body))
    return ParsedFile(title=title, sections=tuple(sections), metadata=metadata or {})


def _metadata(front_matter: str) -> dict[str, str | list[str]]:
    try:
        values = yaml.safe_load(front_matter) or {}
    except yaml.YAMLError as error:
        raise ValueError("its front matter is not valid YAML") from error
    if not isinstance(values, dict):
        raise ValueError("its front matter is not a list of `name: value` lines")  # noqa: TRY004
    return {
        str(key): [str(item) for item in value] if isinstance(value, list) else str(value)
        for key, value in values.items()
        if value is not None
    }


def _plain(text: str) -> str:
    """Resolve shortcodes, links, images and tags outside fenced code."""
    pieces: list[str] = []
    end = 0
    without_comments = _COMMENT.sub("", text)
    for fence in _FENCED.finditer(without_comments):
        pieces += (_prose(without_comments[end : fence.start()]), fence[0])
        end = fence.end()
    return "".join((*pieces, _prose(without_comments[end:])))


def _prose(text: str) -> str:
    resolved = _SHORTCODE.sub("", _CHANNEL.sub(r"#\1", text))
    linked = _LINK.sub(r"\1", _IMAGE.sub(r"\1", _DEFINITION.sub("", resolved)))
    return _TAG.sub("", _BREAK.sub(" ", _AUTOLINK.sub(r"\1", linked)))


def _headings(lines: list[str]) -> list[_Heading]:
    tokens = MarkdownIt("commonmark").parse("\n".join(lines))
    seen = Counter[str]()
    headings = []
    for token, inline in itertools.pairwise(tokens):
        if token.type != "heading_open" or token.level or token.map is None:
            continue
        explicit = _HEADING_ID.search(inline.content)
        text = _MARKS.sub("", _HEADING_ID.sub("", inline.content)).strip()
        slug = _NOT_IN_SLUG.sub("", text.lower()).strip().replace(" ", "-")
        number = seen[slug]
        seen[slug] += 1
        anchor = explicit.group(1) if explicit else f"{slug}-{number}" if number else slug
        start, end = token.map
        headings.append(
            _Heading(level=int(token.tag[1]), text=text, anchor=anchor, start=start, end=end)
        )
    return headings
