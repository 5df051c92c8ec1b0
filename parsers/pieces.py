"""What stands on a page, piece by piece, and which pieces stand on one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from parsers.content import PrintedLine
from parsers.model import Box
from parsers.reading import FigureReading, TableReading

# A line of prose, as opposed to a label or a figure: its length, and the share of letters and blanks in it.
_PROSE_CHARACTERS = 20
_PROSE_LETTERS = 0.72
# Pieces that share this much of the lower one's height stand on the same row.
_SAME_ROW = 0.6
# … if their baselines are no further apart than this many font sizes.
_SAME_BASELINE = 0.25
# A short piece this much smaller than usual, this near to a line's words, is a mark on that line.
_MARK_CHARACTERS = 6
_MARK_SIZE = 0.85
_MARK_DISTANCE = 4.0
# Before a line, as a note's mark stands in the margin, it may be this many font sizes away.
_MARK_BEFORE = 2.5
# It shares so much of its height with that line; less will do right behind a word.
_MARK_SHARE = 0.5
_MARK_SHARE_OF_NEXT_WORD = 0.2
_MARK_TOUCH = 1.5
_MARK_COVERED = 0.4
# Rows are found from top to bottom; only the last ones can be on the same height as the next piece.
_NEAR_ROWS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something with a place: a run of words on one baseline, a table, or a figure. `box` is in the reading frame."""

    box: Box
    line: PrintedLine | None = None
    table: TableReading | None = None
    figure: FigureReading | None = None

    @property
    def prose(self) -> bool:
        return self.line is not None and is_prose(self.line.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Pieces side by side on one row, from left to right; a table or a figure is a row of its own."""

    pieces: tuple[Piece, ...]


def is_prose(text: str) -> bool:
    """Whether a line reads like a sentence's part and not like a label or a row of figures."""
    if len(text) < _PROSE_CHARACTERS:
        return False
    letters = sum(1 for character in text if character.isalpha() or character == " ")
    return letters >= _PROSE_LETTERS * len(text)


def rows_of(pieces: Iterable[Piece]) -> list[Row]:
    """Group pieces that stand on the same row, from top to bottom, each row from left to right."""
    rows: list[list[Piece]] = []
    marks: list[Piece] = []
    ordered_pieces = sorted(pieces, key=lambda piece: (piece.box[1] + piece.box[3], piece.box[0]))
    usual = _usual_size(ordered_pieces)
    for piece in ordered_pieces:
        if piece.line is not None and len(piece.line.text) <= _MARK_CHARACTERS and piece.line.style.size < usual:
            marks.append(piece)
            continue
        _place(piece, rows, near=rows[-_NEAR_ROWS:])
    for piece in marks:
        home = next((row for row in rows if _is_mark_on(piece, row)), None)
        if home is None:
            _place(piece, rows, near=rows)
        else:
            home.append(piece)
    ordered = [Row(pieces=tuple(sorted(row, key=lambda piece: piece.box[0]))) for row in rows]
    return sorted(ordered, key=_top_of_row)


def _usual_size(pieces: Sequence[Piece]) -> float:
    """Below this size a short piece may be a raised or lowered mark: well under the median of the pieces."""
    sizes = [piece.line.style.size for piece in pieces if piece.line is not None]
    return _MARK_SIZE * median(sizes) if sizes else 0.0


def _place(piece: Piece, rows: list[list[Piece]], *, near: list[list[Piece]]) -> None:
    home = None
    if piece.line is not None:
        home = next((row for row in reversed(near) if _belongs(piece, row)), None)
    if home is None:
        rows.append([piece])
    else:
        home.append(piece)


def _is_mark_on(piece: Piece, row: Sequence[Piece]) -> bool:
    """Whether a small piece is a mark set between, before or behind the words of a row: ™, a footnote number."""
    left, top, right, bottom = piece.box
    for other in row:
        if other.line is None:
            return False
        shared = (min(bottom, other.box[3]) - max(top, other.box[1])) / (bottom - top)
        reach = _MARK_BEFORE * other.line.style.size
        near = other.box[0] - reach <= right and left <= other.box[2] + _MARK_DISTANCE
        if not near or shared < _MARK_SHARE_OF_NEXT_WORD:
            continue
        covered = max(min(right, word.bbox[2]) - max(left, word.bbox[0]) for word in other.line.words)
        behind_word = any(abs(left - word.bbox[2]) <= _MARK_TOUCH for word in other.line.words)
        if covered <= _MARK_COVERED * (right - left) and (shared >= _MARK_SHARE or behind_word):
            return True
    return False


def _belongs(piece: Piece, row: Sequence[Piece]) -> bool:
    for other in row:
        if other.line is None:
            return False
        shared = min(piece.box[3], other.box[3]) - max(piece.box[1], other.box[1])
        lower = min(piece.box[3] - piece.box[1], other.box[3] - other.box[1])
        overlap = min(piece.box[2], other.box[2]) - max(piece.box[0], other.box[0])
        if overlap > 0.3 * min(piece.box[2] - piece.box[0], other.box[2] - other.box[0]):
            return False
        if shared >= _SAME_ROW * lower and _same_baseline(piece, other):
            return True
    return False


def _same_baseline(piece: Piece, other: Piece) -> bool:
    if piece.line is None or other.line is None or not piece.line.horizontal:
        return True
    size = max(piece.line.style.size, other.line.style.size)
    return abs(piece.line.baseline - other.line.baseline) <= _SAME_BASELINE * size


def _top_of_row(row: Row) -> tuple[float, float]:
    first = row.pieces[0]
    if first.line is None:
        return (first.box[1], first.box[0])
    middles = [(piece.box[1] + piece.box[3]) / 2 for piece in row.pieces]
    return (median(middles) - 0.5 * (first.box[3] - first.box[1]), first.box[0])
