"""PDF files: sections by page, since that is what a link can point to, and by heading."""

import ctypes
import re

import pypdfium2 as pdfium
from pypdfium2 import raw

from knowledge.ingestion.parsing.headings import Mark, Page, key_of, sections_of
from knowledge.ingestion.parsing.unseen_pdf import remove_unseen
from knowledge.types import ParsedFile

_MAX_PAGES = 5_000
_MAX_OUTLINE = 5_000
_MAX_OUTLINE_DEPTH = 6
_MAX_PAGE_CHARS = 200_000
_HYPHENATED = re.compile(r"(?<=[a-z])[\u00ad\ufffe-]\n(?=[a-z])")
_WRAPPED = re.compile(r"(?<=[^\s.:;!?\u2022|])[ \t]*\n(?=[a-z(])")
_SHORT_LINE = re.compile(
    r"^(?=.{1,60}$)(.*[^\s.,;:!?-])\n(?=[A-Z\d])", re.MULTILINE
)  # a heading, a row
_BULLET = re.compile(r"^[ \t]*[\u2022\u25cf\u25aa\uf0b7][ \t]*", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\u00a0]+")
_PROGRAM_TITLE = re.compile(
    r"^(?:microsoft \w+ - .*|untitled.*|.*\.(?:docx?|pptx?|xlsx?|pdf|indd)|[\W\d]*)$", re.IGNORECASE
)


def parse(content: bytes) -> ParsedFile:
    """Return the text of each page that has one.

    Raises:
        ValueError: It is no PDF, is encrypted, has too many pages, or holds no text.
    """
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        is_locked = "password" in str(error).lower()
        raise ValueError("is protected by a password" if is_locked else "is not a PDF") from error
    try:
        if len(document) > _MAX_PAGES:
            raise ValueError(f"has more than {_MAX_PAGES:,} pages")
        title = document.get_metadata_value("Title").strip()
        outline = _outline(document)
        read = [_page(document, number, outline) for number in range(len(document))]
    except pdfium.PdfiumError as error:
        raise ValueError("is a damaged PDF") from error
    finally:
        document.close()
    title = "" if _PROGRAM_TITLE.match(title) else title
    sections = sections_of([page for page, _ in read], title)
    if not sections:
        raise ValueError("holds no text (a scan? it needs text recognition first)")
    unseen_chars = sum(count for _, count in read)
    return ParsedFile(title=title, sections=sections, unseen_chars=unseen_chars)


def _outline(document: pdfium.PdfDocument) -> dict[int, tuple[Mark, ...]]:
    """Return the outline's entries by page, counted from 0."""
    marks: dict[int, tuple[Mark, ...]] = {}
    for count, entry in enumerate(document.get_toc(max_depth=_MAX_OUTLINE_DEPTH)):
        if count >= _MAX_OUTLINE:
            break
        target = entry.get_dest()
        page = target.get_index() if target is not None else None
        if page is not None and (text := key_of(entry.get_title())):
            marks[page] = (*marks.get(page, ()), Mark(level=entry.level + 1, text=text))
    return marks


def _page(
    document: pdfium.PdfDocument, number: int, outline: dict[int, tuple[Mark, ...]]
) -> tuple[Page, int]:
    """Return what is to be seen on a page, and how many characters are not."""
    page = document[number]
    unseen_chars = remove_unseen(page)
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_bounded().replace("\r\n", "\n").replace("\r", "\n")
        sizes = {} if outline else _sizes(text_page)
    finally:
        text_page.close()
        page.close()
    joined = _SHORT_LINE.sub(r"\n\1\n\n", _WRAPPED.sub(" ", _HYPHENATED.sub("", text)))
    spaced = _SPACES.sub(" ", _BULLET.sub("- ", joined))
    whole = _BLANK_LINES.sub("\n\n", spaced).strip()
    seen = Page(number=number + 1, text=whole, sizes=sizes, outline=outline.get(number, ()))
    return seen, unseen_chars


def _sizes(text_page: pdfium.PdfTextPage) -> dict[str, float]:
    """Return the height of each line's first letter, to half a point."""
    sizes: dict[str, float] = {}
    box = raw.FS_RECTF()
    line: list[str] = []
    size = 0.0
    count = min(text_page.count_chars(), _MAX_PAGE_CHARS)
    for at in range(count):
        char = chr(raw.FPDFText_GetUnicode(text_page, at))
        if char not in "\r\n":
            line.append(char)
            if not size and not char.isspace():
                raw.FPDFText_GetLooseCharBox(text_page, at, ctypes.byref(box))
                size = round((box.top - box.bottom) * 2) / 2
            continue
        sizes[key_of("".join(line))] = size
        line, size = [], 0.0
    sizes[key_of("".join(line))] = size
    return sizes
