"""The grid of a table: cells placed by their spans, columns that only make room taken out, header rows found."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

_MOST_COLUMNS_SPANNED = 1000  # as the HTML standard has it
_WIDEST = 16_384
_BEFORE_NUMBER = frozenset({"$", "€", "£", "¥", "US$", "C$", "A$", "HK$", "R$", "CHF", "EUR", "USD", "GBP", "(", "$("})
_AFTER_NUMBER = frozenset({")", "%", ")%", "pts", "bps", "x"})
_NUMBER = re.compile(r"\(?[-+–—]?\s*\d[\d.,\s]*\)?%?|[-–—]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MOST_HEADER_ROWS = 5


class SourceCell(Protocol):
    """What is known of a cell before it has a place."""

    attributes: Mapping[str, str]
    header: bool
    bold: bool


Source = TypeVar("Source", bound=SourceCell)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell(Generic[Source]):
    """A cell at its place."""

    row: int
    column: int
    row_span: int
    column_span: int
    header: bool
    text: str
    source: Source


def place(rows: Sequence[Sequence[Source]], text_of: Callable[[Source], str]) -> list[GridCell[Source]]:
    """Give every cell its row and column (HTML standard, "forming a table"), in the order of the source.

    Spans end with the table; a table wider than 16,384 columns has its spans ignored beyond.
    """
    placed: list[GridCell[Source]] = []
    taken_until: list[int] = []  # by column: the first row that no cell from above reaches into
    for number, row in enumerate(rows):
        column = 0
        for source in row:
            while column < len(taken_until) and taken_until[column] > number:
                column += 1
            column_span = _span(source.attributes.get("colspan"), _MOST_COLUMNS_SPANNED)
            column_span = max(1, min(column_span, _WIDEST - column))
            row_span = _span(source.attributes.get("rowspan"), len(rows), zero=len(rows))
            row_span = min(row_span, len(rows) - number)
            taken_until += [0] * (column + column_span - len(taken_until))
            for covered in range(column, column + column_span):
                taken_until[covered] = max(taken_until[covered], number + row_span)
            placed.append(
                GridCell(
                    row=number,
                    column=column,
                    row_span=row_span,
                    column_span=column_span,
                    header=source.header,
                    text=text_of(source),
                    source=source,
                )
            )
            column += column_span
    return placed


def _span(value: str | None, largest: int, zero: int = 1) -> int:
    digits = (value or "").strip()
    if not (digits.isascii() and digits.isdigit()):
        return 1
    number = int(digits[:9])
    return zero if number == 0 else min(number, largest)


def compact(cells: Sequence[GridCell[Source]]) -> list[GridCell[Source]]:
    """Join currency signs, closing brackets and percent signs to their numbers, and drop rows and columns left empty.

    Filings set each of them in a column of its own to align the figures, with further columns as white space.
    """
    filled = _with_signs_joined([cell for cell in cells if cell.text])
    rows = sorted({cell.row for cell in filled})
    columns = _needed_columns(filled)
    squeezed: list[GridCell[Source]] = []
    for cell in filled:
        top, left = bisect_left(rows, cell.row), bisect_left(columns, cell.column)
        bottom = bisect_left(rows, cell.row + cell.row_span)
        right = bisect_left(columns, cell.column + cell.column_span)
        squeezed.append(
            replace(cell, row=top, column=left, row_span=max(1, bottom - top), column_span=max(1, right - left))
        )
    return squeezed


def _needed_columns(filled: Sequence[GridCell[Source]]) -> list[int]:
    """Columns in which a cell of a single column stands, and the first of each cell that spans none of those."""
    ordered = sorted({cell.column for cell in filled if cell.column_span == 1})
    for cell in filled:
        first = bisect_left(ordered, cell.column)
        if first == len(ordered) or ordered[first] >= cell.column + cell.column_span:
            ordered.insert(first, cell.column)
    return ordered


def _with_signs_joined(filled: Sequence[GridCell[Source]]) -> list[GridCell[Source]]:
    joined: list[GridCell[Source]] = []
    by_row: dict[int, list[GridCell[Source]]] = {}
    by_column: dict[int, set[str]] = {}
    for cell in filled:
        by_row.setdefault(cell.row, []).append(cell)
        if cell.column_span == 1:
            by_column.setdefault(cell.column, set()).add(cell.text)
    before = {column for column, texts in by_column.items() if texts <= _BEFORE_NUMBER}
    after = {column for column, texts in by_column.items() if texts <= _AFTER_NUMBER}
    for row in by_row.values():
        row.sort(key=lambda cell: cell.column)
        kept: list[GridCell[Source]] = []
        sign: GridCell[Source] | None = None
        for cell in row:
            if sign is not None:
                if _NUMBER.match(cell.text):
                    cell = replace(cell, text=sign.text + cell.text)
                else:
                    kept.append(sign)
                sign = None
            if cell.column in before and cell.text in _BEFORE_NUMBER:
                sign = cell
            elif cell.column in after and cell.text in _AFTER_NUMBER and kept and kept[-1].text[-1:].isdigit():
                kept[-1] = replace(kept[-1], text=kept[-1].text + cell.text)
            else:
                kept.append(cell)
        joined += [*kept, sign] if sign is not None else kept
    return joined


def mark_headers(cells: Sequence[GridCell[Source]]) -> list[GridCell[Source]]:
    """Mark the header rows of a table that has no `th`: rows above the first figures, set bold or without a stub.

    A heuristic of this project: a row belongs to the header when its first column is empty or all of it is bold,
    it holds no number but years, and rows that are no header follow.
    """
    by_row: dict[int, list[GridCell[Source]]] = {}
    for cell in cells:
        by_row.setdefault(cell.row, []).append(cell)
    headers: set[int] = set()
    for row in sorted(by_row)[: _MOST_HEADER_ROWS + 1]:
        if not _is_header_row(by_row[row]):
            break
        headers.add(row)
    if len(headers) > _MOST_HEADER_ROWS or len(headers) == len(by_row):
        return list(cells)
    return [replace(cell, header=True) if cell.row in headers else cell for cell in cells]


def _is_header_row(row: Sequence[GridCell[Source]]) -> bool:
    figures = any(_NUMBER.fullmatch(cell.text) and not _YEAR.fullmatch(cell.text) for cell in row)
    bold = all(cell.source.bold for cell in row)
    stub_empty = all(cell.column > 0 for cell in row)
    return not figures and (stub_empty or (bold and len(row) > 1))
