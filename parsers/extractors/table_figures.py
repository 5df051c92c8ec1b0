"""Columns of figures: which rows have them, and whether a row's figures stand in those of the rows above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.extractors.table_rows import Segment, TextRow
from parsers.extractors.table_values import is_year

# Figures stand in one column when their right ends or left ends differ by no more than this (font sizes).
_ALIGNED = 0.75


@dataclass(slots=True)
class FigureColumn:
    """The extent of the figures so far, and the ends of the last one."""

    left: float
    right: float
    last_left: float
    last_right: float

    def takes(self, segment: Segment, size: float) -> bool:
        reach = _ALIGNED * size
        overlap = min(segment.right, self.right) - max(segment.left, self.left)
        if overlap < -reach:
            return False
        return (
            abs(segment.right - self.last_right) <= reach
            or abs(segment.left - self.last_left) <= reach
            or overlap >= 0.5 * min(segment.width, self.right - self.left)
        )

    def add(self, segment: Segment) -> None:
        self.left, self.right = min(self.left, segment.left), max(self.right, segment.right)
        self.last_left, self.last_right = segment.left, segment.right


def is_body(row: TextRow) -> bool:
    """Whether a row has a figure beside something."""
    return len(row.segments) >= 2 and any(segment.value for segment in row.segments[1:])


def first_figure(row: TextRow) -> float | None:
    """The left end of the first figure beside a label."""
    return next((segment.left for segment in row.segments[1:] if segment.value), None)


def only_years(row: TextRow) -> bool:
    """Whether the figures of a row are years or quarters, which head columns."""
    return all(is_year(segment.text) for segment in row.segments[1:] if segment.value)


def value_edge(body: Sequence[TextRow]) -> float:
    """Where the figures begin: the left end of the leftmost figure beside a label."""
    firsts = [first_figure(row) for row in body if is_body(row)]
    return min((left for left in firsts if left is not None), default=body[0].left)


def fits(columns: Sequence[FigureColumn], row: TextRow) -> bool:
    """Whether a row has figures, all but few of them in the columns so far."""
    values = [segment for segment in row.segments if segment.value]
    if not values or (len(row.segments) == 1 and not _below_columns(columns, row)):
        return False
    candidates = values if len(values) == len(row.segments) else [s for s in row.segments[1:] if s.value]
    matched = sum(1 for segment in candidates if any(column.takes(segment, row.size) for column in columns))
    return matched >= max(1, (len(candidates) + 1) // 2)


def _below_columns(columns: Sequence[FigureColumn], row: TextRow) -> bool:
    return any(column.takes(row.segments[0], row.size) for column in columns[1:] or columns)


def extend(columns: list[FigureColumn], row: TextRow) -> None:
    """Add the figures of a row to the columns they stand in, or as new columns."""
    for position, segment in enumerate(row.segments):
        if not segment.value or (position == 0 and len(row.segments) > 1 and not columns):
            continue
        for column in columns:
            if column.takes(segment, row.size):
                column.add(segment)
                break
        else:
            columns.append(
                FigureColumn(left=segment.left, right=segment.right, last_left=segment.left, last_right=segment.right)
            )
    columns.sort(key=lambda column: column.left)
