"""The order in which a person reads the pieces of a page.

Two-column text is recognised by its gutter: a line of white that several lines of *prose* start behind, with prose on
the other side as well. Columns of figures are not prose, so a row of a financial statement stays one printed line. This
is the XY-cut of Nagy and Seth (1984), cut only where the text on both sides calls for it, and repeated on each part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from parsers.begun_columns import begun_column
from parsers.content import PrintedLine
from parsers.model import Box
from parsers.pieces import Piece, Row, rows_of
from parsers.reading import FigureReading, TableReading
from parsers.side_by_side import columns_of_blocks

# What must stand on both sides of a gutter, and how much of the left column's width its lines must fill.
_PROSE_LINES = 3
_PROSE_SHARE = 0.5
_FILLED = 0.55
_SAME_EDGE = 4.0
_GUTTER = 6.0
_NARROWEST_COLUMN = 60.0
# Marks of a list hang this far (points) out of a column whose other lines are all indented.
_HANGING = 24.0
# A heading of what follows both columns: so much larger than their text (or bold), and of no more lines.
_LARGER = 1.05
_MOST_HEADING_LINES = 3
_DEEPEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Rows that are read one after the other, and the column that holds them (in the reading frame)."""

    left: float
    right: float
    rows: tuple[Row, ...]


def arrange(
    lines: Sequence[PrintedLine], tables: Sequence[TableReading] = (), figures: Sequence[FigureReading] = ()
) -> list[Area]:
    """Put everything on a page in reading order. Text in another direction of writing follows the upright text."""
    upright = [Piece(box=line.bbox, line=line) for line in lines if line.horizontal]
    upright += [Piece(box=table.bbox, table=table) for table in tables if table.bbox is not None]
    upright += [Piece(box=figure.bbox, figure=figure) for figure in figures if figure.bbox is not None]
    areas = _areas(upright, 0)
    turned: dict[tuple[int, int], list[Piece]] = {}
    for line in lines:
        if not line.horizontal:
            across, down = line.direction
            turned.setdefault((round(across), round(down)), []).append(Piece(box=_turn(line), line=line))
    for direction in sorted(turned):
        areas += _areas(turned[direction], 0)
    return areas


def _turn(line: PrintedLine) -> Box:
    """The box of a line as its reader sees it with the page turned so that the line is upright."""
    left, top, right, bottom = line.bbox
    across, down = line.direction
    if abs(down) >= abs(across):
        return (-bottom, left, -top, right) if down < 0 else (top, -right, bottom, -left)
    return (-right, -bottom, -left, -top) if across < 0 else line.bbox


def _areas(pieces: Sequence[Piece], depth: int) -> list[Area]:
    if not pieces:
        return []
    parts = _divide(pieces) if depth < _DEEPEST else None
    if parts is None:
        left = min(piece.box[0] for piece in pieces)
        right = max(piece.box[2] for piece in pieces)
        return [Area(left=left, right=right, rows=tuple(rows_of(pieces)))]
    return [area for part in parts for area in _areas(part, depth + 1)]


def _divide(pieces: Sequence[Piece]) -> list[list[Piece]] | None:
    """Parts that are read one after the other, or None where the pieces are one column."""
    cut = _find_gutter(pieces)
    return _parts(pieces, cut) if cut is not None else columns_of_blocks(pieces) or begun_column(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gutter:
    x: float
    top: float
    bottom: float
    lines: int


def _parts(pieces: Sequence[Piece], cut: _Gutter) -> list[list[Piece]]:
    above: list[Piece] = []
    left: list[Piece] = []
    right: list[Piece] = []
    below: list[Piece] = []
    for piece in pieces:
        middle = (piece.box[1] + piece.box[3]) / 2
        if middle < cut.top:
            above.append(piece)
        elif middle > cut.bottom:
            below.append(piece)
        elif piece.box[0] >= cut.x - _SAME_EDGE:
            right.append(piece)
        else:
            left.append(piece)
    led = _headings_of_what_follows(left, right, below, cut)
    kept = [piece for piece in left if id(piece) not in {id(heading) for heading in led}]
    return [above, kept, right, [*led, *below]]


def _headings_of_what_follows(
    left: Sequence[Piece], right: Sequence[Piece], below: Sequence[Piece], cut: _Gutter
) -> list[Piece]:
    """The last lines of the left column, where they are headings of something below that is as wide as both columns.

    They stand lower than all of the right column, stand out from the left one's prose, and are nearer to what follows.
    """
    prose = [piece.line for piece in left if piece.line is not None and piece.prose]
    wide = min((piece for piece in below if piece.box[0] < cut.x < piece.box[2]), key=_top, default=None)
    if wide is None or not prose or not right or wide is not min(below, key=_top):
        return []
    usual = median(line.style.size for line in prose)
    mostly_bold = 2 * sum(1 for line in prose if line.style.bold) > len(prose)
    bottom = max(piece.box[3] for piece in right)
    led: list[Piece] = []
    for piece in sorted(left, key=_top, reverse=True)[:_MOST_HEADING_LINES]:
        line = piece.line
        if line is None or piece.box[1] < bottom:
            break
        if not (line.style.size > _LARGER * usual or (line.style.bold and not mostly_bold)):
            break
        led.insert(0, piece)
    rest = [piece for piece in left if id(piece) not in {id(heading) for heading in led}]
    if not led or not rest:
        return []
    gap_above = led[0].box[1] - max(piece.box[3] for piece in rest)
    return led if wide.box[1] - led[-1].box[3] < gap_above else []


def _top(piece: Piece) -> float:
    return piece.box[1]


def _find_gutter(pieces: Sequence[Piece]) -> _Gutter | None:
    """The gutter with the most lines beside it, or None."""
    prose_ids = {id(piece) for piece in pieces if piece.prose}
    if len(prose_ids) < 2 * _PROSE_LINES:
        return None
    found = [
        gutter
        for x in _starts_of_columns([piece for piece in pieces if id(piece) in prose_ids])
        if (gutter := _gutter_at(x, pieces, prose_ids)) is not None
    ]
    return max(found, key=lambda gutter: (gutter.lines, -gutter.x), default=None)


def _starts_of_columns(prose: Sequence[Piece]) -> list[float]:
    """Left edges that several prose lines share and that have prose to their left, and edges that hang out of these."""
    edges = sorted(piece.box[0] for piece in prose)
    first = edges[0]
    starts: list[float] = []
    group: list[float] = []
    for edge in [*edges, float("inf")]:
        if group and edge - group[-1] > _SAME_EDGE:
            if len(group) >= _PROSE_LINES and group[0] - first >= _NARROWEST_COLUMN:
                starts.append(group[0])
                hanging = min(edge for edge in edges if edge >= group[0] - _HANGING)
                starts += [hanging] if hanging < group[0] else []
            group = []
        group.append(edge)
    return starts


def _gutter_at(x: float, pieces: Sequence[Piece], prose_ids: set[int]) -> _Gutter | None:
    """The longest stretch of page in which nothing crosses the white left of `x` and both sides hold prose."""
    edge = x - _GUTTER
    best: _Gutter | None = None
    stretch: list[Piece] = []
    barriers: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.box[1], piece.box[0])):
        if piece.box[0] < edge and piece.box[2] > edge:
            barriers.append(piece)
            best = _better(best, _judge(x, stretch, prose_ids))
            stretch = []
        else:
            stretch.append(piece)
    return _better(best, _judge(x, stretch, prose_ids))


def _better(one: _Gutter | None, other: _Gutter | None) -> _Gutter | None:
    if one is None or other is None:
        return one or other
    return other if other.lines > one.lines else one


def _judge(x: float, stretch: Sequence[Piece], prose_ids: set[int]) -> _Gutter | None:
    left = [piece for piece in stretch if piece.box[2] <= x - _GUTTER]
    right = [piece for piece in stretch if piece.box[0] >= x - _GUTTER]
    if not (_reads_like_a_column(left, prose_ids) and _reads_like_a_column(right, prose_ids)):
        return None
    left_prose = [piece for piece in left if id(piece) in prose_ids]
    # Of the column beside the gutter: labels may stand further left, or another column.
    width = x - median(piece.box[0] for piece in left_prose)
    if median(piece.box[2] - piece.box[0] for piece in left_prose) < _FILLED * width:
        return None
    top, bottom = min(piece.box[1] for piece in stretch), max(piece.box[3] for piece in stretch)
    left_top, left_bottom = min(piece.box[1] for piece in left), max(piece.box[3] for piece in left)
    right_top, right_bottom = min(piece.box[1] for piece in right), max(piece.box[3] for piece in right)
    shared = min(left_bottom, right_bottom) - max(left_top, right_top)
    if shared < 0.5 * min(left_bottom - left_top, right_bottom - right_top):
        return None
    return _Gutter(x=x, top=top, bottom=bottom, lines=len(left) + len(right))


def _reads_like_a_column(side: Sequence[Piece], prose_ids: set[int]) -> bool:
    lines = [piece for piece in side if piece.line is not None]
    prose = [piece for piece in lines if id(piece) in prose_ids]
    if len(prose) < _PROSE_LINES:
        return False
    characters = sum(len(piece.line.text) for piece in lines if piece.line is not None)
    return sum(len(piece.line.text) for piece in prose if piece.line is not None) >= _PROSE_SHARE * characters
