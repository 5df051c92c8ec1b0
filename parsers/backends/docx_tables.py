"""Tables of Word: the grid with its merged cells, its header rows, and what does not fit into cells after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from parsers.backends.docx_names import Element, W, local_name, number, switch, value
from parsers.backends.docx_styles import Styles
from parsers.backends.table_grids import PlacedCell, cell_content, make_table
from parsers.backends.typed_texts import join_texts
from parsers.model import Derivation, ElementKind, Flag
from parsers.reading import Block

_MAX_SPAN: Final = 63  # columns of a table, by Word's own limit
_WRAPPERS: Final = frozenset(("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_FIRST_ROW: Final = 0x20
_FIRST_COLUMN: Final = 0x80

ReadCell = Callable[[Element], tuple[list[Block], bool]]
"""The blocks of a cell (`w:tc`), and whether all of its text is bold."""


@dataclass(slots=True, kw_only=True)
class _Grid:
    cells: list[PlacedCell] = field(default_factory=list)
    merging: dict[int, int] = field(default_factory=dict)  # column → which of `cells` reaches down from above
    after: list[Block] = field(default_factory=list)
    rows: int = 0


def read_table(table: Element, styles: Styles, read_cell: ReadCell, derivation: Derivation) -> list[Block]:
    """A table and then what stands in its cells but is no text of them: pictures, tables, notes, hidden text.

    A table of a single cell is a frame around its text, and is read as that text.
    """
    rows = list(_parts(table, "tr"))
    single = list(_parts(rows[0], "tc")) if len(rows) == 1 else []
    if len(single) == 1:
        return read_cell(single[0])[0]
    properties = table.find(f"{W}tblPr")
    style = styles.table(value(properties, "tblStyle"))
    grid = _Grid()
    for row in rows:
        _read_row(row, grid, read_cell, derivation)
    if style.first_column and _look(properties, "firstColumn", _FIRST_COLUMN):
        grid.cells = [replace(cell, header=cell.header or cell.column == 0) for cell in grid.cells]
    set_apart = _look(properties, "firstRow", _FIRST_ROW)
    reading = make_table(grid.cells, grid.rows, derivation, header_row=set_apart)
    return ([Block(table=reading)] if reading is not None else []) + grid.after


def _parts(parent: Element, name: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, also those inside content controls and tracked insertions."""
    for child in parent:
        found = local_name(child)
        if found == name:
            yield child
        elif found in _WRAPPERS:
            yield from _parts(child, name)


def _look(properties: Element | None, name: str, bit: int) -> bool:
    """Whether a part of the table is set apart: said by an attribute, or by a bit of the older hexadecimal value."""
    look = None if properties is None else properties.find(f"{W}tblLook")
    if look is None:
        return False
    said = look.get(f"{W}{name}")
    if said is not None:
        return said in ("1", "true", "on")
    try:
        return bool(int(look.get(f"{W}val", "0"), 16) & bit)
    except ValueError:
        return False


def _read_row(row: Element, grid: _Grid, read_cell: ReadCell, derivation: Derivation) -> None:
    properties = row.find(f"{W}trPr")
    if properties is not None and properties.find(f"{W}del") is not None:
        grid.after += _deleted_row(row, read_cell, derivation)
        return
    header = bool(switch(properties, "tblHeader"))
    column = min(max(number(value(properties, "gridBefore")), 0), _MAX_SPAN)
    merging: dict[int, int] = {}
    for cell in _parts(row, "tc"):
        cell_properties = cell.find(f"{W}tcPr")
        span = min(max(number(value(cell_properties, "gridSpan"), 1), 1), _MAX_SPAN)
        blocks, bold = read_cell(cell)
        text, links, after = cell_content(blocks, derivation)
        grid.after += after
        merge = None if cell_properties is None else cell_properties.find(f"{W}vMerge")
        above = (
            grid.merging.get(column) if merge is not None and value(cell_properties, "vMerge") != "restart" else None
        )
        if _continues_left(cell_properties) and grid.cells and grid.cells[-1].row == grid.rows:
            grid.cells[-1] = _grown(grid.cells[-1], text, columns=span)
        elif above is not None:
            grid.cells[above] = _grown(grid.cells[above], text, rows=1)
            merging[column] = above
        else:
            if merge is not None:
                merging[column] = len(grid.cells)
            grid.cells.append(
                PlacedCell(
                    row=grid.rows, column=column, column_span=span, text=text, links=links, header=header, bold=bold
                )
            )
        column += span
    grid.merging = merging
    grid.rows += 1


def _continues_left(properties: Element | None) -> bool:
    """`w:hMerge`, which older files have instead of `w:gridSpan`."""
    merge = None if properties is None else properties.find(f"{W}hMerge")
    return merge is not None and value(properties, "hMerge") != "restart"


def _grown(cell: PlacedCell, text: str, *, rows: int = 0, columns: int = 0) -> PlacedCell:
    """The cell over more rows or columns; text of a cell it covers is kept at its end."""
    return replace(
        cell,
        row_span=cell.row_span + rows,
        column_span=cell.column_span + columns,
        text=f"{cell.text} {text}".strip(),
    )


def _deleted_row(row: Element, read_cell: ReadCell, derivation: Derivation) -> list[Block]:
    blocks = [block for cell in _parts(row, "tc") for block in read_cell(cell)[0]]
    texts = [block.typed for block in blocks if block.typed is not None and block.typed.role is None]
    if not texts:
        return []
    flags = (Flag.DELETED,)
    return [Block(typed=join_texts(texts, kind=ElementKind.PARAGRAPH, derivation=derivation, flags=flags))]
