"""Where on a page tables without a drawn grid may stand: between rules of one width, or where figures form columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from parsers.extractors.table_figures import FigureColumn, extend, fits, is_body, only_years
from parsers.extractors.table_headings import HEADING_WORDS, LARGEST_GAP, Region, header_above, is_title
from parsers.extractors.table_lattice import Line
from parsers.extractors.table_rows import TextRow

# Rules whose ends differ by less than this (points) are of one width.
_SAME_END = 4.0
_FRAME_WIDTH = 60.0
_ROWS_WITHOUT_VALUES = 5


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
    figures = [row for row in rows if any(segment.value for segment in row.segments if segment.middle > left)]
    return beside >= 0.4 * len(rows) or (
        labels_outside >= 0.5 * len(rows) and all(row.left < left for row in figures[-1:])
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
            and len(row.words) > HEADING_WORDS
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
        if not is_body(rows[index]):
            index += 1
            continue
        start, stop = index, _grow(rows, index)
        body = list(rows[start:stop])
        floor = rows.index(regions[-1].rows[-1]) + 1 if regions else 0
        header = header_above(rows, start, floor, body)
        if sum(1 for row in body if is_body(row)) >= 2:
            regions.append(Region(rows=[*header, *body], header_rows=len(header) + _rows_of_years(body)))
        index = max(stop, index + 1)
    return regions


def _rows_of_years(body: Sequence[TextRow]) -> int:
    """How many rows a run of figures begins with whose figures are years, which head the columns below."""
    first = next((n for n, row in enumerate(body) if is_body(row) and not only_years(row)), 0)
    return max((n + 1 for n, row in enumerate(body[:first]) if is_body(row)), default=0)


def _grow(rows: Sequence[TextRow], start: int) -> int:
    """The end (exclusive) of the run of rows that share the columns of figures of the row at `start`."""
    columns: list[FigureColumn] = []
    extend(columns, rows[start])
    stop, index, last = start + 1, start + 1, rows[start]
    waiting = 0
    while index < len(rows):
        row = rows[index]
        if row.top - last.bottom > LARGEST_GAP * max(row.size, last.size) or waiting > _ROWS_WITHOUT_VALUES:
            break
        if len(row.segments) == 1 and is_title(row):
            break
        if fits(columns, row):
            extend(columns, row)
            stop, waiting = index + 1, 0
        elif _could_be_inside(columns, row):
            waiting += 1
        else:
            break
        last = row
        index += 1
    return _with_last_label(rows, stop, columns)


def _with_last_label(rows: Sequence[TextRow], stop: int, columns: Sequence[FigureColumn]) -> int:
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


def _could_be_inside(columns: Sequence[FigureColumn], row: TextRow) -> bool:
    """Whether a row without figures may stand between rows with: a label of several lines, a heading of a part."""
    first = min(column.left for column in columns)
    if len(row.segments) == 1:
        return row.right <= first + row.size or (
            len(row.words) <= HEADING_WORDS and not row.segments[0].text.endswith(".")
        )
    return all(segment.right <= first + row.size or len(segment.words) <= 6 for segment in row.segments)
