"""Splits a document into chunks that the embedding model reads whole, along its own structure."""

import re
from collections.abc import Iterator

from langchain_text_splitters import RecursiveCharacterTextSplitter

from knowledge.types import Chunk, Document, Section, chunk_id

MAX_CHARS = 1_100  # with its headings about 256 word pieces of English: what the model reads
_MIN_CHARS = 80
_BLOCK = re.compile(r"\n\s*\n")
_RULE = re.compile(r"\|?[\s:|-]+\|?")
_SPLITTER = RecursiveCharacterTextSplitter(
    separators=["\n- ", "\n* ", "\n1. ", "\n", ". ", "! ", "? ", "; ", ", ", " ", ""],
    chunk_size=MAX_CHARS,
    chunk_overlap=0,
    keep_separator="start",
)


def chunks_of(document: Document) -> tuple[Chunk, ...]:
    """Return the chunks of `document`, each within one section, in order."""
    pieces = ((section, text) for section in document.sections for text in _pieces(section.text))
    return tuple(
        Chunk(
            id=chunk_id(document.location, position),
            position=position,
            document=document,
            heading_path=section.heading_path,
            url=_link(document, section),
            text=text,
        )
        for position, (section, text) in enumerate(pieces)
    )


def _link(document: Document, section: Section) -> str:
    return f"{document.url}#{section.anchor}" if section.anchor else document.url


def _pieces(text: str) -> Iterator[str]:
    """Yield paragraphs, lists and tables together as long as they fit, and split only what must."""
    held = ""
    for block in _blocks(text):
        for part in _split(block):
            if held and len(held) + len(part) + 2 > MAX_CHARS:
                yield held
                held = ""
            held = f"{held}\n\n{part}" if held else part
    if held:
        yield held


def _blocks(text: str) -> Iterator[str]:
    """Yield what blank lines part; a line that introduces the next block goes with it."""
    lead = ""
    for block in _BLOCK.split(text):
        whole = f"{lead}\n\n{block}" if lead else block
        if whole.rstrip().endswith(":") and len(whole) < MAX_CHARS // 3:
            lead = whole
            continue
        lead = ""
        if whole.strip():
            yield whole.strip("\n")
    if lead:
        yield lead


def _split(block: str) -> Iterator[str]:
    if len(block) <= MAX_CHARS:
        yield block
    elif _is_table(block):
        yield from _split_table(block)
    else:
        small = ""
        for piece in _SPLITTER.split_text(block):
            part = piece.removeprefix(". ").strip()
            if small or len(part) < _MIN_CHARS:
                small = f"{small} {part}".strip()
                part, small = (small, "") if len(small) >= _MIN_CHARS else ("", small)
            if part:
                yield part
        if small:
            yield small


def _is_table(block: str) -> bool:
    lines = block.splitlines()
    return len(lines) > 2 and lines[0].lstrip().startswith("|") and bool(_RULE.fullmatch(lines[1]))  # noqa: PLR2004 - head, rule, row


def _split_table(block: str) -> Iterator[str]:
    """Yield parts of a table, each with the table's head."""
    head, rule, *rows = block.splitlines()
    top = f"{head}\n{rule}"
    held = top
    for row in rows:
        cut = row[: MAX_CHARS - len(top)] if len(top) < MAX_CHARS else row[:MAX_CHARS]
        if held != top and len(held) + len(cut) + 1 > MAX_CHARS:
            yield held
            held = top
        held = f"{held}\n{cut}"
    yield held
