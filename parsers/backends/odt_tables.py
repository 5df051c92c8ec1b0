"""Tables of OpenDocument texts: rows and cells that repeat, cells that span, header rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from parsers.backends.odt_names import TABLE, Element, count
from parsers.backends.table_grids import PlacedCell, cell_content, make_table
from parsers.model import Derivation
from parsers.reading import Block

_ROW_GROUPS: Final = frozenset((f"{TABLE}table-row-group", f"{TABLE}table-rows"))
_MOST_REPEATED: Final = 1_000
_MOST_SPANNED: Final = 10_000

ReadCell = Callable[[Element], tuple[list[Block], bool]]
"""The blocks of a cell, and whether all of its text is bold."""


@dataclass(slots=True, kw_only=True)
class _Grid:
    cells: list[PlacedCell] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)
    rows: int = 0


def read_table(table: Element, read_cell: ReadCell, derivation: Derivation) -> list[Block]:
    """A table and then what stands in its cells but is no text of them. A single cell is a frame around its text."""
    rows = list(_rows(table, header=False))
    cells = list(rows[0][0].iterchildren(f"{TABLE}table-cell")) if len(rows) == 1 else []
    if len(cells) == 1:
        return read_cell(cells[0])[0]
    grid = _Grid()
    for row, header in rows:
        for _ in range(count(row.get(f"{TABLE}number-rows-repeated"), _MOST_REPEATED)):
            _read_row(row, grid, read_cell, derivation, header=header)
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
        for _ in range(repeated):
            blocks, bold = read_cell(cell)
            text, links, after = cell_content(blocks, derivation)
            grid.after += after
            grid.cells.append(
                PlacedCell(
                    row=grid.rows,
                    column=column,
                    row_span=count(cell.get(f"{TABLE}number-rows-spanned"), _MOST_SPANNED),
                    column_span=count(cell.get(f"{TABLE}number-columns-spanned"), _MOST_SPANNED),
                    text=text,
                    links=links,
                    header=header,
                    bold=bold,
                )
            )
            column += 1
    grid.rows += 1
