"""Tables of word processors: cells that the file has placed, without superfluous columns and with headers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsers.backends.typed_texts import in_running_text, join_texts
from parsers.errors import LimitExceeded
from parsers.model import Derivation, ElementKind
from parsers.reading import Block, CellReading, LinkReading, TableReading

_MOST_PLACES: Final = 4_000_000  # rows times columns: a file of a few bytes may ask for any number
_NUMBER: Final = re.compile(r"[-–—+(]?\s*[$€£¥]?\s*\d[\d.,'’\s]*\)?\s*[%‰]?\)?")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_LONGEST_LABEL: Final = 80
_LONGER_THAN_LABEL: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCell:
    """A cell at its place. `bold`: all of its text is; `header`: the file itself says that it is a header."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    text: str = ""
    links: tuple[LinkReading, ...] = ()
    header: bool = False
    bold: bool = False


def cell_content(blocks: Sequence[Block], derivation: Derivation) -> tuple[str, tuple[LinkReading, ...], list[Block]]:
    """The text of a cell, its links, and what of its blocks is no text of it, to be read after the table.

    Paragraphs and lines are joined by a blank, as cells have no lines; that keeps every offset.
    """
    texts = [block.typed for block in blocks if block.typed is not None and in_running_text(block)]
    joined = join_texts(texts, kind=ElementKind.PARAGRAPH, derivation=derivation)
    flat = "".join(" " if character in "\n\t" else character for character in joined.text)
    return flat, joined.links, [block for block in blocks if not in_running_text(block)]


def make_table(
    cells: Sequence[PlacedCell], rows: int, derivation: Derivation, *, header_row: bool = False
) -> TableReading | None:
    """The table, or None where none of its cells holds text. Raises `LimitExceeded` where it is absurdly large.

    Columns in which no cell begins are taken out: writers leave them behind when they move the borders of cells.
    `header_row`: the file sets the first row apart, so it is a header if its text does not speak against it; without
    that it is one if it also looks like one. Rows that the file itself calls headers are taken as they are.
    """
    if not any(cell.text for cell in cells):
        return None
    starts = sorted({cell.column for cell in cells})
    if rows * len(starts) > _MOST_PLACES:
        raise LimitExceeded(f"The file has a table of {rows:,} rows and {len(starts):,} columns, which is too large.")
    if len(starts) == 1:
        cells, rows = _without_empty_rows(cells)
    placed = [_squeeze(cell, starts, rows) for cell in cells]
    said = any(cell.header and cell.column > 0 for cell in placed)
    if not said and _first_row_is_header(placed, set_apart=header_row):
        placed = [replace(cell, header=cell.header or cell.row == 0) for cell in placed]
    readings = tuple(
        CellReading(
            row=cell.row,
            column=cell.column,
            row_span=cell.row_span,
            column_span=cell.column_span,
            header=cell.header,
            text=cell.text,
            bbox=None,
            links=cell.links,
        )
        for cell in sorted(placed, key=lambda cell: (cell.row, cell.column))
    )
    return TableReading(bbox=None, rows=rows, columns=len(starts), cells=readings, derivation=derivation)


def _squeeze(cell: PlacedCell, starts: Sequence[int], rows: int) -> PlacedCell:
    left = bisect_left(starts, cell.column)
    right = bisect_left(starts, cell.column + cell.column_span)
    return replace(
        cell,
        column=left,
        column_span=max(1, right - left),
        row_span=max(1, min(cell.row_span, rows - cell.row)),
    )


def _without_empty_rows(cells: Sequence[PlacedCell]) -> tuple[list[PlacedCell], int]:
    """A single column without its empty cells: they would be blank lines, which part elements from each other."""
    filled = [cell for cell in cells if cell.text]
    return [replace(cell, row=row, row_span=1) for row, cell in enumerate(filled)], len(filled)


def _first_row_is_header(cells: Sequence[PlacedCell], *, set_apart: bool) -> bool:
    """A heuristic of this project: labels over other rows, none of them a number, short, and told apart somehow.

    Told apart by the file, by bold type where the second row is not bold, as labels over three or more columns, by a
    column of nothing but numbers, or as shorter in every column than what stands below. Two columns need such a
    reason, as they are often names and values without a header.
    """
    first = [cell for cell in cells if cell.row == 0]
    below = [cell for cell in cells if cell.row and cell.text]
    labels = [cell for cell in first if cell.text]
    fewest = len(first) / 2 if set_apart else len(first) - 1
    if not below or len(first) < 2 or not labels or len(labels) < fewest:
        return False
    if any(len(cell.text) > _LONGEST_LABEL or _is_figure(cell.text) for cell in labels):
        return False
    if len({cell.text for cell in labels}) < len(labels):
        return False
    bold = all(cell.bold for cell in labels) and not all(cell.bold for cell in below if cell.row == 1)
    if set_apart or bold or len(first) > 2:
        return True
    columns = [[cell.text for cell in below if cell.column == label.column] for label in labels]
    figures = any(column and all(_NUMBER.fullmatch(text) for text in column) for column in columns[1:])
    return figures or all(
        sum(map(len, column)) > _LONGER_THAN_LABEL * len(label.text) * len(column) > 0
        for label, column in zip(labels, columns, strict=True)
    )


def _is_figure(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and _YEAR.fullmatch(text) is None
