"""Pages whose text runs up or down are understood in the frame in which it is upright, and told in the page's own.

Reading order, tables, paragraphs and running headers all expect upright text. So a page most of whose text is turned is
turned first (`upright`), everything is understood there, and the boxes of its elements are turned back at the end
(`turn_back`), when nothing looks at the geometry any more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parsers.content import PageContent, PageSource, Pixels, PrintedLine, Ruling, Word
from parsers.model import Box, Cell, Element, Region
from parsers.plain_text import count_characters

# The page is turned when this share of its characters runs in one other direction.
_TURNED_SHARE = 0.7
_FEWEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """How a page was understood: its size after `quarter_turns` (clockwise), and how its lines then fell (degrees)."""

    width: float
    height: float
    quarter_turns: int
    skew: float


def turned_size(width: float, height: float, quarter_turns: int) -> tuple[float, float]:
    """The size of a page after clockwise quarter turns."""
    return (height, width) if quarter_turns % 2 else (width, height)


def turn_box(box: Box, width: float, height: float, quarter_turns: int) -> Box:
    """The box on a page of `width` × `height` after the page was turned clockwise.

    >>> turn_box((0.0, 0.0, 10.0, 20.0), 100.0, 200.0, 1)
    (180.0, 0.0, 200.0, 10.0)
    """
    left, top, right, bottom = box
    match quarter_turns % 4:
        case 1:
            return (_tidy(height - bottom), left, _tidy(height - top), right)
        case 2:
            return (_tidy(width - right), _tidy(height - bottom), _tidy(width - left), _tidy(height - top))
        case 3:
            return (top, _tidy(width - right), bottom, _tidy(width - left))
        case _:
            return box


def slant_box(box: Box, width: float, height: float, skew: float) -> Box:
    """The smallest upright box around `box` after turning the page clockwise about its centre by `skew` degrees."""
    if skew == 0.0:
        return box
    cosine, sine = math.cos(math.radians(skew)), math.sin(math.radians(skew))
    middle_x, middle_y = width / 2, height / 2
    corners = [(x - middle_x, y - middle_y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [middle_x + x * cosine - y * sine for x, y in corners]
    ys = [middle_y + x * sine + y * cosine for x, y in corners]
    return (_tidy(min(xs)), _tidy(min(ys)), _tidy(max(xs)), _tidy(max(ys)))


def turns_to_upright(lines: Sequence[PrintedLine]) -> int:
    """Clockwise quarter turns that make most of the text upright; 0 unless most of it runs in one other direction."""
    characters: Counter[int] = Counter()
    for line in lines:
        characters[_turns_of(line.direction)] += count_characters(line.text)
    total = sum(characters.values())
    if total < _FEWEST_CHARACTERS:
        return 0
    turns, most = max(characters.items(), key=lambda item: (item[1], -item[0]))
    return turns if most >= _TURNED_SHARE * total else 0


def upright(page: PageContent) -> tuple[PageContent, int]:
    """The page turned so that its text is upright, and by how many clockwise quarter turns."""
    turns = turns_to_upright(page.lines)
    return (turn_page(page, turns), turns) if turns else (page, 0)


def turn_page(page: PageContent, quarter_turns: int) -> PageContent:
    """The page after clockwise quarter turns, everything on it included."""
    width, height = page.width, page.height
    new_width, new_height = turned_size(width, height, quarter_turns)
    source = page.source
    return replace(
        page,
        width=new_width,
        height=new_height,
        lines=tuple(_turn_line(line, width, height, quarter_turns) for line in page.lines),
        hidden=tuple(_turn_line(line, width, height, quarter_turns) for line in page.hidden),
        rulings=tuple(
            sorted(
                (_turn_ruling(ruling, width, height, quarter_turns) for ruling in page.rulings),
                key=lambda line: (line.y0, line.x0, line.y1, line.x1, line.thickness, line.edge),
            )
        ),
        images=tuple(turn_box(image, width, height, quarter_turns) for image in page.images),
        source=None if source is None else TurnedSource(source, (new_width, new_height), quarter_turns),
    )


class TurnedSource:
    """A page as it is seen after clockwise quarter turns. It has no page of a library: that one is not turned."""

    native: Any = None

    def __init__(self, source: PageSource, size: tuple[float, float], quarter_turns: int) -> None:
        self._source = source
        self._size = size
        self._turns = quarter_turns

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        back = None if clip is None else turn_box(clip, *self._size, -self._turns)
        return turn_pixels(self._source.render(dpi=dpi, clip=back, grey=grey), self._turns)


def turn_pixels(pixels: Pixels, quarter_turns: int) -> Pixels:
    """The raster after clockwise quarter turns."""
    turns = quarter_turns % 4
    if turns == 0:
        return pixels
    size = pixels.channels
    if turns == 2:
        backwards = bytearray(len(pixels.samples))
        for channel in range(size):
            backwards[channel::size] = pixels.samples[channel::size][::-1]
        return replace(pixels, samples=bytes(backwards))
    row = pixels.width * size
    columns = []
    for x in range(pixels.width):
        column = bytearray(pixels.height * size)
        for channel in range(size):
            taken = pixels.samples[x * size + channel :: row]
            column[channel::size] = taken[::-1] if turns == 1 else taken
        columns.append(bytes(column))
    samples = b"".join(columns if turns == 1 else reversed(columns))
    return Pixels(width=pixels.height, height=pixels.width, channels=size, samples=samples)


def turn_back(elements: Sequence[Element], turned: Mapping[int, Turned]) -> tuple[Element, ...]:
    """Elements with their boxes on the pages as a reader sees them.

    `turned` says of each page that was turned or straightened how, by page number.
    """
    if not turned:
        return tuple(elements)
    return tuple(_turn_element(element, turned) for element in elements)


def _turn_element(element: Element, turned: Mapping[int, Turned]) -> Element:
    if not any(region.page in turned for region in element.regions):
        return element

    def turn(box: Box | None, page: int) -> Box | None:
        if box is None or page not in turned:
            return box
        frame = turned[page]
        slanted = slant_box(box, frame.width, frame.height, frame.skew)
        return turn_box(slanted, frame.width, frame.height, -frame.quarter_turns)

    def turn_all(boxes: Sequence[Box], page: int) -> tuple[Box, ...]:
        return tuple(box for box in (turn(box, page) for box in boxes) if box is not None)

    def turn_region(region: Region) -> Region:
        return replace(region, bbox=turn(region.bbox, region.page), boxes=turn_all(region.boxes, region.page))

    def turn_cell(cell: Cell) -> Cell:
        return replace(cell, bbox=turn(cell.bbox, cell.page), boxes=turn_all(cell.boxes, cell.page))

    table = element.table
    if table is not None:
        table = replace(table, cells=tuple(turn_cell(cell) for cell in table.cells))
    regions = tuple(turn_region(region) for region in element.regions)
    return replace(element, bbox=turn(element.bbox, element.page), regions=regions, table=table)


def _turns_of(direction: tuple[float, float]) -> int:
    """Clockwise quarter turns that make text of this direction run from left to right."""
    return round(-math.atan2(direction[1], direction[0]) / (math.pi / 2)) % 4


def _turn_line(line: PrintedLine, width: float, height: float, turns: int) -> PrintedLine:
    across, down = line.direction
    for _ in range(turns % 4):
        across, down = -down, across
    words = tuple(_turn_word(word, width, height, turns) for word in line.words)
    box = turn_box(line.bbox, width, height, turns)
    return replace(
        line,
        bbox=box,
        baseline=_turn_baseline(line, width, height, turns),
        direction=(across + 0.0, down + 0.0),
        words=words,
    )


def _turn_baseline(line: PrintedLine, width: float, height: float, turns: int) -> float:
    sideways = abs(line.direction[1]) > abs(line.direction[0])
    edge = (line.baseline, 0.0, line.baseline, 0.0) if sideways else (0.0, line.baseline, 0.0, line.baseline)
    turned = turn_box(edge, width, height, turns)
    return turned[0] if sideways == (turns % 2 == 0) else turned[1]


def _turn_word(word: Word, width: float, height: float, turns: int) -> Word:
    return replace(word, bbox=turn_box(word.bbox, width, height, turns))


def _turn_ruling(ruling: Ruling, width: float, height: float, turns: int) -> Ruling:
    x0, y0, x1, y1 = turn_box((ruling.x0, ruling.y0, ruling.x1, ruling.y1), width, height, turns)
    return replace(ruling, x0=x0, y0=y0, x1=x1, y1=y1)


def _tidy(coordinate: float) -> float:
    return round(coordinate, 2)
