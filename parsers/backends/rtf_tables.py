"""Tables of RTF: rows that each say where their cells end, so that cells of one table need not share their borders."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from parsers.backends.table_grids import PlacedCell, cell_content, make_table
from parsers.model import Derivation
from parsers.reading import Block

_SAME_BORDER: Final = 40  # twips (1/20 point): writers round the borders of each row by themselves
_MOST_CELLS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlace:
    """What a row says of one cell: where it ends, in twips from the margin, and whether it is merged with another."""

    right: int
    merged_left: bool = False
    merged_up: bool = False


@dataclass(slots=True, kw_only=True)
class RowPlan:
    """What `\\trowd` and the words after it say of a row, until the next one."""

    left: int = 0
    header: bool = False
    places: list[CellPlace] = field(default_factory=list)
    merged_left: bool = False  # of the cell whose end comes next
    merged_up: bool = False

    def end_cell(self, right: int) -> None:
        """`\\cellx`: what was said before it is said of this cell."""
        if len(self.places) < _MOST_CELLS:
            self.places.append(CellPlace(right=right, merged_left=self.merged_left, merged_up=self.merged_up))
        self.merged_left = self.merged_up = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as read: the blocks of each cell, whether all its text is bold, and the places of the cells."""

    cells: Sequence[tuple[list[Block], bool]]
    left: int
    header: bool
    places: Sequence[CellPlace]


def read_rows(rows: Sequence[Row], derivation: Derivation) -> list[Block]:
    """A table and then what stands in its cells but is no text of them. A single cell is a frame around its text."""
    if len(rows) == 1 and len(rows[0].cells) == 1:
        return list(rows[0].cells[0][0])
    borders = _borders(rows)
    cells: list[PlacedCell] = []
    after: list[Block] = []
    above: dict[int, int] = {}  # column → which of `cells` stands there in the row above
    for number, row in enumerate(rows):
        below: dict[int, int] = {}
        left = _border(borders, row.left)
        for index, (blocks, bold) in enumerate(row.cells):
            text, links, rest = cell_content(blocks, derivation)
            after += rest
            place = row.places[index] if index < len(row.places) else None
            right = left + 1 if place is None else max(_border(borders, place.right), left)
            merged_left = place is not None and place.merged_left and cells and cells[-1].row == number
            if merged_left:
                cells[-1] = _grown(cells[-1], text, columns=right - left)
            elif place is not None and place.merged_up and left in above:
                below[left] = above[left]
                cells[above[left]] = _grown(cells[above[left]], text, rows=1)
            else:
                below[left] = len(cells)
                span = max(right - left, 1)
                cells.append(
                    PlacedCell(
                        row=number, column=left, column_span=span, text=text, links=links, header=row.header, bold=bold
                    )
                )
            left = max(right, left + 1)
        above = below
    table = make_table(cells, len(rows), derivation)
    return ([Block(table=table)] if table is not None else []) + after


def _borders(rows: Sequence[Row]) -> list[int]:
    """The borders between columns over all rows; those that nearly coincide are one."""
    stored = sorted({row.left for row in rows} | {place.right for row in rows for place in row.places})
    return [border for index, border in enumerate(stored) if not index or border - stored[index - 1] > _SAME_BORDER]


def _border(borders: Sequence[int], position: int) -> int:
    """Which border a position is: the last one that is not right of it."""
    return max(bisect_left(borders, position + 1) - 1, 0)


def _grown(cell: PlacedCell, text: str, *, rows: int = 0, columns: int = 0) -> PlacedCell:
    """The cell over more rows or columns; text of a cell it covers is kept at its end."""
    return replace(
        cell,
        row_span=cell.row_span + rows,
        column_span=cell.column_span + columns,
        text=f"{cell.text} {text}".strip(),
    )
