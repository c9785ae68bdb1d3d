"""Excel workbooks (.xlsx): a section a sheet, its tables with their heads."""

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell

from knowledge.ingestion.parsing import container
from knowledge.ingestion.parsing.tables import blocks_of
from knowledge.types import ParsedFile, Section

_KIND = "an Excel workbook (.xlsx)"
_MAX_ROWS = 100_000
_MAX_COLUMNS = 500
_MAX_CELLS = 1_000_000
_MAX_EMPTY_ROWS = 1_000  # a sheet may claim a million rows that were only coloured

AnyCell = Cell | MergedCell | ReadOnlyCell | EmptyCell


def parse(content: bytes) -> ParsedFile:
    """Return each visible sheet that holds something; formulas by the value last calculated.

    Raises:
        ValueError: It is no workbook, is locked, or holds too many cells.
    """
    container.check(content, _KIND)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [
            (sheet.title, blocks_of(_rows(sheet.iter_rows(max_col=_MAX_COLUMNS))))
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]
        title = book.properties.title or ""
    except (KeyError, IndexError, TypeError, AttributeError, OSError, SyntaxError) as error:
        raise ValueError(f"is not {_KIND}, or is damaged") from error
    sections = tuple(
        Section(heading_path=(name,), anchor="", text=text) for name, text in sheets if text
    )
    return ParsedFile(title=title.strip(), sections=sections)


def _rows(rows: Iterable[tuple[AnyCell, ...]]) -> Iterator[list[str]]:
    cells = empty = 0
    for number, row in enumerate(rows):
        texts = [_text(cell) for cell in row]
        cells += len(texts)
        empty = 0 if any(texts) else empty + 1
        if empty > _MAX_EMPTY_ROWS:
            return
        if number >= _MAX_ROWS or cells > _MAX_CELLS:
            raise ValueError(f"has a sheet of more than {_MAX_ROWS:,} rows or {_MAX_CELLS:,} cells")
        yield texts


def _text(cell: AnyCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        )
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number(value: float, form: str) -> str:
    if "%" in form:
        return f"{value * 100:.10g}%"
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.12g}"  # noqa: PLR2004 - beyond it a float holds no whole numbers
