"""Word documents (.docx), through their headings, lists and tables."""

import io
import zipfile

import mammoth

from knowledge.ingestion.parsing.html import parse_page
from knowledge.types import ParsedFile

_MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_TITLE_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def parse(content: bytes) -> ParsedFile:
    """Return the document in sections.

    Raises:
        ValueError: It is no Word document, or unpacks to more than 400 MB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ValueError("is not a Word document (.docx)") from error
    if unpacked > _MAX_UNPACKED_BYTES:
        raise ValueError("unpacks to more than 400 MB")
    try:
        html = mammoth.convert_to_html(io.BytesIO(content), style_map=_TITLE_STYLES).value
    except (KeyError, ValueError, IndexError, AttributeError, OSError) as error:
        raise ValueError("is not a Word document (.docx)") from error
    return parse_page(f"<body>{html}</body>")
