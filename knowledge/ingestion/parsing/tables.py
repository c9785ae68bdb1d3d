"""Rows of cells as text that keeps what belongs together: a Markdown table, or a line a row."""

from collections.abc import Iterable, Sequence

_MAX_TABLE_ROW_CHARS = 400  # a chunk holds the head and at least one row of such a table

Row = Sequence[str]


def blocks_of(rows: Iterable[Row]) -> str:
    """Return rows as Markdown: an empty row parts tables, a row with one cell is a line of text.

    The first row of each table is its head.
    """
    texts: list[str] = []
    table: list[Row] = []
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        filled = [cell for cell in cells if cell]
        if len(filled) > 1:
            table.append(cells)
            continue
        if table and len(filled) == 1 and cells[0]:  # a row whose other cells are empty yet
            table.append(cells)
            continue
        if table:
            texts.append(table_of(table))
            table = []
        texts += [cell.strip() for cell in row if cell.strip()]
    if table:
        texts.append(table_of(table))
    return "\n\n".join(texts)


def table_of(rows: Sequence[Row]) -> str:
    """Return `rows`, the head first, as a table, or as a list where they are wide."""
    used = [
        at for at in range(max(map(len, rows))) if any(at < len(row) and row[at] for row in rows)
    ]
    head, *body = [[row[at] if at < len(row) else "" for at in used] for row in rows]
    lines = [_line(row) for row in (head, *body)]
    if not body or max(map(len, lines)) <= _MAX_TABLE_ROW_CHARS:
        rule = "|" + " --- |" * len(used)
        return "\n".join((lines[0], rule, *lines[1:]))
    return "\n".join(_record(head, row) for row in body)


def _line(row: Row) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _record(head: Row, row: Row) -> str:
    named = (
        f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=True) if cell
    )
    return f"- {'; '.join(named)}"
