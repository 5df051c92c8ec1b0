"""The headings of columns: which printed lines are one heading, and which columns a heading stands over.

A heading of several lines is one cell. A heading over several columns is told from one over a single column by the rule
under it, by its width, by its place in their middle, and by years or repeated words right below it.
"""

from __future__ import annotations

from collections.abc import Sequence

from parsers.extractors.table_columns import Columns, PlacedCell, PlacedRow
from parsers.extractors.table_lattice import Line
from parsers.extractors.table_values import is_value

# In font sizes: lines of one heading stand no further apart (middle to middle), and this close to one middle or side.
_LEADING = 1.45
_ALIGNED = 0.6
# Points: a heading stands so much better over the middle of several columns that it is theirs.
_BETTER = 6.0
# A heading this much wider than its column belongs to its neighbours too, if it stands in their middle.
_WIDER = 1.3
_RULE_REACH = 1.2


def arrange_headings(rows: Sequence[PlacedRow], columns: Columns, rules: Sequence[Line]) -> list[PlacedRow]:
    """Heading rows with each heading over all of its columns, its lines in one cell; rows left empty are dropped."""
    for number, row in enumerate(rows):
        _widen(rows, number, columns, rules)
        row.cells.sort(key=lambda cell: cell.first)
    for number in range(len(rows) - 2, -1, -1):
        _stack(rows[number], rows[number + 1 :], rules)
    return [row for row in rows if row.cells]


def _widen(rows: Sequence[PlacedRow], number: int, columns: Columns, rules: Sequence[Line]) -> None:
    row = rows[number]
    repeats = _repeated(rows, number)
    for position, cell in enumerate(row.cells):
        low = row.cells[position - 1].last + 1 if position else 0
        high = row.cells[position + 1].first - 1 if position + 1 < len(row.cells) else len(columns.extents) - 1
        ruled = _ruled_span(cell, row, columns, rules)
        if ruled is not None and ruled[0] <= cell.first and ruled[1] >= cell.last:
            cell.first, cell.last = max(low, ruled[0]), min(high, ruled[1])
            continue
        if low == 0 and cell.first > 0:
            low = 1
        below = [_nearest_below(rows, number, column) for column in range(len(columns.extents))]
        if any(found is not None for found in below):
            cell.first, cell.last = _span(cell, row.size, (low, high), columns, below, repeats)


def _span(
    cell: PlacedCell,
    size: float,
    room: tuple[int, int],
    columns: Columns,
    below: Sequence[tuple[PlacedRow, PlacedCell] | None],
    repeats: int,
) -> tuple[int, int]:
    """First and last column of a heading that has headings below it."""
    own = (cell.first, cell.last)
    left, right = _ends(cell)
    under = below[cell.first] if own[0] == own[1] else None
    heads_values = under is not None and _is_label_of_many(under[1]) and not _is_label_of_many(cell)
    if under is not None and not heads_values and not repeats and _one_heading(cell, size, under):
        return room if _heads_all(cell, size, room, columns, below) else own
    whole = [_with_heading(extent, found) for extent, found in zip(columns.extents, below, strict=True)]
    errors = {
        (first, last): min(
            abs((extents[first][0] + extents[last][1]) / 2 - (left + right) / 2) for extents in (columns.extents, whole)
        )
        for first in range(room[0], own[0] + 1)
        for last in range(own[1], room[1] + 1)
        if (first, last) == own or sum(1 for found in below[first : last + 1] if found is not None) >= 2
    }
    if repeats:
        return min(errors, key=lambda span: (abs(span[1] - span[0] + 1 - repeats), errors[span]))
    best = min(errors, key=lambda span: (errors[span], span))
    wide = right - left > _WIDER * (columns.extents[own[1]][1] - columns.extents[own[0]][0])
    if own[0] == own[1] and (wide or heads_values):
        near = [span for span, error in errors.items() if error <= errors[best] + _ALIGNED * size]
        return max(near, key=lambda span: (span[1] - span[0], -errors[span]))
    return best if errors[best] < errors[own] - _BETTER else own


def _with_heading(extent: tuple[float, float], found: tuple[PlacedRow, PlacedCell] | None) -> tuple[float, float]:
    """A column as wide as its figures and the heading of it alone: figures stand at one side of a wide column."""
    if found is None or found[1].first != found[1].last:
        return extent
    left, right = _ends(found[1])
    return min(left, extent[0]), max(right, extent[1])


def _heads_all(
    cell: PlacedCell,
    size: float,
    room: tuple[int, int],
    columns: Columns,
    below: Sequence[tuple[PlacedRow, PlacedCell] | None],
) -> bool:
    """Whether a heading alone in its row, no narrower than the one below it, stands in the middle of three or more."""
    under = below[cell.first]
    headed = [found for found in below[room[0] : room[1] + 1] if found is not None]
    if under is None or len(headed) < 3 or len(headed) != room[1] - room[0] + 1 or room[1] != len(columns.extents) - 1:
        return False
    left, right = _ends(cell)
    under_left, under_right = _ends(under[1])
    middle = (columns.extents[room[0]][0] + columns.extents[room[1]][1]) / 2
    return abs(middle - (left + right) / 2) <= size and right - left >= 0.9 * (under_right - under_left)


def _repeated(rows: Sequence[PlacedRow], number: int) -> int:
    """How many columns each heading of a row has if those below repeat themselves: `Men Women Men Women` gives 2.

    Columns before and after may have no part in it: `All Men Women Men Women Rank`.
    """
    if number + 1 >= len(rows):
        return 0
    groups = [cell for cell in rows[number].cells if cell.first > 0]
    texts = [_text(cell) for cell in rows[number + 1].cells if cell.first > 0]
    if len(groups) < 2:
        return 0
    for length in range(len(texts) // len(groups), 1, -1):
        for start in range(len(texts) - length * len(groups) + 1):
            run = texts[start : start + length * len(groups)]
            if len(set(run)) > 1 and run == run[:length] * len(groups):
                return length
    return 0


def _stack(row: PlacedRow, lower: Sequence[PlacedRow], rules: Sequence[Line]) -> None:
    """Move the cells of a row that are the upper lines of headings below into these."""
    kept = []
    for cell in row.cells:
        found = next(
            ((under, other) for under in lower for other in under.cells if _over(cell, other)),
            None,
        )
        if (
            found is None
            or not _one_heading(cell, row.size, found)
            or _heads_years(row, cell, found)
            or _ruled_off(cell, found[1], rules)
        ):
            kept.append(cell)
            continue
        other = found[1]
        other.words = [*cell.words, *other.words]
        other.first, other.last = min(cell.first, other.first), max(cell.last, other.last)
    loose = all(cell.first == cell.last for cell in kept) and len(kept) < len(row.cells)
    if loose and lower and all(lower[0].cell_at(cell.first) is None for cell in kept):
        lower[0].cells += kept
        lower[0].cells.sort(key=lambda cell: cell.first)
        kept = []
    row.cells = kept


def _heads_years(row: PlacedRow, cell: PlacedCell, found: tuple[PlacedRow, PlacedCell]) -> bool:
    """Whether a heading stands above years of which there are more than headings: then it is theirs together."""
    lower, other = found
    years = sum(1 for each in lower.cells if _is_label_of_many(each))
    return _is_label_of_many(other) and not _is_label_of_many(cell) and years > len(row.cells)


def _over(cell: PlacedCell, other: PlacedCell) -> bool:
    return cell.first <= other.last and other.first <= cell.last


def _one_heading(cell: PlacedCell, size: float, found: tuple[PlacedRow, PlacedCell]) -> bool:
    """Whether a cell and the nearest one below are lines of one heading: close, aligned, and alone there."""
    row, other = found
    upper, lower = max(_middle(word.bbox) for word in cell.words), min(_middle(word.bbox) for word in other.words)
    if lower - upper > _LEADING * max(size, row.size):
        return False
    if sum(1 for each in row.cells if _over(cell, each)) != 1 or not (
        cell.first <= other.first <= other.last <= cell.last
    ):
        return False
    left, right = _ends(cell)
    other_left, other_right = _ends(other)
    reach = _ALIGNED * size
    return (
        abs(left - other_left) <= reach
        or abs(right - other_right) <= reach
        or abs(left + right - other_left - other_right) / 2 <= reach
        or min(right, other_right) - max(left, other_left) >= 0.8 * min(right - left, other_right - other_left)
    )


def _nearest_below(rows: Sequence[PlacedRow], number: int, column: int) -> tuple[PlacedRow, PlacedCell] | None:
    for row in rows[number + 1 :]:
        cell = row.cell_at(column)
        if cell is not None:
            return row, cell
    return None


def _ruled_span(cell: PlacedCell, row: PlacedRow, columns: Columns, rules: Sequence[Line]) -> tuple[int, int] | None:
    """The columns over the rule under a heading, or None; a rule under several headings is none of theirs."""
    left, right = _ends(cell)
    for rule in rules:
        if (
            row.middle < rule.at <= row.bottom + _RULE_REACH * row.size
            and rule.start <= left + 3
            and rule.end >= right - 3
        ):
            covered = [
                index
                for index, extent in enumerate(columns.extents)
                if min(extent[1], rule.end) - max(extent[0], rule.start) > 0.6 * (extent[1] - extent[0])
            ]
            shared = any(
                other is not cell and covered and other.last >= covered[0] and other.first <= covered[-1]
                for other in row.cells
            )
            if covered and not shared and len(covered) < len(columns.extents):
                return covered[0], covered[-1]
    return None


def _ruled_off(cell: PlacedCell, other: PlacedCell, rules: Sequence[Line]) -> bool:
    upper, lower = max(_middle(word.bbox) for word in cell.words), min(_middle(word.bbox) for word in other.words)
    left, right = _ends(cell)
    return any(upper < rule.at < lower and rule.start < right and rule.end > left for rule in rules)


def _is_label_of_many(cell: PlacedCell) -> bool:
    """Whether a heading is a year or another figure, which seldom is the rest of the words above it."""
    return is_value(_text(cell))


def _text(cell: PlacedCell) -> str:
    return " ".join(word.text for word in cell.words)


def _ends(cell: PlacedCell) -> tuple[float, float]:
    return min(word.bbox[0] for word in cell.words), max(word.bbox[2] for word in cell.words)


def _middle(box: tuple[float, float, float, float]) -> float:
    return (box[1] + box[3]) / 2
