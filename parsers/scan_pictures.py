"""Which parts of a scanned page are pictures: the layout model alone can tell, and not always which are tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Final

from parsers.content import PageContent, PrintedLine, Ruling
from parsers.extractors.table_values import is_value
from parsers.layout import Layout, LayoutKind
from parsers.model import Box
from parsers.plain_text import count_characters

_SURE: Final = 0.75
# As with drawings: smaller ones are marks, larger ones the page itself.
_LEAST_SHARE: Final = 0.015
_BACKGROUND_SHARE: Final = 0.85
# A region shares this much of the smaller one with a table.
_OVERLAP: Final = 0.2
# A grid: so many lines each way, as long as this share of the longest, and words in this share of its cells. (A chart
# has names along its axes and nothing elsewhere.)
_GRID_LINES: Final = 2
_LONG: Final = 0.7
_FILLED: Final = 0.75
_SAME_LINE: Final = 3.0
# What is read of lines and grain: `T` (.17), `Miw` (.55), `wa` (.0); of names in the same chart: .96.
_MISREAD: Final = 0.6
_LONGEST_MISREAD: Final = 6


def pictures_in_scan(page: PageContent, layout: Layout) -> list[tuple[Box, float]]:
    """Where the model is sure of a picture on a scanned page, and how sure: no table is looked for there.

    Left out are places that it takes for tables with more confidence, and grids with words in their cells. The model
    draws pictures generously: rows of figures at their upper and lower ends that go on beside them are cut off.
    """
    whole = page.width * page.height
    tables = [region for region in layout.regions if region.kind is LayoutKind.TABLE]
    found: list[tuple[Box, float]] = []
    for region in layout.regions:
        if region.kind is not LayoutKind.PICTURE or region.confidence < _SURE or _is_grid(region.bbox, page):
            continue
        if any(_overlaps(region.bbox, one.bbox) and one.confidence >= region.confidence for one in tables):
            continue
        box = _without_rows_of_figures(region.bbox, page)
        if _LEAST_SHARE * whole <= _area(box) <= _BACKGROUND_SHARE * whole:
            found.append((box, region.confidence))
    return found


def without_misread_labels(page: PageContent, pictures: Sequence[Box]) -> PageContent:
    """A scanned page without what OCR reads in the lines of charts and the grain of photographs: short and unsure."""
    lines = tuple(
        line for line in page.lines if not (_is_misread(line) and any(_holds(box, line.bbox) for box in pictures))
    )
    characters = sum(count_characters(line.text) for line in lines)
    return page if len(lines) == len(page.lines) else replace(page, lines=lines, char_count=characters)


def _is_misread(line: PrintedLine) -> bool:
    confidences = [word.confidence for word in line.words if word.confidence is not None]
    return len(line.text) <= _LONGEST_MISREAD and bool(confidences) and max(confidences) < _MISREAD


def _holds(box: Box, other: Box) -> bool:
    x, y = _centre(other)
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _without_rows_of_figures(box: Box, page: PageContent) -> Box:
    """A picture cut off at rows that reach into its upper or lower half and have a figure beside it."""
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    inside = [word.bbox for word in page.words if left <= _centre(word.bbox)[0] <= right]
    for word in page.words:
        x, y = _centre(word.bbox)
        if left <= x <= right or not is_value(word.text) or not any(place[1] < y < place[3] for place in inside):
            continue
        if middle < y:
            bottom = min(bottom, word.bbox[1])
        else:
            top = max(top, word.bbox[3])
    return (left, top, right, bottom)


def _is_grid(box: Box, page: PageContent) -> bool:
    """Whether lines part it into cells most of which hold words."""
    touching = [ruling for ruling in page.rulings if _overlaps_line(box, ruling)]
    ys = _places((ruling for ruling in touching if ruling.horizontal), lambda ruling: ruling.y0)
    xs = _places((ruling for ruling in touching if not ruling.horizontal), lambda ruling: ruling.x0)
    if min(len(ys), len(xs)) < _GRID_LINES:
        return False
    # The outer lines may lie outside of it: what is left of the first line, and right of the last, is a cell too.
    xs, ys = [box[0], *xs, box[2]], [box[1], *ys, box[3]]
    centres = [_centre(word.bbox) for word in page.words]
    cells = [
        (across, down)
        for across, down in product(pairwise(xs), pairwise(ys))
        if min(across[1] - across[0], down[1] - down[0]) > _SAME_LINE
    ]
    filled = sum(
        any(left < x < right and top < y < bottom for x, y in centres) for (left, right), (top, bottom) in cells
    )
    return filled >= _FILLED * len(cells)


def _places(rulings: Iterable[Ruling], place: Callable[[Ruling], float]) -> list[float]:
    """Where the long lines of one direction stand, each place once."""
    drawn = list(rulings)
    longest = max((ruling.length for ruling in drawn), default=0.0)
    places: list[float] = []
    for at in sorted(place(ruling) for ruling in drawn if ruling.length >= _LONG * longest):
        if not places or at - places[-1] > _SAME_LINE:
            places.append(at)
    return places


def _overlaps_line(box: Box, ruling: Ruling) -> bool:
    return ruling.x0 <= box[2] and ruling.x1 >= box[0] and ruling.y0 <= box[3] and ruling.y1 >= box[1]


def _overlaps(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 0 and down > 0 and across * down >= _OVERLAP * min(_area(one), _area(other))


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
