"""The columns of a region of rows, and its rows of cells: where nothing is drawn, white space decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsers.content import Word
from parsers.extractors.table_cells import GridCell
from parsers.extractors.table_headings import Region
from parsers.extractors.table_lattice import Line
from parsers.extractors.table_rows import Segment, TextRow
from parsers.extractors.table_values import is_currency

# Share of rows that may reach over a gutter: long labels, headings of parts.
_CROSSING = 0.08
_GUTTER = 0.35
# Lines of one cell stand no further apart than this (font sizes, middle to middle).
_LEADING = 1.45
# In font sizes: a gap wider than a blank, and than this, parts two headings over columns of their own.
_HEADING_GAP = 0.4
# Lines of one cell stand closer than rows by this factor, where all cells are set with space around them.
_ROW_SPACE = 1.2
# In font sizes: distances of rows that differ by less are alike; text this far to the right is indented.
_UNEVEN = 0.12
_INDENT = 0.4
# A heading of a part stands no further from the middle than this share of the table's width.
_CENTRED = 0.06


@dataclass(slots=True)
class Columns:
    """Extents of the columns from the left; `bounds` are the places between them, one less than columns."""

    extents: list[tuple[float, float]]

    @property
    def bounds(self) -> list[float]:
        return [(before[1] + after[0]) / 2 for before, after in pairwise(self.extents)]

    def span(self, segment: Segment) -> tuple[int, int]:
        """First and last column that a segment overlaps; the nearest one when it overlaps none."""
        overlaps = [
            index
            for index, (left, right) in enumerate(self.extents)
            if min(segment.right, right) - max(segment.left, left) > 0.25 * min(segment.width, right - left) + 0.01
        ]
        if overlaps:
            return overlaps[0], overlaps[-1]
        nearest = min(
            range(len(self.extents)),
            key=lambda index: max(self.extents[index][0] - segment.right, segment.left - self.extents[index][1]),
        )
        return nearest, nearest

    def distance(self, segment: Segment, column: int) -> float:
        """How far a segment is from a column; negative where they overlap."""
        return max(self.extents[column][0] - segment.right, segment.left - self.extents[column][1])

    def nearest(self, ends: tuple[float, float]) -> int:
        """The column that a text from `ends[0]` to `ends[1]` shares most with, or else is nearest to."""
        return max(
            range(len(self.extents)),
            key=lambda index: (min(ends[1], self.extents[index][1]) - max(ends[0], self.extents[index][0]), -index),
        )


@dataclass(slots=True)
class PlacedCell:
    """A cell of one text row: columns `first` to `last`."""

    first: int
    last: int
    words: list[Word]
    value: bool


@dataclass(slots=True)
class PlacedRow:
    """A text row, or several that are one row of the table."""

    top: float
    bottom: float
    middle: float
    size: float
    cells: list[PlacedCell]
    header: bool = False

    def cell_at(self, column: int) -> PlacedCell | None:
        return next((cell for cell in self.cells if cell.first <= column <= cell.last), None)


def infer_columns(rows: Sequence[TextRow]) -> Columns | None:
    """Columns from the white space that runs down through `rows`; None when there are not two."""
    bearing = [row for row in rows if len(row.segments) >= 2]
    figures = [row for row in bearing if any(segment.value for segment in row.segments[1:])]
    if len(figures) >= max(3, len(bearing) // 2):
        bearing = figures
    if not bearing:
        return None
    size = sorted(row.size for row in bearing)[len(bearing) // 2]
    allowed = int(_CROSSING * len(bearing))
    events = sorted(
        event
        for row in bearing
        for segment in row.segments
        for event in ((_number_left(segment), 1), (segment.right, -1))
    )
    extents: list[tuple[float, float]] = []
    depth, begun = 0, 0.0
    for place, change in events:
        before, depth = depth, depth + change
        if before <= allowed < depth:
            begun = place
        elif depth <= allowed < before:
            extents.append((begun, place))
    merged: list[tuple[float, float]] = []
    for left, right in sorted(extents):
        if merged and left - merged[-1][1] < _GUTTER * size:
            merged[-1] = (merged[-1][0], right)
        elif right - left > 0.5:
            merged.append((left, right))
    return Columns(extents=_with_currency(merged, bearing)) if len(merged) >= 2 else None


def _with_currency(extents: Sequence[tuple[float, float]], rows: Sequence[TextRow]) -> list[tuple[float, float]]:
    """The extents with the currency signs of their figures, as far as the column before leaves room."""
    segments = [segment for row in rows for segment in row.segments]
    wide = [extents[0]]
    for left, right in extents[1:]:
        signs = [segment.left for segment in segments if left <= _number_left(segment) <= right]
        wide.append((max(min([left, *signs]), min(left, wide[-1][1] + 0.1)), right))
    return wide


def _number_left(segment: Segment) -> float:
    """Where a segment begins, a currency sign not counted: it stands at the end of the column before."""
    signed = segment.value and len(segment.words) > 1 and is_currency(segment.words[0].text)
    return segment.words[1].bbox[0] if signed else segment.left


def place_rows(region: Region, columns: Columns) -> list[PlacedRow]:
    """Put each row's segments into the columns that they stand in; rows of the heading first."""
    placed = []
    for number, row in enumerate(region.rows):
        header = number < region.header_rows
        cells: list[PlacedCell] = []
        parts = [part for s in row.segments for part in _split_at(s, columns, row.size, heading=header)]
        spans = [columns.span(part) for part in parts]
        if header:
            spans = _apart(parts, spans, columns)
        for part, (first, last) in zip(parts, spans, strict=True):
            if cells and first <= cells[-1].last:
                first = min(cells[-1].last + 1, last) if cells[-1].last < last else cells[-1].last
            if cells and first == cells[-1].last:
                cells[-1].words += part.words
                cells[-1].last = max(last, cells[-1].last)
                cells[-1].value = False
            else:
                cells.append(PlacedCell(first=first, last=last, words=list(part.words), value=part.value))
        placed.append(
            PlacedRow(top=row.top, bottom=row.bottom, middle=row.middle, size=row.size, cells=cells, header=header)
        )
    return placed


def _apart(parts: Sequence[Segment], spans: Sequence[tuple[int, int]], columns: Columns) -> list[tuple[int, int]]:
    """Spans of headings of which two that fell on one column move apart, where the column beside it is free.

    As many headings as columns are one for each, if those that move stand over no column.
    """
    spans = list(spans)
    collide = any(own[0] <= before[1] for before, own in pairwise(spans))
    movable = all(
        first == last and (first == number or columns.distance(part, first) > 0.0)
        for number, (part, (first, last)) in enumerate(zip(parts, spans, strict=True))
    )
    if collide and movable and len(spans) == len(columns.extents):
        return [(column, column) for column in range(len(spans))]
    for number in range(1, len(spans)):
        before, own = spans[number - 1], spans[number]
        if own[0] > before[1] or before[0] != before[1] or own[0] != own[1]:
            continue
        after = spans[number + 1][0] if number + 1 < len(spans) else len(columns.extents)
        floor = spans[number - 2][1] if number > 1 else -1
        to_right = columns.distance(parts[number], own[0] + 1) if own[0] + 1 < after else float("inf")
        to_left = columns.distance(parts[number - 1], own[0] - 1) if own[0] - 1 > floor else float("inf")
        if to_right <= to_left and to_right < float("inf"):
            spans[number] = (own[0] + 1, own[0] + 1)
        elif to_left < float("inf"):
            spans[number - 1] = (own[0] - 1, own[0] - 1)
    return spans


def _split_at(segment: Segment, columns: Columns, size: float, *, heading: bool) -> list[Segment]:
    """Cut a segment at gutters that fall between two of its words, when each part stands over a column of its own.

    Where columns stand close, a gap wider than a blank will do if a column begins or ends there; in headings, which
    are often wider than their columns, it always does.
    """
    first, last = columns.span(segment)
    if first == last or len(segment.words) < 2:
        return [segment]
    parts = [[segment.words[0]]]
    for before, word in pairwise(segment.words):
        gap_left, gap_right = before.bbox[2], word.bbox[0]
        cut = any(
            gap_left <= columns.extents[index][1] + 1.0
            and gap_right >= columns.extents[index + 1][0] - 1.0
            and gap_right - gap_left > 0.3
            for index in range(first, last)
        )
        apart = gap_right - gap_left > _widest_blank(before, word, size)
        cut = cut or (
            apart and any(_flush(gap_left, gap_right, pair) for pair in pairwise(columns.extents[first : last + 1]))
        )
        if heading and apart:
            ahead = columns.nearest((parts[-1][0].bbox[0], gap_left)), columns.nearest((gap_right, word.bbox[2]))
            cut = cut or ahead[0] < ahead[1]
        if cut:
            parts.append([word])
        else:
            parts[-1].append(word)
    if len(parts) == 1:
        return [segment]
    return [
        Segment(words=part, left=part[0].bbox[0], right=max(word.bbox[2] for word in part), value=segment.value)
        for part in parts
    ]


def _flush(left: float, right: float, pair: tuple[tuple[float, float], tuple[float, float]]) -> bool:
    """Whether a gap from `left` to `right` ends at the second of two columns, or begins at the end of the first."""
    return abs(right - pair[1][0]) <= 1.0 or abs(left - pair[0][1]) <= 1.0


def _widest_blank(before: Word, after: Word, size: float) -> float:
    """How wide a gap between two words of one heading may be; a blank of a typewriter is as wide as its letters."""
    letters = (before.bbox[2] - before.bbox[0] + after.bbox[2] - after.bbox[0]) / len(before.text + after.text)
    return max(_HEADING_GAP * size, 1.05 * letters)


def merge_rows(placed: Sequence[PlacedRow], columns: Columns, rules: Sequence[Line]) -> list[PlacedRow]:
    """Join text rows below the heading that are lines of the same cells: wrapped labels, wrapped texts."""
    label_right = max(
        (
            max(word.bbox[2] for word in cell.words)
            for row in placed
            for cell in row.cells
            if cell.first == cell.last == 0
        ),
        default=columns.extents[0][1],
    )
    ruled = _regularly_ruled(placed, rules)
    further = _lines_of_spaced_rows(placed)
    subordinate = _lefts_of_subrows(placed)
    merged: list[PlacedRow] = []
    for number, row in enumerate(placed):
        if number in further:
            _absorb(merged[-1], row)
            continue
        begins = number > 0 and _begins_below(placed[number - 1], row, placed[number + 1 :])
        begins = begins or (number > 0 and _is_subrow(placed[number - 1], row, subordinate))
        if merged and not further and not begins and _continues(merged[-1], row, label_right, ruled=ruled, rules=rules):
            _absorb(merged[-1], row)
        else:
            merged.append(
                PlacedRow(
                    top=row.top,
                    bottom=row.bottom,
                    middle=row.middle,
                    size=row.size,
                    cells=[
                        PlacedCell(first=c.first, last=c.last, words=list(c.words), value=c.value) for c in row.cells
                    ],
                    header=row.header,
                )
            )
    return merged


def _lines_of_spaced_rows(placed: Sequence[PlacedRow]) -> set[int]:
    """Rows that are further lines of the one above, in tables of texts that are set with space between their rows."""
    pitches = [below.middle - above.middle for above, below in pairwise(placed)]
    if len(pitches) < 2 or min(pitches) <= 0:
        return set()
    tight, wide = _ROW_SPACE * min(pitches), [pitch for pitch in pitches if pitch > _ROW_SPACE * min(pitches)]
    further = {number for number, pitch in enumerate(pitches, start=1) if pitch <= tight}
    texts = 0
    for number in further:
        above, row = placed[number - 1], placed[number]
        pairs = [(cell, above.cell_at(cell.first)) for cell in row.cells]
        if any(cell.value or (other is not None and other.value) for cell, other in pairs):
            return set()
        texts += any(cell.first > 0 and other is not None for cell, other in pairs)
    return further if wide and texts >= 0.5 * len(further) else set()


def _lefts_of_subrows(placed: Sequence[PlacedRow]) -> set[int]:
    """Where labels begin (in half font sizes) of rows that follow each other at one indent, all with further cells."""
    return {
        _left_of(below)
        for above, below in pairwise(placed)
        if len(above.cells) > 1 and len(below.cells) > 1 and _left_of(above) == _left_of(below)
    }


def _is_subrow(above: PlacedRow, row: PlacedRow, subordinate: set[int]) -> bool:
    """Whether a label is indented below the one above, as rows are that follow each other."""
    labels = _label(above), _label(row)
    if labels[0] is None or labels[1] is None or len(row.cells) < 2 or _left_of(row) not in subordinate:
        return False
    return not labels[1].words[0].text[:1].islower() and _left_of(above) < _left_of(row)


def _left_of(row: PlacedRow) -> int:
    return round(2 * min(word.bbox[0] for word in row.cells[0].words) / row.size) if row.cells else 0


def _regularly_ruled(placed: Sequence[PlacedRow], rules: Sequence[Line]) -> bool:
    """Whether rules divide most rows from each other, so that the lack of one means something."""
    if len(placed) < 3:
        return False
    divided = sum(1 for above, below in pairwise(placed) if _rule_between(above, below, rules))
    return divided >= 0.5 * (len(placed) - 1)


def _rule_between(above: PlacedRow, below: PlacedRow, rules: Sequence[Line]) -> bool:
    return any(above.middle < rule.at < below.middle for rule in rules)


def _continues(above: PlacedRow, row: PlacedRow, label_right: float, *, ruled: bool, rules: Sequence[Line]) -> bool:
    if _rule_between(above, row, rules):
        return False
    if any(cell.value and (other := above.cell_at(cell.first)) is not None and other.value for cell in row.cells):
        return False
    close = row.middle - above.bottom + above.size / 2 <= _LEADING * max(row.size, above.size)
    if ruled or _values_below_label(above, row):
        return True
    if not close:
        return False
    labels_only = row.cells[0].first == row.cells[0].last == 0 and above.cells[0].first == above.cells[0].last == 0
    if not labels_only or not row.cells[0].words:
        return _texts_go_on(above, row)
    one_is_label = len(row.cells) == 1 or len(above.cells) == 1
    return one_is_label and _wrapped(above.cells[0], row.cells[0], label_right, row.size)


def _texts_go_on(above: PlacedRow, row: PlacedRow) -> bool:
    """Whether a row has further lines of texts beside the label, none of them below a figure."""
    if not row.cells or row.cells[0].first == 0 or any(cell.value for cell in row.cells):
        return False
    others = [above.cell_at(cell.first) for cell in row.cells]
    return not any(other is not None and other.value for other in others)


def _begins_below(above: PlacedRow, row: PlacedRow, following: Sequence[PlacedRow]) -> bool:
    """Whether a label without figures is the first line of the row below it and not the last of the one above it.

    Lines of one label stand closer than rows do; where all stand alike, later lines are indented or begin small.
    """
    if len(row.cells) > 1 or not any(len(each.cells) > 1 for each in following):
        return False
    after = following[0]
    labels = [label for label in (_label(above), _label(row), _label(after)) if label is not None]
    if len(labels) < 3:
        return False
    gap_above, gap_below = row.middle - above.middle, after.middle - row.middle
    if abs(gap_above - gap_below) > _UNEVEN * row.size:
        return gap_below < gap_above
    lefts = [min(word.bbox[0] for word in label.words) for label in labels]
    if max(lefts) - min(lefts) > _INDENT * row.size:
        return lefts[2] > lefts[1] + _INDENT * row.size and lefts[1] < lefts[0] + _INDENT * row.size
    return labels[2].words[0].text[:1].islower() and not labels[1].words[0].text[:1].islower()


def _label(row: PlacedRow) -> PlacedCell | None:
    first = row.cells[0] if row.cells else None
    return first if first is not None and first.first == first.last == 0 and not first.value else None


def _values_below_label(above: PlacedRow, row: PlacedRow) -> bool:
    """Whether a row is the figures of the label above, set a little lower."""
    return (
        all(cell.last == 0 and not cell.value for cell in above.cells)
        and all(cell.first > 0 and cell.value for cell in row.cells)
        and row.middle - above.middle < 0.95 * row.size
    )


def _wrapped(above: PlacedCell, below: PlacedCell, label_right: float, size: float) -> bool:
    """Whether the label below goes on where the one above ran out of room."""
    last_line = max(above.words, key=lambda word: (round(word.bbox[1]), word.bbox[2]))
    first = below.words[0]
    if last_line.text.endswith(":") or above.value or below.value:
        return False
    room = label_right - last_line.bbox[2]
    needed = first.bbox[2] - first.bbox[0] + 0.2 * size
    if first.text[:1].islower() or last_line.text.endswith((",", "-", "–", "and", "of", "the", "or")):
        return room < 4 * needed
    return room < needed and first.bbox[0] >= above.words[0].bbox[0] - 0.5


def _absorb(above: PlacedRow, row: PlacedRow) -> None:
    for cell in row.cells:
        other = above.cell_at(cell.first)
        if other is not None:
            other.words += cell.words
            other.last = max(other.last, cell.last)
            other.value = False
        else:
            above.cells.append(cell)
    above.cells.sort(key=lambda cell: cell.first)
    above.bottom = row.bottom
    above.middle = (above.top + above.bottom) / 2


def span_part_headings(rows: Sequence[PlacedRow], columns: Columns) -> None:
    """Let a row of one text in the middle of the table, or of all columns but the first, stand over what it heads."""
    last = len(columns.extents) - 1
    left, right = columns.extents[0][0], columns.extents[last][1]
    for row in rows:
        if len(row.cells) != 1 or row.cells[0].first == 0 or row.cells[0].value:
            continue
        cell = row.cells[0]
        middle = (min(word.bbox[0] for word in cell.words) + max(word.bbox[2] for word in cell.words)) / 2
        over_all, over_figures = abs(middle - (left + right) / 2), abs(middle - (columns.extents[1][0] + right) / 2)
        if min(over_all, over_figures) <= _CENTRED * (right - left):
            cell.first, cell.last = (0 if over_all <= over_figures else 1), last


def to_cells(rows: Sequence[PlacedRow], columns: Columns) -> list[GridCell]:
    """Cells of the whole grid, in reading order; where no words stand the cell is empty."""
    cells = []
    for number, row in enumerate(rows):
        column = 0
        while column < len(columns.extents):
            placed = row.cell_at(column)
            last = placed.last if placed is not None else column
            words = tuple(placed.words) if placed is not None else ()
            cells.append(
                GridCell(row=number, column=column, column_span=last - column + 1, header=row.header, words=words)
            )
            column = last + 1
    return cells
