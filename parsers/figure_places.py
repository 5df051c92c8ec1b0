"""Which parts of a page are figures: pictures of its own, and charts that are drawn with lines and areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from parsers.caption_words import begins_note, match_caption
from parsers.content import PageContent, PrintedLine
from parsers.layout import Layout, LayoutKind, LayoutRegion, region_at
from parsers.line_boxes import union
from parsers.model import Box, Derivation
from parsers.pieces import is_prose
from parsers.reading import FigureReading, TableReading
from parsers.scan_pictures import pictures_in_scan

# A picture is a figure from this share of the page on, and the page's background when it covers nearly all of it.
_FIGURE_SHARE: Final = 0.01
_FIGURE_SIDE: Final = 24.0
_BACKGROUND_SHARE: Final = 0.85
# Sides of strips of one picture may be so far apart (points).
_STRIP_SLACK: Final = 1.5
# A drawing: how many drawn parts it has at least, what share of the page it covers, and how much of it may be prose.
_DRAWN_PARTS: Final = 6
_DRAWING_SHARE: Final = 0.015
_PROSE_SHARE: Final = 0.5
# A drawn part no more than so much longer or wider than the picture that the model sees is part of it.
_LARGER_PART: Final = 1.25
# Names of axes and series, and titles of charts, are not longer.
_LONGEST_LABEL: Final = 44
# Labels stand this near to what is drawn.
_LABEL_DISTANCE: Final = 3.0
_DRAWN: Final = frozenset({"fill-path", "stroke-path", "fill-shade", "fill-image", "fill-imgmask"})
# Kinds of text that stays text where it stands in a drawing: the heading above a chart, the note below it.
_NOT_LABELS: Final = frozenset(
    {LayoutKind.TITLE, LayoutKind.SECTION_HEADER, LayoutKind.CAPTION, LayoutKind.FOOTNOTE, LayoutKind.LIST_ITEM}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFigure:
    """A figure and the lines that are its labels."""

    figure: FigureReading
    labels: tuple[PrintedLine, ...] = ()


def find_figures(page: PageContent) -> tuple[FigureReading, ...]:
    """Pictures large enough to mean something; parts of a larger picture and backgrounds of text left out.

    Strips that touch along a whole side are one picture, cut up by the program that wrote the file.
    """
    whole = page.width * page.height
    kept: list[Box] = []
    for image in whole_pictures(page.images):
        share = _area(image) / whole if whole else 0.0
        if share < _FIGURE_SHARE or min(image[2] - image[0], image[3] - image[1]) < _FIGURE_SIDE:
            continue
        if share >= _BACKGROUND_SHARE and page.char_count:
            continue
        if not any(mostly_inside(image, other) for other in kept):
            kept.append(image)
    return tuple(FigureReading(bbox=box, derivation=_figure_derivation(box, whole)) for box in kept)


def whole_pictures(images: Sequence[Box]) -> list[Box]:
    """The images with strips joined, in the order of their first parts."""
    joined: list[Box] = []
    for image in images:
        box = image
        place = len(joined)
        for index in range(len(joined) - 1, -1, -1):
            if _continues(joined[index], box):
                box = union([joined.pop(index), box])
                place = index
        joined.insert(place, box)
    return joined


def _continues(one: Box, other: Box) -> bool:
    """Whether two boxes have a whole side in common."""
    for low, high in ((0, 2), (1, 3)):
        same = abs(one[low] - other[low]) < _STRIP_SLACK and abs(one[high] - other[high]) < _STRIP_SLACK
        across = 1 - low
        gap = max(one[across], other[across]) - min(one[across + 2], other[across + 2])
        if same and abs(gap) < _STRIP_SLACK:
            return True
    return False


def place_figures(
    page: PageContent,
    layout: Layout,
    pictures: Sequence[FigureReading],
    lines: Sequence[PrintedLine],
    tables: Sequence[TableReading],
    *,
    scanned: bool = False,
) -> list[PlacedFigure]:
    """The pictures and, behind them, the charts and drawings that the layout model sees, each with its labels.

    What it sees must be drawn indeed (but in a scan, of which all is pixels), must be neither table nor picture, and
    must not be mostly running text. Labels are taken from `lines`: those that the model counts to a picture, and those
    in a drawing that are no prose.
    """
    taken: set[int] = set()
    placed: list[PlacedFigure] = []
    for picture in pictures:
        labels = _labels(picture.bbox, lines, layout, taken, drawn=False) if picture.bbox is not None else ()
        placed.append(PlacedFigure(figure=picture, labels=labels))
    places = [*(table.bbox for table in tables), *(picture.bbox for picture in pictures)]
    occupied = [place for place in places if place is not None]
    for box, confidence in _drawings(page, layout, scanned=scanned):
        inside = [line for line in lines if _centre_inside(line.bbox, box)]
        mostly_prose = _prose(inside) > _PROSE_SHARE * sum(len(line.text) for line in inside)
        if mostly_prose or any(_overlaps(box, other) for other in occupied):
            continue
        labels = _labels(box, lines, layout, taken, drawn=True)
        whole = union([box, *(line.bbox for line in labels)])
        occupied.append(whole)
        placed.append(PlacedFigure(figure=_drawing(whole, confidence, page, scanned=scanned), labels=labels))
    return placed


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _drawings(page: PageContent, layout: Layout, *, scanned: bool) -> list[tuple[Box, float]]:
    """Where the model sees a picture and something is drawn: the box of what is drawn there, the largest first.

    A picture that holds two others or more is a group of charts: each of them is a drawing of its own.
    """
    whole = page.width * page.height
    if scanned:
        return _largest_first(pictures_in_scan(page, layout))
    seen = [region for region in layout.regions if region.kind is LayoutKind.PICTURE]
    drawn = _drawn_parts(page) if seen else []
    found: list[tuple[LayoutRegion, Box]] = []
    for region in seen:
        parts = [part for part in drawn if _belongs(part, _wider(region.bbox))]
        if len(parts) < _DRAWN_PARTS:
            continue
        box = union(parts)
        if _DRAWING_SHARE * whole <= _area(box) <= _BACKGROUND_SHARE * whole and min(_sides(box)) >= _FIGURE_SIDE:
            found.append((region, box))
    return _largest_first((box, region.confidence) for region, box in found if not _is_group(region.bbox, found))


def _largest_first(places: Iterable[tuple[Box, float]]) -> list[tuple[Box, float]]:
    return sorted(places, key=lambda item: (-_area(item[0]), item[0]))


def _is_group(box: Box, found: Sequence[tuple[LayoutRegion, Box]]) -> bool:
    inside = [region.bbox for region, _ in found if region.bbox != box and mostly_inside(region.bbox, box)]
    return any(not _overlaps(one, other) for one, other in combinations(inside, 2))


def _belongs(part: Box, region: Box) -> bool:
    """Whether a drawn part has its middle in a region, and is no background that goes on far beyond it."""
    larger = any(own > _LARGER_PART * side for own, side in zip(_sides(part), _sides(region), strict=True))
    return _centre_inside(part, region) and not larger


def _drawn_parts(page: PageContent) -> list[Box]:
    """The boxes of everything drawn on the page but its text and what lies behind it."""
    native = page.source.native if page.source is not None else None
    if native is None:
        return []
    whole = page.width * page.height
    boxes = [_as_shown(box, native) for kind, box in native.get_bboxlog() if kind in _DRAWN]
    return [
        box
        for box in boxes
        if _area(box) < _BACKGROUND_SHARE * whole and max(_sides(box)) < 0.9 * max(page.width, page.height)
    ]


def _as_shown(box: Box, native: Any) -> Box:
    """A box of PyMuPDF's log, which knows no rotation, on the page as a reader sees it."""
    turned = native.rotation_matrix
    (x0, y0), (x1, y1) = (
        (x * turned.a + y * turned.c + turned.e, x * turned.b + y * turned.d + turned.f) for x, y in (box[:2], box[2:])
    )
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _labels(
    box: Box, lines: Iterable[PrintedLine], layout: Layout, taken: set[int], *, drawn: bool
) -> tuple[PrintedLine, ...]:
    """The lines that belong to a figure; their identities are added to `taken`, and none of those there is used."""
    labels = [line for line in lines if id(line) not in taken and _is_label(line, box, layout, drawn=drawn)]
    taken.update(id(line) for line in labels)
    return tuple(labels)


def _is_label(line: PrintedLine, box: Box, layout: Layout, *, drawn: bool) -> bool:
    if _is_running_text(line) or match_caption(line.text) is not None or begins_note(line.text):
        return False
    region = region_at(layout, (line.bbox[0] + line.bbox[2]) / 2, (line.bbox[1] + line.bbox[3]) / 2)
    inside = _centre_inside(line.bbox, _wider(box))
    if region is not None and region.kind is LayoutKind.PICTURE:
        return inside or (drawn and _overlaps(box, region.bbox))
    return drawn and inside and not (region is not None and region.kind in _NOT_LABELS)


def _is_running_text(line: PrintedLine) -> bool:
    """Whether a line is longer than the names that stand in a chart, and prose."""
    return len(line.text) > _LONGEST_LABEL and is_prose(line.text)


def _prose(lines: Iterable[PrintedLine]) -> int:
    return sum(len(line.text) for line in lines if _is_running_text(line))


def _drawing(box: Box, confidence: float, page: PageContent, *, scanned: bool) -> FigureReading:
    share = _area(box) / (page.width * page.height)
    where = "it covers {} of the scan." if scanned else "a drawing covers {} of the page there."
    reason = f"The layout model sees a picture, and {where.format(f'{share:.0%}')}"
    return FigureReading(
        bbox=_rounded(box),
        derivation=Derivation(extractor="layout_drawings", version="1", confidence=confidence, reason=reason),
    )


def _figure_derivation(box: Box, whole: float) -> Derivation:
    reason = f"A picture covers {_area(box) / whole:.0%} of the page."
    return Derivation(extractor="image_places", version="1", confidence=1.0, reason=reason)


def _rounded(box: Box) -> Box:
    return (round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2))


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _wider(box: Box) -> Box:
    return (box[0] - _LABEL_DISTANCE, box[1] - _LABEL_DISTANCE, box[2] + _LABEL_DISTANCE, box[3] + _LABEL_DISTANCE)


def _centre_inside(box: Box, other: Box) -> bool:
    middle_x, middle_y = _centre(box)
    return other[0] <= middle_x <= other[2] and other[1] <= middle_y <= other[3]


def _overlaps(box: Box, other: Box) -> bool:
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return across > 0 and down > 0 and across * down >= 0.2 * min(_area(box), _area(other))


def mostly_inside(box: Box, other: Box) -> bool:
    """Whether most of a box lies in another one."""
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return across > 0 and down > 0 and across * down >= 0.8 * _area(box)
