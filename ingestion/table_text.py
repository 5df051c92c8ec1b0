"""Tables in chunks: the rows' ranges in canonical text, their "header: value" form, and what a reader is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape

from parsers.model import Cell, Element, Table
from retrieval.model import TableView


def row_ranges(element: Element) -> list[tuple[int, int, int]]:
    """`(start, end, page)` of each row of a table element, in order, from its first printed character to its last.

    Empty rows are left out. The canonical text of a table has one line per row: white space in a cell is collapsed.
    """
    table = element.table
    if table is None:
        return []
    pages = {cell.row: cell.page for cell in reversed(table.cells)}
    ranges = []
    start, page = element.start, element.page
    for row, line in enumerate(element.text.split("\n")):
        page = pages.get(row, page)
        if line.strip():
            ranges.append((start + len(line) - len(line.lstrip()), start + len(line.rstrip()), page))
        start += len(line) + 1
    return ranges


def rows_between(element: Element, start: int, end: int) -> range:
    """The rows of a table element that lie in `[start, end)`; the range begins and ends with whole rows."""
    first = element.text.count("\n", 0, max(0, start - element.start))
    last = element.text.count("\n", 0, max(0, min(end, element.end) - element.start))
    return range(first, last + 1)


def row_context(table: Table, rows: Sequence[int]) -> str:
    """One line for each of the rows: its label, then `header: value` for each cell that has a header above it."""
    headers = _column_headers(table)
    by_row: dict[int, list[Cell]] = defaultdict(list)
    for cell in table.cells:
        if cell.row in rows and cell.text and not (cell.header and cell.row < _header_rows(table)):
            by_row[cell.row].append(cell)
    lines = []
    for row in sorted(by_row):
        cells = sorted(by_row[row], key=lambda cell: cell.column)
        label = cells[0].text if cells[0].column == 0 else ""
        values = [
            f"{headers[cell.column]}: {cell.text}"
            for cell in cells
            if headers.get(cell.column) and not (cell.column == 0 and label)
        ]
        if values:
            lines.append("; ".join([label, *values] if label else values))
    return "\n".join(lines)


def table_view(table: Table, rows: Sequence[int]) -> TableView:
    """The rows as HTML (spans cut at the end of the part) and as a grid of texts."""
    wanted = set(rows)
    grid = {row: [""] * table.columns for row in sorted(wanted)}
    html: dict[int, list[str]] = {row: [] for row in grid}
    last = max(wanted, default=0)
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        if cell.row not in wanted:
            continue
        if 0 <= cell.column < table.columns:
            grid[cell.row][cell.column] = cell.text
        tag = "th" if cell.header else "td"
        rows_left = min(cell.row_span, last - cell.row + 1)
        spans = f' rowspan="{rows_left}"' if rows_left > 1 else ""
        spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
        html[cell.row].append(f"<{tag}{spans}>{escape(cell.text, quote=False)}</{tag}>")
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in html.values())
    return TableView(html=f"<table>{body}</table>", cells=tuple(tuple(row) for row in grid.values()))


def _header_rows(table: Table) -> int:
    """How many rows at the top are headers: up to the first row with a cell that is none."""
    return min((cell.row for cell in table.cells if not cell.header and cell.text), default=table.rows)


def _column_headers(table: Table) -> dict[int, str]:
    """Of each column the texts of the header cells above it, outermost first."""
    top = _header_rows(table)
    parts: dict[int, list[str]] = defaultdict(list)
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        if cell.header and cell.row < top and cell.text:
            for column in range(cell.column, cell.column + cell.column_span):
                if cell.text not in parts[column]:
                    parts[column].append(cell.text)
    return {column: " ".join(texts) for column, texts in parts.items()}
