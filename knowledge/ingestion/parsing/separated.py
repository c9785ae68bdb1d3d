"""Tables as plain text (.csv, .tsv): one section, its head repeated by whoever splits it."""

import csv
import io

from knowledge.ingestion.parsing.tables import blocks_of
from knowledge.ingestion.parsing.text import decode
from knowledge.types import ParsedFile, Section

_SAMPLE_CHARS = 20_000
_MAX_ROWS = 200_000
_MAX_FIELD_CHARS = 1_000_000


def parse(content: bytes) -> ParsedFile:
    """Return the table, whatever separates its cells.

    Raises:
        ValueError: It is no text, or has too many rows.
    """
    text = decode(content).strip("\n")
    csv.field_size_limit(_MAX_FIELD_CHARS)
    try:
        rows: list[list[str]] = []
        for row in csv.reader(io.StringIO(text, newline=""), _dialect(text)):
            if len(rows) >= _MAX_ROWS:
                raise ValueError(f"has more than {_MAX_ROWS:,} rows")
            rows.append(row)
    except csv.Error as error:
        raise ValueError("is not a table of separated values") from error
    body = blocks_of(rows)
    section = Section(heading_path=(), anchor="", text=body)
    return ParsedFile(title="", sections=(section,) if body else ())


def _dialect(text: str) -> type[csv.Dialect] | str:
    try:
        return csv.Sniffer().sniff(_first_lines(text), delimiters=",;\t|")
    except csv.Error:
        return "excel-tab" if "\t" in text[:_SAMPLE_CHARS] else "excel"


def _first_lines(text: str) -> str:
    """Return whole lines: half a quoted cell at the end leads the sniffer astray."""
    if len(text) <= _SAMPLE_CHARS:
        return text
    return text[: text.rfind("\n", 0, _SAMPLE_CHARS) + 1] or text[:_SAMPLE_CHARS]
