"""Word documents (.docx), through their headings, lists and tables."""

import io
from dataclasses import replace

import mammoth

from knowledge.ingestion.parsing import container
from knowledge.ingestion.parsing.html import parse_page
from knowledge.ingestion.parsing.unseen_docx import without_unseen
from knowledge.types import ParsedFile

_KIND = "a Word document (.docx)"
_TITLE_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def parse(content: bytes) -> ParsedFile:
    """Return the document in sections.

    Raises:
        ValueError: It is no Word document, is locked, or unpacks to too much.
    """
    container.check(content, _KIND)
    try:
        seen, unseen_chars = without_unseen(content)
        html = mammoth.convert_to_html(io.BytesIO(seen), style_map=_TITLE_STYLES).value
    except (KeyError, ValueError, IndexError, AttributeError, OSError) as error:
        raise ValueError(f"is not {_KIND}, or is damaged") from error
    return replace(parse_page(f"<body>{html}</body>"), unseen_chars=unseen_chars)
