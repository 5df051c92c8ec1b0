"""The sheets of an OpenDocument spreadsheet: their rows in order, what of them is hidden, what repeats."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parsers.backends.odt_names import OFFICE, TABLE, Element, count
from parsers.backends.odt_styles import OdtStyles
from parsers.plain_text import clean_text

_LAST_ROW: Final = 1_048_576
_LAST_COLUMN: Final = 16_384
# A few bytes may say that they repeat without end: what holds something is repeated this often at most.
_MOST_REPEATED: Final = 1_000
_MOST_CELLS: Final = 1_500_000
_ROW_GROUPS: Final = frozenset(TABLE + name for name in ("table-row-group", "table-rows", "table-header-rows"))
_COLUMN_GROUPS: Final = (f"{TABLE}table-column-group", f"{TABLE}table-columns", f"{TABLE}table-header-columns")
_HIDDEN: Final = ("collapse", "filter")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row that holds something; `number` counts from 0 in the sheet. `cells`: how many hold something."""

    element: Element
    number: int
    hidden: bool
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet. `cut_off`: rows were left out, as there are too many. `shapes` lie over its cells.

    `column_starts` and `column_styles` say what style cells of a column have.
    """

    name: str
    hidden: bool
    rows: tuple[SheetRow, ...]
    cut_off: bool
    shapes: Element | None
    hidden_columns: frozenset[int]
    column_starts: tuple[int, ...]
    column_styles: tuple[str | None, ...]

    def style_of(self, column: int) -> str | None:
        """The style of cells in a column that name none."""
        at = bisect_right(self.column_starts, column) - 1
        return self.column_styles[at] if at >= 0 else None


def read_sheet(table: Element, unnamed: str, styles: OdtStyles) -> Sheet:
    """A sheet of the file, under the name `unnamed` where it gives none."""
    starts: list[int] = []
    names: list[str | None] = []
    hidden: set[int] = set()
    column = 0
    for item in _columns(table):
        repeated = count(item.get(f"{TABLE}number-columns-repeated"), _LAST_COLUMN)
        starts.append(column)
        names.append(item.get(f"{TABLE}default-cell-style-name"))
        if item.get(f"{TABLE}visibility") in _HIDDEN:
            hidden.update(range(column, min(column + repeated, _LAST_COLUMN)))
        column += repeated
    rows = tuple(_rows(table))
    return Sheet(
        name=clean_text(table.get(f"{TABLE}name") or "") or unnamed,
        hidden=styles.hides_table(table.get(f"{TABLE}style-name")),
        rows=rows,
        cut_off=sum(row.cells for row in rows) >= _MOST_CELLS,
        shapes=table.find(f"{TABLE}shapes"),
        hidden_columns=frozenset(hidden),
        column_starts=tuple(starts),
        column_styles=tuple(names),
    )


def _columns(parent: Element) -> Iterator[Element]:
    for child in parent:
        if child.tag == f"{TABLE}table-column":
            yield child
        elif child.tag in _COLUMN_GROUPS:
            yield from _columns(child)


def _row_elements(parent: Element) -> Iterator[Element]:
    for child in parent:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in _ROW_GROUPS:
            yield from _row_elements(child)


def _rows(table: Element) -> Iterator[SheetRow]:
    number = total = 0
    for element in _row_elements(table):
        repeated = count(element.get(f"{TABLE}number-rows-repeated"), _LAST_ROW)
        cells = sum(repetitions(cell) for cell in element if holds_something(cell))
        if cells:
            hidden = element.get(f"{TABLE}visibility") in _HIDDEN
            for at in range(number, number + min(repeated, _MOST_REPEATED)):
                yield SheetRow(element=element, number=at, hidden=hidden, cells=cells)
                total += cells
                if total >= _MOST_CELLS:
                    return
        number += repeated


def holds_something(cell: Element) -> bool:
    """Whether a cell has a value, a text or a comment, or a drawing is anchored to it."""
    return cell.tag == f"{TABLE}table-cell" and (len(cell) > 0 or cell.get(f"{OFFICE}value-type") is not None)


def repetitions(cell: Element) -> int:
    """How often a cell that holds something is there, beside itself."""
    return count(cell.get(f"{TABLE}number-columns-repeated"), _MOST_REPEATED)
