"""Tables and figures that stand side by side: each is read with its own title, note and caption."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from parsers.caption_words import begins_note, match_caption
from parsers.line_boxes import union
from parsers.model import Box
from parsers.pieces import Piece, Row, rows_of

# Two stand side by side if they share this much of the lower one's height.
_SAME_HEIGHT = 0.5
# In font sizes: titles and captions stand no further from what they belong to, further lines of them no further below.
_REACH = 2.5
_NEXT_LINE = 0.7
# Points by which boxes of words and drawings may reach over an edge, and left edges of one text differ.
_SLACK = 2.0


def columns_of_blocks(pieces: Sequence[Piece]) -> list[list[Piece]] | None:
    """The topmost tables and figures that stand side by side: what is above, each column, what is below; or None.

    Titles and captions go with their column where each column has one on the same row, or by their words.
    """
    for group in _groups(pieces):
        bounds = [(one[2] + other[0]) / 2 for one, other in pairwise(group)]
        box = union(group)
        lines = [piece for piece in pieces if piece.line is not None]
        level = [piece for piece in lines if box[1] < _middle(piece) < box[3]]
        if any(_crosses(piece, bounds) for piece in level):
            continue
        top, bottom = _extended(box, lines, bounds)
        inside = [piece for piece in pieces if top <= _middle(piece) <= bottom]
        columns = [[piece for piece in inside if _column(piece, bounds) == number] for number in range(len(group))]
        above = [piece for piece in pieces if _middle(piece) < top]
        return [above, *columns, [piece for piece in pieces if _middle(piece) > bottom]]
    return None


def _groups(pieces: Sequence[Piece]) -> list[list[Box]]:
    """Groups of tables and figures, from the top: of each group its columns from the left, two or more."""
    blocks = sorted((piece.box for piece in pieces if piece.line is None), key=lambda box: (box[1], box[0]))
    found = []
    for block in blocks:
        beside = [other for other in blocks if _stand_side_by_side(block, other)]
        if beside:
            columns: list[Box] = []
            for box in sorted([block, *beside]):
                if columns and box[0] < columns[-1][2]:
                    columns[-1] = union([columns[-1], box])
                else:
                    columns.append(box)
            found += [columns] if len(columns) > 1 else []
    return found


def _stand_side_by_side(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    apart = one[2] <= other[0] + _SLACK or other[2] <= one[0] + _SLACK
    return apart and shared >= _SAME_HEIGHT * min(one[3] - one[1], other[3] - other[1])


def _extended(box: Box, lines: Sequence[Piece], bounds: Sequence[float]) -> tuple[float, float]:
    """Top and bottom of the columns with the titles above and the captions below."""
    top, bottom = box[1], box[3]
    for row in reversed(rows_of(piece for piece in lines if _middle(piece) <= box[1])):
        if top - _bottom(row) > _REACH * _size(row) or not _belongs(row, bounds):
            break
        top = min(top, _top(row))
    last: Row | None = None
    for row in rows_of(piece for piece in lines if _middle(piece) >= box[3]):
        goes_on = last is not None and _top(row) - bottom <= _NEXT_LINE * _size(row) and _continues(last, row)
        if _top(row) - bottom > _REACH * _size(row) or not (goes_on or _belongs(row, bounds)):
            break
        if any(_crosses(piece, bounds) for piece in row.pieces):
            break
        bottom, last = max(bottom, _bottom(row)), row
    return top, bottom


def _belongs(row: Row, bounds: Sequence[float]) -> bool:
    """Whether a row says something of each of several columns, or its words tell that it is a caption or a note."""
    if any(_crosses(piece, bounds) for piece in row.pieces):
        return False
    texts = [piece.line.text for piece in row.pieces if piece.line is not None]
    named = all(match_caption(text) is not None or begins_note(text) for text in texts)
    return named or len({_column(piece, bounds) for piece in row.pieces}) > 1


def _continues(above: Row, row: Row) -> bool:
    lefts = [piece.box[0] for piece in above.pieces]
    return all(any(abs(piece.box[0] - left) <= _SLACK for left in lefts) for piece in row.pieces)


def _crosses(piece: Piece, bounds: Sequence[float]) -> bool:
    return any(piece.box[0] < bound - _SLACK and piece.box[2] > bound + _SLACK for bound in bounds)


def _column(piece: Piece, bounds: Sequence[float]) -> int:
    across = (piece.box[0] + piece.box[2]) / 2
    return sum(1 for bound in bounds if across > bound)


def _middle(piece: Piece) -> float:
    return (piece.box[1] + piece.box[3]) / 2


def _size(row: Row) -> float:
    return max(piece.line.style.size for piece in row.pieces if piece.line is not None)


def _top(row: Row) -> float:
    return min(piece.box[1] for piece in row.pieces)


def _bottom(row: Row) -> float:
    return max(piece.box[3] for piece in row.pieces)
