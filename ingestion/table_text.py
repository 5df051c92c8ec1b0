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


class TableText:
    """The cells of one table by row, to write out any part of it."""

    def __init__(self, table: Table) -> None:
        self._columns = table.columns
        self._names = table.column_names
        self._rows: dict[int, list[Cell]] = defaultdict(list)
        for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
            self._rows[cell.row].append(cell)
        self._header_rows = _header_rows(table)
        self._headers = self._column_headers()

    def context(self, rows: Sequence[int]) -> str:
        """One line for each of the rows: its label, then `header: value` for each cell that has a header above it.
        Header rows have none."""
        lines = []
        for row in rows:
            cells = [cell for cell in self._rows.get(row, ()) if cell.text]
            # A table over several pages may repeat its headings further down.
            if row < self._header_rows or all(cell.header for cell in cells):
                continue
            label = [cells.pop(0).text] if cells[0].column == 0 else []
            values = [
                f"{header}: {cell.text}" for cell in cells if (header := self._headers.get(cell.column)) is not None
            ]
            if values:
                lines.append("; ".join(label + values))
        return "\n".join(lines)

    def view(self, rows: Sequence[int]) -> TableView:
        """The rows as HTML (row spans end with the part) and as a grid of texts."""
        grid, html = [], []
        for row in rows:
            texts, tags = [""] * self._columns, []
            for cell in self._rows.get(row, ()):
                if cell.column < self._columns:
                    texts[cell.column] = cell.text
                tags.append(_tag(cell, rows_left=rows[-1] - row + 1))
            grid.append(tuple(texts))
            html.append(f"<tr>{''.join(tags)}</tr>")
        return TableView(html=f"<table>{''.join(html)}</table>", cells=tuple(grid))

    def _column_headers(self) -> dict[int, str]:
        """Of each column the texts of the header cells above it, outermost first; else those of an earlier page."""
        if not self._header_rows:
            return {column: name for column, name in enumerate(self._names) if name}
        parts: dict[int, list[str]] = defaultdict(list)
        for row in range(self._header_rows):
            for cell in self._rows.get(row, ()):
                for column in range(cell.column, cell.column + cell.column_span):
                    if cell.text and cell.text not in parts[column]:
                        parts[column].append(cell.text)
        return {column: " ".join(texts) for column, texts in parts.items() if texts}


def _header_rows(table: Table) -> int:
    """How many rows at the top are headers: up to the first row with a cell that is none."""
    return min((cell.row for cell in table.cells if not cell.header and cell.text), default=table.rows)


def _tag(cell: Cell, *, rows_left: int) -> str:
    name = "th" if cell.header else "td"
    row_span = min(cell.row_span, rows_left)
    spans = f' rowspan="{row_span}"' if row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{name}{spans}>{escape(cell.text, quote=False)}</{name}>"
