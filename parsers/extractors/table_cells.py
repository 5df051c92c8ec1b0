"""From a grid and the words of a page to cells: which words stand in which cell, its text, its box, headers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from parsers.content import Word
from parsers.line_boxes import Neighbourhood, tight_box, union
from parsers.model import Box
from parsers.reading import CellReading

# A word less tall than this share of its cell's tallest may be a footnote mark.
_SMALL = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell before its text is made. `words` are in any order."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    words: tuple[Word, ...]


def in_reading_order(words: Iterable[Word]) -> list[Word]:
    """The words of `in_lines`, one line after the other."""
    return [word for line in in_lines(words) for word in line]


def in_lines(words: Iterable[Word]) -> list[list[Word]]:
    """Sort words into lines from the top and, inside a line, from the left; a superscript goes with what it touches."""
    words = list(words)
    if len(words) < 2:
        return [words] if words else []
    tallest = max((word.bbox[3] - word.bbox[1] for word in words), default=0.0)
    small = {id(word) for word in words if word.raised or word.bbox[3] - word.bbox[1] < _SMALL * tallest}
    lines: list[tuple[float, float, list[Word]]] = []
    for word in sorted(words, key=lambda word: (id(word) in small, _middle(word), word.bbox[0])):
        top, bottom = word.bbox[1], word.bbox[3]
        middle = (top + bottom) / 2
        for low, high, line in lines:
            if low <= middle <= high or (id(word) in small and top < high and bottom > low):
                line.append(word)
                break
        else:
            reach = (bottom - top) * 0.35
            lines.append((middle - reach, middle + reach, [word]))
    lines.sort(key=lambda line: line[0])
    return [sorted(line, key=lambda word: word.bbox[0]) for _, _, line in lines]


def without_empty_tracks(cells: Sequence[GridCell]) -> list[GridCell]:
    """The grid without rows and columns in which no cell with words begins: white space that was drawn as cells."""
    rows = sorted({cell.row for cell in cells if cell.words})
    columns = sorted({cell.column for cell in cells if cell.words})
    kept = []
    for cell in cells:
        row_span = bisect_left(rows, cell.row + cell.row_span) - bisect_left(rows, cell.row)
        column_span = bisect_left(columns, cell.column + cell.column_span) - bisect_left(columns, cell.column)
        if row_span and column_span:
            kept.append(
                replace(
                    cell,
                    row=bisect_left(rows, cell.row),
                    column=bisect_left(columns, cell.column),
                    row_span=row_span,
                    column_span=column_span,
                )
            )
    return kept


def to_reading(cell: GridCell, neighbourhood: Neighbourhood) -> CellReading:
    """The cell as it is handed on; its boxes hold its own words and no other's."""
    lines = in_lines(cell.words)
    boxes = tuple(_line_box(line, neighbourhood) for line in lines)
    return CellReading(
        row=cell.row,
        column=cell.column,
        row_span=cell.row_span,
        column_span=cell.column_span,
        header=cell.header,
        text=" ".join(word.text for line in lines for word in line),
        bbox=union(boxes) if boxes else None,
        boxes=boxes if len(boxes) > 1 else (),
    )


def _line_box(words: Sequence[Word], neighbourhood: Neighbourhood) -> Box:
    left, top, right, bottom = tight_box([word.bbox for word in words], neighbourhood)
    return (round(left, 2), round(top, 2), round(right, 2), round(bottom, 2))


def _middle(word: Word) -> float:
    return (word.bbox[1] + word.bbox[3]) / 2
