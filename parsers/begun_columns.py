"""A last column that has only just begun: a line or two at the top, beside a column full of text.

Too little stands in it to find a gutter by the lines behind it, but the column before it tells how wide columns are.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from parsers.pieces import Piece

# The column before it: so many lines of prose with one left edge, most of them filling it.
_LEAST_LINES = 8
_SAME_EDGE = 4.0
_FILLED = 0.85
# Lines that reach this much further than the usual ones go over both columns.
_WIDER = 1.15
_GUTTER = 6.0
# It begins on the height of the first line beside it, give or take so many font sizes.
_SAME_HEIGHT = 0.75
_PROSE_SHARE = 0.5


def begun_column(pieces: Sequence[Piece]) -> list[list[Piece]] | None:
    """What is above, the full column, the begun one, and what is below; None where there is no such column."""
    prose = [piece for piece in pieces if piece.prose]
    full = _fullest_column(prose)
    if len(full) < _LEAST_LINES:
        return None
    usual = median(piece.box[2] - piece.box[0] for piece in full)
    full = [piece for piece in full if piece.box[2] - piece.box[0] <= _WIDER * usual]
    edge = max(piece.box[2] for piece in full)
    if usual < _FILLED * (edge - min(piece.box[0] for piece in full)):
        return None
    begun = [piece for piece in pieces if piece.box[0] >= edge + _GUTTER]
    if not begun or not _reads_like_text(begun):
        return None
    top, bottom = min(piece.box[1] for piece in begun), max(piece.box[3] for piece in begun)
    beside = [piece for piece in pieces if piece.box[2] < edge + _GUTTER]
    across = [piece for piece in pieces if piece.box[0] < edge + _GUTTER <= piece.box[2]]
    if any(piece.box[3] > top and piece.box[1] < bottom for piece in across):
        return None
    over = max((piece.box[3] for piece in across if piece.box[3] <= top), default=float("-inf"))
    under = min((piece.box[1] for piece in across if piece.box[1] >= bottom), default=float("inf"))
    column = [piece for piece in beside if over <= _middle(piece) <= under]
    size = median(piece.line.style.size for piece in full if piece.line is not None)
    if abs(min((piece.box[1] for piece in column), default=float("inf")) - top) > _SAME_HEIGHT * size:
        return None
    above = [piece for piece in pieces if _middle(piece) < over]
    return [above, column, begun, [piece for piece in pieces if _middle(piece) > under]]


def _fullest_column(prose: Sequence[Piece]) -> list[Piece]:
    """The most lines that share a left edge."""
    best: list[Piece] = []
    group: list[Piece] = []
    for piece in sorted(prose, key=lambda piece: piece.box[0]):
        if group and piece.box[0] - group[0].box[0] > _SAME_EDGE:
            group = []
        group.append(piece)
        best = list(group) if len(group) > len(best) else best
    return best


def _reads_like_text(pieces: Sequence[Piece]) -> bool:
    """Whether most of the characters are prose, and nothing but lines of text stands there."""
    texts = [(piece, piece.line.text) for piece in pieces if piece.line is not None]
    written = sum(len(text) for _, text in texts)
    return len(texts) == len(pieces) and sum(len(t) for piece, t in texts if piece.prose) >= _PROSE_SHARE * written


def _middle(piece: Piece) -> float:
    return (piece.box[1] + piece.box[3]) / 2
