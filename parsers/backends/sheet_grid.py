"""The cells of a sheet become tables and paragraphs: what belongs together is parted from the rest by empty cells.

A sheet is cut where a whole row, then where a whole column of it is empty, again and again until nothing is left to
cut. Two exceptions keep tables whole that people lay out with air in them: an empty column between two parts that
cover the same rows, and an empty row between names of columns and the values below them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from parsers.backends.sheet_headers import HeaderCell, count_header_rows, is_value
from parsers.model import Derivation, ElementKind, Flag
from parsers.reading import Block, CellReading, LinkReading, TableReading, TypedText

# Beyond this a grid is mostly air: its rows are then written without their empty places.
_MOST_PLACES_PER_CELL = 50
_FEW_PLACES = 10_000
_MOST_TITLES = 5
_LIST_ROWS = 12
_LONG_TEXT = 60
_SAME_ROWS = 0.6
_DEEPEST_CUT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCell:
    """A cell that holds something. `row` and `column` count from 0 in the sheet; spans as merged there."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    address: str | None = None
    formula: str | None = None
    value: str | None = None
    link: str | None = None
    bold: bool = False

    @property
    def last_row(self) -> int:
        return self.row + self.row_span - 1

    @property
    def last_column(self) -> int:
        return self.column + self.column_span - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedTable:
    """A range that the file declares to be a table, both ends included, with the number of its header rows."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int
    header_rows: int = 1


def sheet_blocks(
    cells: Iterable[SheetCell],
    derivation: Derivation,
    *,
    tables: Sequence[DefinedTable] = (),
    flags: tuple[Flag, ...] = (),
    continued: bool = False,
) -> list[Block]:
    """Tables and paragraphs in reading order. A cell ends in exactly one of them.

    `continued`: what comes first goes on from somewhere else, so that its first row holds no names of columns.
    """
    left = sorted(cells, key=lambda cell: (cell.row, cell.column))
    placed: list[tuple[int, int, list[Block]]] = []
    for table in tables:
        inside = [cell for cell in left if _within(cell, table)]
        if inside:
            left = [cell for cell in left if not _within(cell, table)]
            names = table.header_rows if inside[0].row == table.first_row else 0
            block = _table(inside, derivation, flags, header_rows=names)
            placed.append((table.first_row, table.first_column, [block]))
    for at, part in enumerate(_parts(left)):
        blocks = _part_blocks(part, derivation, flags, continued=continued and at == 0)
        placed.append((part[0].row, min(cell.column for cell in part), blocks))
    if tables:
        placed.sort(key=lambda item: item[:2])
    return [block for _, _, blocks in placed for block in blocks]


def visible_and_hidden(
    cells: Sequence[SheetCell],
    derivation: Derivation,
    *,
    hidden_rows: Collection[int],
    hidden_columns: Collection[int],
    tables: Sequence[DefinedTable] = (),
    flags: tuple[Flag, ...] = (),
    continued: bool = False,
) -> list[Block]:
    """What a reader of the sheet sees, as `sheet_blocks`, then what hidden rows and columns hold, flagged."""
    visible = [cell for cell in cells if cell.row not in hidden_rows and cell.column not in hidden_columns]
    hidden = [cell for cell in cells if cell.row in hidden_rows or cell.column in hidden_columns]
    rows, columns = sorted(hidden_rows), sorted(hidden_columns)
    shown = [_close_up(cell, rows, columns) for cell in visible]
    ranges = [_close_up_table(table, rows, columns) for table in tables]
    return [
        *sheet_blocks(shown, derivation, tables=ranges, flags=flags, continued=continued),
        *sheet_blocks(hidden, derivation, flags=(Flag.HIDDEN,), continued=True),
    ]


def _close_up(cell: SheetCell, rows: Sequence[int], columns: Sequence[int]) -> SheetCell:
    """The cell where it stands when hidden rows and columns have no height and width."""
    if not rows and not columns:
        return cell
    row, column = _closed(cell.row, rows), _closed(cell.column, columns)
    return replace(
        cell,
        row=row,
        column=column,
        row_span=_closed(cell.last_row + 1, rows) - row,
        column_span=_closed(cell.last_column + 1, columns) - column,
    )


def _close_up_table(table: DefinedTable, rows: Sequence[int], columns: Sequence[int]) -> DefinedTable:
    return replace(
        table,
        first_row=_closed(table.first_row, rows),
        first_column=_closed(table.first_column, columns),
        last_row=_closed(table.last_row + 1, rows) - 1,
        last_column=_closed(table.last_column + 1, columns) - 1,
    )


def _closed(position: int, hidden: Sequence[int]) -> int:
    return position - bisect_left(hidden, position)


def _within(cell: SheetCell, table: DefinedTable) -> bool:
    return table.first_row <= cell.row <= table.last_row and table.first_column <= cell.column <= table.last_column


def _parts(cells: list[SheetCell]) -> list[list[SheetCell]]:
    """Cut by empty rows and columns, as deep as people lay out sheets."""
    done: list[list[SheetCell]] = []
    waiting = [(cells, 0)] if cells else []
    while waiting:
        part, depth = waiting.pop()
        pieces = _join_headers(_cut(part, by_row=True))
        if len(pieces) == 1:
            pieces = _cut_columns(part)
        if len(pieces) == 1 or depth == _DEEPEST_CUT:
            done.append(part)
        else:
            waiting += [(piece, depth + 1) for piece in reversed(pieces)]
    return done


def _cut(cells: Sequence[SheetCell], *, by_row: bool) -> list[list[SheetCell]]:
    """Groups of cells between which a whole row (or column) is empty, in order, each sorted by row and column."""
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column) if by_row else (cell.column, cell.row))
    groups: list[list[SheetCell]] = []
    end = -2
    for cell in ordered:
        start, last = (cell.row, cell.last_row) if by_row else (cell.column, cell.last_column)
        if start > end + 1:
            groups.append([])
        groups[-1].append(cell)
        end = max(end, last)
    return [sorted(group, key=lambda cell: (cell.row, cell.column)) for group in groups]


def _cut_columns(cells: Sequence[SheetCell]) -> list[list[SheetCell]]:
    joined: list[list[SheetCell]] = []
    for group in _cut(cells, by_row=False):
        if joined and _goes_on_beside(joined[-1], group):
            joined[-1] = sorted(joined[-1] + group, key=lambda cell: (cell.row, cell.column))
        else:
            joined.append(group)
    return joined


def _goes_on_beside(left: Sequence[SheetCell], right: Sequence[SheetCell]) -> bool:
    """One empty column between parts that cover the same rows, and the right one does not begin like the left one."""
    if min(cell.column for cell in right) - max(cell.last_column for cell in left) > 2:
        return False
    if left[0].row == right[0].row and left[0].text == right[0].text:
        return False
    tops, ends = (left[0].row, right[0].row), (max(c.last_row for c in left), max(c.last_row for c in right))
    shared = min(ends) - max(tops) + 1
    return shared >= _SAME_ROWS * (max(ends) - min(tops) + 1)


def _join_headers(groups: list[list[SheetCell]]) -> list[list[SheetCell]]:
    """Put names of columns back on the values below when only one empty row parts them."""
    joined: list[list[SheetCell]] = []
    for group in groups:
        if joined and _heads(joined[-1], group):
            joined[-1] = joined[-1] + group
        else:
            joined.append(group)
    return joined


def _heads(above: Sequence[SheetCell], below: Sequence[SheetCell]) -> bool:
    if below[0].row - max(cell.last_row for cell in above) > 2 or above[-1].row - above[0].row > 3:
        return False
    last = [cell for cell in above if cell.row == above[-1].row]
    first = [cell for cell in below if cell.row == below[0].row]
    if len(last) < 2 or any(is_value(cell.text) for cell in above):
        return False
    return sum(is_value(cell.text) for cell in first) >= max(1, len(first) - 2)


def _part_blocks(
    cells: list[SheetCell], derivation: Derivation, flags: tuple[Flag, ...], *, continued: bool
) -> list[Block]:
    """The table of a part, with the single texts above and below it as paragraphs."""
    rows = _by_row(cells)
    names = 0 if continued else None
    if len({cell.column for cell in cells}) == 1:
        if _is_list(rows):
            return [_table(cells, derivation, flags, names)]
        return [_paragraph(cell, derivation, flags) for cell in cells]
    first, last = 0, len(rows)
    while first < min(len(rows) - 1, _MOST_TITLES) and len(rows[first]) == 1 and _stands_alone(rows, first):
        first += 1
    while last > first + 1 and len(rows[last - 1]) == 1 and _is_note(rows[last - 1][0], cells):
        last -= 1
    titles = [_paragraph(row[0], derivation, flags) for row in rows[:first]]
    notes = [_paragraph(row[0], derivation, flags) for row in rows[last:]]
    body = [cell for row in rows[first:last] for cell in row]
    if len({cell.column for cell in body}) == 1 and not _is_list(rows[first:last]):
        return [*titles, *(_paragraph(cell, derivation, flags) for cell in body), *notes]
    return [*titles, _table(body, derivation, flags, names), *notes]


def _by_row(cells: Sequence[SheetCell]) -> list[list[SheetCell]]:
    rows: dict[int, list[SheetCell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    return [rows[row] for row in sorted(rows)]


def _stands_alone(rows: Sequence[Sequence[SheetCell]], at: int) -> bool:
    """A title: text in the first column, and what comes below is no value in that column alone."""
    cell = rows[at][0]
    left = min(other.column for row in rows[at:] for other in row)
    return not is_value(cell.text) and cell.row_span == 1 and (cell.column == left or cell.column_span > 1)


def _is_note(cell: SheetCell, cells: Sequence[SheetCell]) -> bool:
    left = min(other.column for other in cells)
    return cell.column == left and not is_value(cell.text) and (cell.column_span > 1 or len(cell.text) > _LONG_TEXT)


def _is_list(rows: Sequence[Sequence[SheetCell]]) -> bool:
    """A single column is a table when it holds values under a name, or many short texts."""
    texts = [row[0].text for row in rows]
    values = sum(map(is_value, texts))
    if len(texts) > 1 and values >= 0.5 * len(texts):
        return True
    return len(texts) > _LIST_ROWS and sum(map(len, texts)) < _LONG_TEXT * len(texts)


def _paragraph(cell: SheetCell, derivation: Derivation, flags: tuple[Flag, ...]) -> Block:
    place = f"stands alone in cell {cell.address}" if cell.address else "stands alone in its row"
    return Block(
        typed=TypedText(
            kind=ElementKind.PARAGRAPH,
            text=cell.text,
            flags=flags,
            links=_links(cell),
            derivation=replace(derivation, reason=place),
        )
    )


def _links(cell: SheetCell) -> tuple[LinkReading, ...]:
    return (LinkReading(start=0, end=len(cell.text), target=cell.link),) if cell.link and cell.text else ()


def _table(
    cells: Sequence[SheetCell], derivation: Derivation, flags: tuple[Flag, ...], header_rows: int | None = None
) -> Block:
    rows = sorted({cell.row for cell in cells})
    columns = sorted({cell.column for cell in cells})
    if len(rows) * len(columns) > _FEW_PLACES + _MOST_PLACES_PER_CELL * len(cells):
        return _scattered_table(cells, derivation, flags)
    readings = _without_overlaps(_readings(cells, rows, columns))
    names = _header_rows(cells, readings, len(rows), len(columns)) if header_rows is None else header_rows
    return Block(
        table=TableReading(
            bbox=None,
            rows=len(rows),
            columns=len(columns),
            cells=tuple(replace(cell, header=True) if cell.row < names else cell for cell in readings),
            derivation=derivation,
            flags=flags,
        )
    )


def _readings(cells: Sequence[SheetCell], rows: Sequence[int], columns: Sequence[int]) -> list[CellReading]:
    """The cells in the grid of the rows and columns that hold something."""
    row_at = {row: at for at, row in enumerate(rows)}
    column_at = {column: at for at, column in enumerate(columns)}
    return [
        CellReading(
            row=row_at[cell.row],
            column=column_at[cell.column],
            row_span=_span(rows, cell.row, cell.row_span),
            column_span=_span(columns, cell.column, cell.column_span),
            text=cell.text,
            bbox=None,
            address=cell.address,
            formula=cell.formula,
            value=cell.value,
            links=_links(cell),
        )
        for cell in cells
    ]


def _span(positions: Sequence[int], first: int, span: int) -> int:
    """How many of the rows (or columns) of the grid a cell covers."""
    return 1 if span == 1 else max(1, bisect_left(positions, first + span) - bisect_left(positions, first))


def _without_overlaps(readings: Sequence[CellReading]) -> list[CellReading]:
    """Spans end before the next cell to the right and the next one below: merged ranges of a sheet can be nonsense."""
    kept: list[CellReading] = []
    below: dict[int, int] = {}
    right = (-1, 0)
    for cell in reversed(readings):
        if cell.row_span > 1 or cell.column_span > 1:
            row_span = min(cell.row_span, below.get(cell.column, cell.row + cell.row_span) - cell.row)
            column_span = min(cell.column_span, right[1] - cell.column if right[0] == cell.row else cell.column_span)
            cell = replace(cell, row_span=row_span, column_span=column_span)
        below[cell.column] = cell.row
        right = (cell.row, cell.column)
        kept.append(cell)
    return kept[::-1]


def _header_rows(cells: Sequence[SheetCell], readings: Sequence[CellReading], rows: int, columns: int) -> int:
    empty = HeaderCell(text="")
    sample = [[empty] * columns for _ in range(min(rows, 64))]
    for cell, reading in zip(cells, readings, strict=True):
        if reading.row < len(sample):
            head = HeaderCell(text=cell.text, bold=cell.bold, spans=reading.column_span > 1)
            for column in range(reading.column, reading.column + reading.column_span):
                sample[reading.row][column] = head
    return count_header_rows(sample)


def _scattered_table(cells: Sequence[SheetCell], derivation: Derivation, flags: tuple[Flag, ...]) -> Block:
    rows = _by_row(cells)
    readings = [
        replace(reading, row=row, column=column)
        for row, found in enumerate(rows)
        for column, cell in enumerate(found)
        for reading in _readings([cell], [cell.row], [cell.column])
    ]
    why = replace(derivation, reason="cells far apart, written without the empty places between them")
    columns = max(len(row) for row in rows)
    return Block(
        table=TableReading(
            bbox=None, rows=len(rows), columns=columns, cells=tuple(readings), derivation=why, flags=flags
        )
    )
