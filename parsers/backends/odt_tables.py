"""Tables of OpenDocument texts: rows and cells that repeat, cells that span, header rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from parsers.backends.odt_names import TABLE, Element, count
from parsers.backends.table_grids import PlacedCell, cell_content, make_table
from parsers.errors import LimitExceeded
from parsers.model import Derivation
from parsers.reading import Block

_ROW_GROUPS: Final = frozenset((f"{TABLE}table-row-group", f"{TABLE}table-rows"))
_MOST_REPEATED: Final = 1_000
_MOST_SPANNED: Final = 10_000
_MOST_CELLS: Final = 500_000

ReadCell = Callable[[Element], tuple[list[Block], bool]]
"""The blocks of a cell, and whether all of its text is bold."""


@dataclass(slots=True, kw_only=True)
class _Grid:
    cells: list[PlacedCell] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)
    rows: int = 0

    def add(self, cells: Iterable[PlacedCell]) -> None:
        """More cells. Raises `LimitExceeded`: a few bytes may say that they repeat without end."""
        self.cells += cells
        if len(self.cells) > _MOST_CELLS:
            raise LimitExceeded(f"The file has a table of more than {_MOST_CELLS:,} cells.")


def read_table(table: Element, read_cell: ReadCell, derivation: Derivation) -> list[Block]:
    """A table and then what stands in its cells but is no text of them. A single cell is a frame around its text."""
    rows = list(_rows(table, header=False))
    cells = list(rows[0][0].iterchildren(f"{TABLE}table-cell")) if len(rows) == 1 else []
    if len(cells) == 1:
        return read_cell(cells[0])[0]
    grid = _Grid()
    for row, header in rows:
        _read_row(row, grid, read_cell, derivation, header=header)
        _repeat_row(grid, count(row.get(f"{TABLE}number-rows-repeated"), _MOST_REPEATED) - 1)
    reading = make_table(grid.cells, grid.rows, derivation)
    return ([Block(table=reading)] if reading is not None else []) + grid.after


def _rows(parent: Element, *, header: bool) -> Iterator[tuple[Element, bool]]:
    for child in parent:
        if child.tag == f"{TABLE}table-row":
            yield child, header
        elif child.tag == f"{TABLE}table-header-rows":
            yield from _rows(child, header=True)
        elif child.tag in _ROW_GROUPS:
            yield from _rows(child, header=header)


def _read_row(row: Element, grid: _Grid, read_cell: ReadCell, derivation: Derivation, *, header: bool) -> None:
    column = 0
    for cell in row:
        repeated = count(cell.get(f"{TABLE}number-columns-repeated"), _MOST_REPEATED)
        if cell.tag != f"{TABLE}table-cell":
            column += repeated if cell.tag == f"{TABLE}covered-table-cell" else 0
            continue
        blocks, bold = read_cell(cell)
        text, links, after = cell_content(blocks, derivation)
        grid.after += after
        placed = PlacedCell(
            row=grid.rows,
            column=column,
            row_span=count(cell.get(f"{TABLE}number-rows-spanned"), _MOST_SPANNED),
            column_span=count(cell.get(f"{TABLE}number-columns-spanned"), _MOST_SPANNED),
            text=text,
            links=links,
            header=header,
            bold=bold,
        )
        # Empty cells that repeat only fill the row up: one of them stands for all.
        grid.add(replace(placed, column=column + at) for at in range(repeated if text else 1))
        column += repeated
    grid.rows += 1


def _repeat_row(grid: _Grid, times: int) -> None:
    row = [cell for cell in grid.cells if cell.row == grid.rows - 1] if times else []
    if not any(cell.text for cell in row):
        return
    for _ in range(times):
        grid.add(replace(cell, row=grid.rows) for cell in row)
        grid.rows += 1
