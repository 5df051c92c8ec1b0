"""Grids that are drawn: where horizontal and vertical lines meet, the faces between them are cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsers.content import Ruling, Word
from parsers.extractors.table_cells import GridCell
from parsers.model import Box

# Lines nearer than this (points) are one line: the two sides of a thick rule, neighbouring cell borders.
_SNAP = 2.5
# Ends of lines may miss each other by this much and still meet.
_MEET = 3.0
# A side of a cell is there when lines cover this share of it.
_COVERED = 0.7
_SHORTEST = 5.0
# Lines that reach this far (points) past the outermost line across them have a column there that is open at its side.
_OVERHANG = 12.0
# A map or a chart has more lines than any table, and looking at each pair of them would take seconds.
_MOST_LINES = 600
_MOST_COLUMNS, _MOST_ROWS = 60, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A drawn line after joining its pieces: at `at` across its direction, from `start` to `end` along it."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Lines that hang together: `across` are horizontal, `down` vertical; `xs` and `ys` are their places, sorted."""

    across: tuple[Line, ...]
    down: tuple[Line, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def bbox(self) -> Box:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


def find_lattices(rulings: Sequence[Ruling]) -> list[Lattice]:
    """Groups of crossing lines with at least two in each direction, from top to bottom."""
    across = _join((rule.y0, rule.x0, rule.x1) for rule in rulings if rule.horizontal)
    down = _join((rule.x0, rule.y0, rule.y1) for rule in rulings if not rule.horizontal)
    if len(across) > _MOST_LINES or len(down) > _MOST_LINES:
        return []
    found = []
    for group_across, group_down in _connected(across, down):
        xs = _with_open_sides(_places(line.at for line in group_down), group_across)
        ys = _places(line.at for line in group_across)
        if 2 <= len(xs) <= _MOST_COLUMNS + 1 and 2 <= len(ys) <= _MOST_ROWS + 1:
            found.append(Lattice(across=tuple(group_across), down=tuple(group_down), xs=xs, ys=ys))
    return sorted(found, key=lambda lattice: (lattice.ys[0], lattice.xs[0]))


def join_rules(rulings: Iterable[Ruling]) -> list[Line]:
    """The horizontal lines of a page, pieces joined, from the top."""
    return _join((rule.y0, rule.x0, rule.x1) for rule in rulings if rule.horizontal)


def cells_of(lattice: Lattice, words: Sequence[Word]) -> list[GridCell]:
    """The faces of a lattice as cells, with the words whose centre is in them; faces without a side between are one."""
    rows, columns = len(lattice.ys) - 1, len(lattice.xs) - 1
    groups = _merged_faces(lattice, rows, columns)
    owner: dict[tuple[int, int], int] = {}
    for number, (top, left, bottom, right) in enumerate(groups):
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                owner[row, column] = number
    held: list[list[Word]] = [[] for _ in groups]
    for word in words:
        at_column = _interval(lattice.xs, (word.bbox[0] + word.bbox[2]) / 2)
        at_row = _interval(lattice.ys, (word.bbox[1] + word.bbox[3]) / 2)
        if at_row is not None and at_column is not None:
            held[owner[at_row, at_column]].append(word)
    return [
        GridCell(row=top, column=left, row_span=bottom - top + 1, column_span=right - left + 1, words=tuple(inside))
        for (top, left, bottom, right), inside in zip(groups, held, strict=True)
    ]


def _join(pieces: Iterable[tuple[float, float, float]]) -> list[Line]:
    """Join pieces `(at, start, end)` on the same line that touch."""
    ordered = sorted(pieces)
    lines: list[Line] = []
    index = 0
    while index < len(ordered):
        following = index + 1
        while following < len(ordered) and ordered[following][0] - ordered[following - 1][0] <= _SNAP / 2:
            following += 1
        bundle = ordered[index:following]
        at = sum(piece[0] for piece in bundle) / len(bundle)
        start, end = None, 0.0
        for _, piece_start, piece_end in sorted(bundle, key=lambda piece: piece[1:]):
            if start is None:
                start, end = piece_start, piece_end
            elif piece_start <= end + _MEET:
                end = max(end, piece_end)
            else:
                lines.append(Line(at=at, start=start, end=end))
                start, end = piece_start, piece_end
        if start is not None:
            lines.append(Line(at=at, start=start, end=end))
        index = following
    return [line for line in lines if line.end - line.start >= _SHORTEST]


def _connected(across: Sequence[Line], down: Sequence[Line]) -> list[tuple[list[Line], list[Line]]]:
    """Groups of lines that meet, directly or through others. `down` is sorted by place."""
    parents = list(range(len(across) + len(down)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    places = [line.at for line in down]
    for first, horizontal in enumerate(across):
        for second in range(
            bisect_left(places, horizontal.start - _MEET), bisect_right(places, horizontal.end + _MEET)
        ):
            if down[second].start - _MEET <= horizontal.at <= down[second].end + _MEET:
                parents[root(first)] = root(len(across) + second)
    groups: dict[int, tuple[list[Line], list[Line]]] = {}
    for index, line in enumerate([*across, *down]):
        groups.setdefault(root(index), ([], []))[0 if index < len(across) else 1].append(line)
    return [group for group in groups.values() if len(group[0]) >= 2 and len(group[1]) >= 2]


def _places(values: Iterable[float]) -> tuple[float, ...]:
    """Distinct places, those nearer than the snap made one."""
    places: list[list[float]] = []
    for value in sorted(values):
        if places and value - places[-1][-1] <= _SNAP:
            places[-1].append(value)
        else:
            places.append([value])
    return tuple(sum(place) / len(place) for place in places)


def _merged_faces(lattice: Lattice, rows: int, columns: int) -> list[tuple[int, int, int, int]]:
    """Rectangles of faces `(top, left, bottom, right)` that no line divides, covering the grid, in reading order."""
    right_open = {
        (row, column)
        for row in range(rows)
        for column in range(columns - 1)
        if not _covered(lattice.down, lattice.xs[column + 1], lattice.ys[row], lattice.ys[row + 1])
    }
    below_open = {
        (row, column)
        for row in range(rows - 1)
        for column in range(columns)
        if not _covered(lattice.across, lattice.ys[row + 1], lattice.xs[column], lattice.xs[column + 1])
    }
    taken: set[tuple[int, int]] = set()
    groups = []
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            right = column
            while (row, right) in right_open and (row, right + 1) not in taken:
                right += 1
            bottom = row
            while all((bottom, each) in below_open for each in range(column, right + 1)) and all(
                (bottom + 1, each) in right_open for each in range(column, right)
            ):
                bottom += 1
            taken.update((r, c) for r in range(row, bottom + 1) for c in range(column, right + 1))
            groups.append((row, column, bottom, right))
    return groups


def _with_open_sides(xs: tuple[float, ...], across: Sequence[Line]) -> tuple[float, ...]:
    """Places of columns with the sides that are not drawn: where several lines reach past the outermost vertical one.

    A column of labels for groups of rows has only the lines between the groups, so a quarter of all lines is enough.
    """
    if not xs:
        return xs
    needed = max(2, -(-len(across) // 4))
    first = sorted(line.start for line in across)[needed - 1]
    last = sorted(line.end for line in across)[-needed]
    before = (first,) if first < xs[0] - _OVERHANG else ()
    after = (last,) if last > xs[-1] + _OVERHANG else ()
    return (*before, *xs, *after)


def _covered(lines: Iterable[Line], at: float, start: float, end: float) -> bool:
    covered = sum(max(0.0, min(line.end, end) - max(line.start, start)) for line in lines if abs(line.at - at) <= _SNAP)
    return covered >= _COVERED * (end - start)


def _interval(places: Sequence[float], value: float) -> int | None:
    for index, (low, high) in enumerate(pairwise(places)):
        if low <= value < high:
            return index
    return None
