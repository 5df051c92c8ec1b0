"""Where on a page tables without a drawn grid may stand: between rules of one width, or where figures form columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from parsers.content import Word
from parsers.extractors.table_lattice import Line
from parsers.extractors.table_rows import Segment, TextRow
from parsers.extractors.table_values import is_value, is_year

# Rules whose ends differ by less than this (points) are of one width.
_SAME_END = 4.0
_FRAME_WIDTH = 60.0
# In row heights: rows further apart are not of one table; rows of a heading stand closer.
_LARGEST_GAP = 3.2
_HEADER_GAP = 2.6
_HEADER_ROWS = 6
_ROWS_WITHOUT_VALUES = 5
# Figures stand in one column when their right ends, left ends or middles differ by no more than this (font sizes).
_ALIGNED = 0.75
# More words than this in a row that reaches over the columns are running text.
_HEADING_WORDS = 9
# A heading centred over the columns may begin this far (font sizes) before the first figure, a title further left.
_HEADING_OVERHANG = 7.0
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(slots=True)
class Region:
    """Rows that may be a table; the first `header_rows` of them are its heading. `framed`: rules enclose them."""

    rows: list[TextRow]
    header_rows: int = 0
    framed: bool = False


@dataclass(slots=True)
class _Column:
    left: float
    right: float
    rights: list[float] = field(default_factory=list)
    lefts: list[float] = field(default_factory=list)

    def takes(self, segment: Segment, size: float) -> bool:
        reach = _ALIGNED * size
        overlap = min(segment.right, self.right) - max(segment.left, self.left)
        if overlap < -reach:
            return False
        return (
            abs(segment.right - self.rights[-1]) <= reach
            or abs(segment.left - self.lefts[-1]) <= reach
            or overlap >= 0.5 * min(segment.width, self.right - self.left)
        )

    def add(self, segment: Segment) -> None:
        self.left, self.right = min(self.left, segment.left), max(self.right, segment.right)
        self.rights.append(segment.right)
        self.lefts.append(segment.left)


def framed_regions(rows: Sequence[TextRow], rules: Sequence[Line]) -> list[tuple[Region, tuple[float, float]]]:
    """Rows between the first and last of at least three horizontal rules of one width, and their left and right."""
    found = []
    for group in _frames(rules):
        left, right = group[0].start - _SAME_END, group[0].end + _SAME_END
        for frame in _unbroken(group, rows):
            top, bottom = frame[0].at, frame[-1].at
            inside = [row for row in rows if top <= row.middle <= bottom and row.left < right and row.right > left]
            if inside and not _part_of_wider_table(inside, left, right):
                found.append((Region(rows=inside, framed=True), (left, right)))
    return found


def _part_of_wider_table(rows: Sequence[TextRow], left: float, right: float) -> bool:
    """Whether figures go on beside the frame: its rules then underline some columns of a table."""
    beside = sum(1 for row in rows if any(s.value and (s.right < left or s.left > right) for s in row.segments))
    within = [next((s for s in row.segments if s.middle > left), None) for row in rows]
    labels_outside = sum(
        1
        for row, first in zip(rows, within, strict=True)
        if first is not None and first.value and row.right > first.left > row.left
    )
    return beside >= 0.4 * len(rows) or (
        labels_outside >= 0.5 * len(rows) and all(row.left < left for row in rows[-1:])
    )


def _frames(rules: Sequence[Line]) -> list[list[Line]]:
    groups: list[list[Line]] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if rule.end - rule.start < _FRAME_WIDTH:
            continue
        for group in groups:
            if abs(group[0].start - rule.start) <= _SAME_END and abs(group[0].end - rule.end) <= _SAME_END:
                group.append(rule)
                break
        else:
            groups.append([rule])
    return [group for group in groups if len(group) >= 3]


def _unbroken(group: Sequence[Line], rows: Sequence[TextRow]) -> list[list[Line]]:
    """Cut a group of rules where running text stands between two of them: these are frames of different tables."""
    frames: list[list[Line]] = [[group[0]]]
    for above, below in pairwise(group):
        between = [row for row in rows if above.at < row.middle < below.at]
        texts = [
            row
            for row in between
            if len(row.segments) == 1
            and len(row.words) > _HEADING_WORDS
            and row.right - row.left > 0.6 * (above.end - above.start)
        ]
        if len(texts) >= 2 or (texts and len(texts) == len(between)):
            frames.append([below])
        else:
            frames[-1].append(below)
    return [frame for frame in frames if len(frame) >= 3]


def value_regions(rows: Sequence[TextRow]) -> list[Region]:
    """Runs of rows whose figures stand under each other, with the headings above them."""
    regions: list[Region] = []
    index = 0
    while index < len(rows):
        if not _is_body(rows[index]):
            index += 1
            continue
        start, stop = index, _grow(rows, index)
        body = list(rows[start:stop])
        floor = rows.index(regions[-1].rows[-1]) + 1 if regions else 0
        header = _header_above(rows, start, floor, body)
        if sum(1 for row in body if _is_body(row)) >= 2:
            regions.append(Region(rows=[*header, *body], header_rows=len(header)))
        index = max(stop, index + 1)
    return regions


def trimmed(rows: Sequence[TextRow]) -> list[TextRow]:
    """Rows without what follows the last one that has columns: notes, page numbers, whatever stands far below."""
    kept: list[TextRow] = []
    for row in rows:
        body_ended = kept and row.top - kept[-1].bottom > _LARGEST_GAP * 1.5 * max(row.size, kept[-1].size)
        if body_ended and not any(_is_body(following) for following in rows[len(kept) :]):
            break
        kept.append(row)
    while kept and len(kept[-1].segments) < 2:
        kept.pop()
    return kept


def divided(rows: Sequence[TextRow]) -> list[list[TextRow]]:
    """Cut rows where a new table begins: at running text that reaches over the columns, at a second heading."""
    firsts = sorted(left for row in rows if _is_body(row) and (left := _first_figure(row)) is not None)
    if not firsts:
        return [list(rows)]
    edge = firsts[len(firsts) // 4]
    parts: list[list[TextRow]] = [[]]
    for number, row in enumerate(rows):
        if len(row.segments) == 1 and len(row.words) > _HEADING_WORDS and row.right > edge + 2 * row.size > row.left:
            parts.append([])
            continue
        if any(_is_body(before) and not _only_years(before) for before in parts[-1]) and _heading_begins(
            rows, number, edge
        ):
            parts.append([])
        parts[-1].append(row)
    return [part for part in parts if sum(1 for row in part if len(row.segments) >= 2) >= 2]


def _heading_begins(rows: Sequence[TextRow], start: int, edge: float) -> bool:
    """Whether the rows from `start` to the next figures head columns: two rows over them, or one that names years."""
    headings = 0
    for number, row in enumerate(rows[start:], start=start):
        over = [segment for segment in row.segments if segment.left > edge - 4 * row.size]
        if any(segment.value and not is_year(segment.text) for segment in row.segments):
            return False
        if len(over) >= 2:
            headings += 1
        elif number == start:
            return False
        if headings >= 2 or sum(1 for segment in over if _YEAR.search(segment.text)) >= 2:
            return True
    return False


def _first_figure(row: TextRow) -> float | None:
    return next((segment.left for segment in row.segments[1:] if segment.value), None)


def with_header(region: Region, rows: Sequence[TextRow]) -> Region:
    """The region with its heading rows counted, and with those that stand above it among the page's `rows`."""
    first = next((n for n, row in enumerate(region.rows) if _is_body(row) and not _only_years(row)), None)
    if first is None:
        return region
    inner = [number for number, row in enumerate(region.rows[:first]) if _stands_over(row, region.rows[first:])]
    if inner:
        return Region(rows=region.rows, header_rows=inner[-1] + 1, framed=region.framed)
    top = region.rows[0].top
    above = [row for row in rows if row.bottom <= top + 1.0]
    header = _header_above([*above, region.rows[0]], len(above), 0, region.rows)
    return Region(rows=[*header, *region.rows], header_rows=len(header), framed=region.framed)


def with_totals(region: Region, rows: Sequence[TextRow]) -> Region:
    """The region with the rows right below it whose figures stand in its columns: totals below the last rule."""
    columns: list[_Column] = []
    for row in region.rows:
        if _is_body(row):
            _extend(columns, row)
    added: list[TextRow] = []
    last = region.rows[-1]
    for row in rows:
        if not columns or row.top < last.bottom - 0.3 * last.size:
            continue
        if row.top - last.bottom > 1.5 * row.size or not _is_body(row) or not _fits(columns, row):
            break
        added.append(row)
        last = row
    return Region(rows=[*region.rows, *added], header_rows=region.header_rows, framed=region.framed)


def heads_a_body(bottom: float, words: Sequence[Word], rows: Sequence[TextRow]) -> bool:
    """Whether `words`, none a figure, stand right above figures: a drawn heading of a table that is not drawn."""
    if any(is_value(word.text) and not is_year(word.text) for word in words if len(word.text) > 1):
        return False
    below = next((row for row in rows if row.top >= bottom - 0.4 * row.size), None)
    return below is not None and below.top - bottom <= 2.0 * below.size and _is_body(below)


def _only_years(row: TextRow) -> bool:
    return all(is_year(segment.text) for segment in row.segments[1:] if segment.value)


def _stands_over(row: TextRow, body: Sequence[TextRow]) -> bool:
    return any(segment.right > _value_edge(body) for segment in row.segments)


def _value_edge(body: Sequence[TextRow]) -> float:
    """Where the figures begin: the left end of the leftmost figure beside a label."""
    firsts = [_first_figure(row) for row in body if _is_body(row)]
    return min((left for left in firsts if left is not None), default=body[0].left)


def _is_body(row: TextRow) -> bool:
    return len(row.segments) >= 2 and any(segment.value for segment in row.segments[1:])


def _grow(rows: Sequence[TextRow], start: int) -> int:
    """The end (exclusive) of the run of rows that share the columns of figures of the row at `start`."""
    columns: list[_Column] = []
    _extend(columns, rows[start])
    stop, index, last = start + 1, start + 1, rows[start]
    waiting = 0
    while index < len(rows):
        row = rows[index]
        if row.top - last.bottom > _LARGEST_GAP * max(row.size, last.size) or waiting > _ROWS_WITHOUT_VALUES:
            break
        if _fits(columns, row):
            _extend(columns, row)
            stop, waiting = index + 1, 0
        elif _could_be_inside(columns, row):
            waiting += 1
        else:
            break
        last = row
        index += 1
    return _with_last_label(rows, stop, columns)


def _with_last_label(rows: Sequence[TextRow], stop: int, columns: Sequence[_Column]) -> int:
    """A label of several lines may end below its figures."""
    if stop >= len(rows) or stop < 2:
        return stop
    last, row = rows[stop - 1], rows[stop]
    pitch = last.middle - rows[stop - 2].middle
    continues = (
        len(row.segments) == 1
        and row.segments[0].text[:1].islower()
        and row.right < min(column.left for column in columns)
        and row.middle - last.middle <= min(pitch * 1.05, 1.5 * row.size)
        and abs(row.size - last.size) < 0.6
    )
    return stop + 1 if continues else stop


def _fits(columns: Sequence[_Column], row: TextRow) -> bool:
    """Whether a row has figures, all but few of them in the columns so far."""
    values = [segment for segment in row.segments if segment.value]
    if not values or (len(row.segments) == 1 and not _below_columns(columns, row)):
        return False
    candidates = values if len(values) == len(row.segments) else [s for s in row.segments[1:] if s.value]
    matched = sum(1 for segment in candidates if any(column.takes(segment, row.size) for column in columns))
    return matched >= max(1, (len(candidates) + 1) // 2)


def _below_columns(columns: Sequence[_Column], row: TextRow) -> bool:
    return any(column.takes(row.segments[0], row.size) for column in columns[1:] or columns)


def _extend(columns: list[_Column], row: TextRow) -> None:
    for position, segment in enumerate(row.segments):
        if not segment.value or (position == 0 and len(row.segments) > 1 and not columns):
            continue
        for column in columns:
            if column.takes(segment, row.size):
                column.add(segment)
                break
        else:
            columns.append(
                _Column(left=segment.left, right=segment.right, rights=[segment.right], lefts=[segment.left])
            )
    columns.sort(key=lambda column: column.left)


def _could_be_inside(columns: Sequence[_Column], row: TextRow) -> bool:
    """Whether a row without figures may stand between rows with: a label of several lines, a heading of a part."""
    first = min(column.left for column in columns)
    if len(row.segments) == 1:
        return row.right <= first + row.size or (
            len(row.words) <= _HEADING_WORDS and not row.segments[0].text.endswith(".")
        )
    return all(segment.right <= first + row.size or len(segment.words) <= 6 for segment in row.segments)


def _header_above(rows: Sequence[TextRow], start: int, floor: int, body: Sequence[TextRow]) -> list[TextRow]:
    """Rows above the first row of figures that stand over its columns."""
    edge = _value_edge(body)
    header: list[TextRow] = []
    below = rows[start]
    for row in reversed(rows[max(floor, start - _HEADER_ROWS) : start]):
        if below.top - row.bottom > _HEADER_GAP * max(row.size, below.size):
            break
        crosses = [s for s in row.segments if s.left < edge - row.size and s.right > edge + row.size]
        over = [s for s in row.segments if s.right > edge]
        if (
            len(row.segments) == 1
            and crosses
            and (len(row.words) > 5 or row.left < edge - _HEADING_OVERHANG * row.size)
        ):
            break
        if any(len(segment.words) > _HEADING_WORDS for segment in row.segments):
            break
        if not over and len(row.words) > _HEADING_WORDS:
            break
        header.insert(0, row)
        below = row
    while header and not any(segment.right > edge for segment in header[0].segments):
        header.pop(0)
    return header
