"""PDF files, a section a page: that is what a link to a PDF can point to."""

import re

import pypdfium2 as pdfium

from knowledge.types import ParsedFile, Section

_MAX_PAGES = 5_000
_HYPHENATED = re.compile(r"(?<=[a-z])[\u00ad\ufffe-]\n(?=[a-z])")
_WRAPPED = re.compile(r"(?<=[^\s.:;!?\u2022|])[ \t]*\n(?=[a-z(])")
_SHORT_LINE = re.compile(
    r"^(?=.{1,60}$)(.*[^\s.,;:!?-])\n(?=[A-Z\d])", re.MULTILINE
)  # a heading, a row
_BULLET = re.compile(r"^[ \t]*[\u2022\u25cf\u25aa\uf0b7][ \t]*", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\u00a0]+")


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
        pages = [_page(document, number) for number in range(len(document))]
    except pdfium.PdfiumError as error:
        raise ValueError("is a damaged PDF") from error
    finally:
        document.close()
    sections = tuple(
        Section(heading_path=(f"Page {number}",), anchor=f"page={number}", text=text)
        for number, text in enumerate(pages, start=1)
        if text
    )
    if not sections:
        raise ValueError("holds no text (a scan? it needs text recognition first)")
    return ParsedFile(title=title, sections=sections)


def _page(document: pdfium.PdfDocument, number: int) -> str:
    page = document[number]
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_bounded().replace("\r\n", "\n").replace("\r", "\n")
    finally:
        text_page.close()
        page.close()
    joined = _SHORT_LINE.sub(r"\n\1\n\n", _WRAPPED.sub(" ", _HYPHENATED.sub("", text)))
    spaced = _SPACES.sub(" ", _BULLET.sub("- ", joined))
    return _BLANK_LINES.sub("\n\n", spaced).strip()
