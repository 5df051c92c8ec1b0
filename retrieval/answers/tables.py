"""Rows of tables as answers: what a row and its columns are called, and which cell a question asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parsers.model import Cell, Table
from retrieval.question_terms import Term, TermKind
from retrieval.tokens import tokenize

_WEIGHTS = {TermKind.NUMBER: 2.0, TermKind.NAME: 1.5, TermKind.WORD: 1.0}
"""A column is most often asked for by its year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row below the header rows: `values` are its filled cells but the one that names it, from left to right, each
    with the texts of the header cells above it, outermost first."""

    row: int
    start: int
    end: int
    page: int
    header: str
    values: tuple[tuple[Cell, tuple[str, ...]], ...]

    def line(self) -> str:
        """The row with its headers, for people and for what is scored.

        "Revenue; 2022: 1,577; 2021: 1,301"
        """
        named = (f"{', '.join(headers)}: {cell.text}" if headers else cell.text for cell, headers in self.values)
        return "; ".join(part for part in (self.header, *named) if part)


def table_rows(table: Table, start: int, end: int) -> Iterator[TableRow]:
    """The rows whose text lies in `[start, end)` of the canonical text and that hold a value."""
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        if cell.text.strip():
            by_row.setdefault(cell.row, []).append(cell)
    headers = _column_headers(table, by_row)
    for row, cells in sorted(by_row.items()):
        first, last = min(cell.start for cell in cells), max(cell.end for cell in cells)
        if first < start or last > end or all(cell.header for cell in cells):
            continue
        ordered = sorted(cells, key=lambda cell: cell.column)
        names, values = _names_and_values(ordered)
        if values and not (table.columns > 1 and _is_heading(ordered)):
            yield TableRow(
                row=row,
                start=first,
                end=last,
                page=ordered[0].page,
                header=" ".join(cell.text for cell in names),
                values=tuple((cell, headers.get(cell.column, ())) for cell in values),
            )


def asked_cell(row: TableRow, terms: Sequence[Term]) -> tuple[Cell, tuple[str, ...]] | None:
    """The value of the row whose column headers have most of the question's terms that the row's own name has not; the
    only value, if there is but one; None where the headers do not tell."""
    if len(row.values) == 1:
        return row.values[0]
    known = frozenset(tokenize(row.header))
    open_terms = [term for term in terms if not term.met_by(known)]
    scored = []
    for cell, headers in row.values:
        tokens = frozenset(tokenize("\n".join(headers)))
        scored.append((sum(_WEIGHTS[term.kind] for term in open_terms if term.met_by(tokens)), cell, headers))
    best = max(score for score, _, _ in scored)
    leaders = [(cell, headers) for score, cell, headers in scored if score == best]
    return leaders[0] if best > 0 and len(leaders) == 1 else None


def _is_heading(cells: Sequence[Cell]) -> bool:
    """A line of words alone, over the rows of its group."""
    return len(cells) == 1 and not any(map(str.isdigit, cells[0].text))


def _names_and_values(cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """What names a row: its header cells; else the first cell with a letter in it (a number in front of it counts the
    rows), else its first cell, if that is in the first column. A row's only cell names nothing."""
    names = [cell for cell in cells if cell.header]
    if not names and len(cells) > 1:
        worded = next((cell for cell in cells[:-1] if any(map(str.isalpha, cell.text))), None)
        first = cells[0] if cells[0].column == 0 else None
        names = [cell for cell in (worded or first,) if cell is not None]
    return names, [cell for cell in cells if cell not in names]


def _column_headers(table: Table, by_row: dict[int, list[Cell]]) -> dict[int, tuple[str, ...]]:
    """Of each column the header cells at the top; where the table goes on from an earlier page, the names it has there.
    Rows of headers further down (a table over several pages repeats them) are no values either."""
    top = min((row for row, cells in by_row.items() if not all(cell.header for cell in cells)), default=table.rows)
    headers: dict[int, list[str]] = {}
    for row in sorted(by_row):
        for cell in by_row[row] if row < top else ():
            for column in range(cell.column, cell.column + cell.column_span):
                names = headers.setdefault(column, [])
                if cell.text not in names:
                    names.append(cell.text)
    if not headers:
        return {column: (name,) for column, name in enumerate(table.column_names) if name}
    return {column: tuple(names) for column, names in headers.items()}
