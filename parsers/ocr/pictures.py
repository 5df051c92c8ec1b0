"""Pictures on pages that have text of their own: is one a scanned part of the page, and what are the labels of another?

A picture is looked at in steps that each cost more than the one before: thin strokes as letters have them, then the
detector at a low resolution, then the recogniser on single lines, as far as the price goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from parsers import prices
from parsers.content import PageContent, PrintedLine
from parsers.model import Attempt, Box
from parsers.ocr.detection import TextPlace, find_text, level_heights
from parsers.ocr.engines import preload_engines
from parsers.ocr.first_look import is_sideways, is_upside_down
from parsers.ocr.frames import RasterFrame
from parsers.ocr.models import Image, models_installed
from parsers.ocr.printed import direction_after, printed_lines
from parsers.ocr.rapid import RapidEngine
from parsers.ocr.raster import image_of, turn
from parsers.turning import turn_box

_DPI = 200.0
_MOST_PIXELS = 4_000_000
_LEAST_PIXELS = 24
# The detector sees labels of 6 points at 100 dots per inch; a page at this many pixels.
_SEEN_DPI = 100.0
_SEEN_SIDE = 960
# Strokes of letters, at 100 dots per inch: thinner than the kernel, this much lighter or darker than what is around
# them, and as high as letters of 4 to 30 points. Fewer of them are no text worth reading.
_STROKE_KERNEL = 7
_STROKE_CONTRAST = 40
_LETTER_HEIGHTS = (4, 42)
_FEWEST_LETTERS = 8
# Letters that run up or down: a place so many times higher than wide, and than the usual line.
_TALL = 2.2
_TALL_LINES = 1.8
# Running text: lines so many times wider than high, which cover so much of the picture's width, and at least so many
# of such rows, which are most of all rows and so much of the picture's height.
_PROSE_ASPECT = 9.0
_PROSE_WIDTH = 0.5
_PROSE_ROWS = 6
_PROSE_MOST = 0.5
_PROSE_HEIGHT = 0.25
# What is read of a line with a lower mean confidence is left out.
_SURE_ENOUGH = 0.6
_RECOGNISED_HEIGHT = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLook:
    """A picture and the places in it that may hold text, in its pixels. `scale` is the size of a pixel in points."""

    bbox: Box
    image: Image
    scale: float
    places: tuple[TextPlace, ...]
    price: float

    def place_on_page(self, place: TextPlace) -> Box:
        left, top, right, bottom = (value * self.scale for value in place.bbox)
        return (self.bbox[0] + left, self.bbox[1] + top, self.bbox[0] + right, self.bbox[1] + bottom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Texts read in a picture, where they stand on the page, each in its own direction."""

    lines: tuple[PrintedLine, ...]
    attempt: Attempt
    price: float


def look_at_picture(page: PageContent, bbox: Box, price_limit: float, *, careful: bool = False) -> PictureLook | None:
    """Look for text in a picture; None where it shows none, or looking costs more than `price_limit`.

    `careful`: with the detector at the full resolution, for small print.
    """
    width, height = bbox[2] - bbox[0], bbox[3] - bbox[1]
    dpi = min(_DPI, 72.0 * (_MOST_PIXELS / (width * height)) ** 0.5) if width * height > 0 else 0.0
    if page.source is None or min(width, height) * dpi / 72.0 < _LEAST_PIXELS or not models_installed():
        return None
    share = 1.0 if careful else min(_SEEN_DPI / dpi, _SEEN_SIDE * 72.0 / (max(width, height) * dpi), 1.0)
    price = round(prices.OCR_MEGAPIXEL * width * height * (dpi * share / 72.0) ** 2 / 1e6, 4)
    if price > price_limit:
        return None
    image = image_of(page.source.render(dpi=dpi, clip=bbox))
    if not shows_letters(image, dpi):
        return None
    places = find_text(image, max(round(max(image.shape[:2]) * share), 1))
    if not places:
        return None
    return PictureLook(bbox=bbox, image=image, scale=72.0 / dpi, places=tuple(places), price=price)


def shows_letters(image: Image, dpi: float) -> bool:
    """Whether a picture has strokes as letters have them, dark on light or light on dark. Takes milliseconds."""
    zoom = min(_SEEN_DPI / dpi, 1.0)
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    kernel = np.ones((_STROKE_KERNEL, _STROKE_KERNEL), dtype=np.uint8)
    low, high = _LETTER_HEIGHTS
    for kind in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT):
        strokes = (cv2.morphologyEx(grey, kind, kernel) >= _STROKE_CONTRAST).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
        heights = np.maximum(stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_WIDTH])
        if int(np.count_nonzero((heights >= low) & (heights <= high))) >= _FEWEST_LETTERS:
            return True
    return False


def is_prose(look: PictureLook) -> bool:
    """Whether a picture is full of long lines of text, as a scanned part of a page is and a chart is not."""
    height, width = look.image.shape[:2]
    boxes = [place.bbox for place in look.places]
    if is_sideways(look.places):
        boxes = [turn_box(box, width, height, 1) for box in boxes]
        height, width = width, height
    rows = prose = 0
    filled = 0.0
    for row in _rows(boxes):
        rows += 1
        long = [box for box in row if box[2] - box[0] >= _PROSE_ASPECT * (box[3] - box[1])]
        if sum(box[2] - box[0] for box in long) >= _PROSE_WIDTH * width:
            prose += 1
            filled += median(box[3] - box[1] for box in long)
    return prose >= _PROSE_ROWS and prose >= _PROSE_MOST * rows and filled >= _PROSE_HEIGHT * height


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes whose middles are on one height, from the top."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box[1] + box[3], box)):
        if rows and (box[1] + box[3]) / 2 < rows[-1][0][3]:
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows


def read_labels(look: PictureLook, languages: Sequence[str], price_limit: float) -> Labels | None:
    """The texts of a picture that the engine is sure of; None where there are none.

    `price_limit` is what it may cost, the look included; the longest lines are read first, since words are worth more
    than the figures of an axis.
    """
    usual = median(min(place.width, place.height) for place in look.places)
    chosen: list[TextPlace] = []
    price = look.price
    for place in sorted(look.places, key=lambda place: (-max(place.width, place.height), place.bbox)):
        long, thick = max(place.width, place.height), min(place.width, place.height)
        cost = prices.OCR_LINE_THOUSAND * max(long / thick * _RECOGNISED_HEIGHT, 96.0) / 1000.0
        if price + cost > price_limit:
            break
        chosen.append(place)
        price += cost
    tall = [
        place for place in chosen if place.height >= _TALL * max(place.width, 1) and place.height > _TALL_LINES * usual
    ]
    upright = [place for place in chosen if all(place is not other for other in tall)]
    lines = [*_read(look, upright, 0, languages), *_read_tall(look, tall, languages)]
    if not lines:
        return None
    engine = RapidEngine()
    confidence = round(sum(confidence for _, confidence in lines) / len(lines), 2)
    attempt = Attempt(
        extractor=engine.name,
        version=engine.version,
        confidence=confidence,
        outcome=f"read {len(lines)} labels in {len(look.places)} places that may hold text",
    )
    return Labels(lines=tuple(line for line, _ in lines), attempt=attempt, price=round(price, 4))


def _read_tall(
    look: PictureLook, places: Sequence[TextPlace], languages: Sequence[str]
) -> list[tuple[PrintedLine, float]]:
    """Lines that run up or down, all in the same direction."""
    if not places:
        return []
    turned = turn(look.image, 1)
    return _read(look, places, 3 if is_upside_down(turned, _turned(look, places, 1)) else 1, languages)


def _turned(look: PictureLook, places: Sequence[TextPlace], turns: int) -> list[TextPlace]:
    height, width = look.image.shape[:2]
    return [
        TextPlace(bbox=turn_box(place.bbox, width, height, turns), angle=place.angle, slenderness=place.slenderness)
        for place in places
    ]


def _read(
    look: PictureLook, places: Sequence[TextPlace], turns: int, languages: Sequence[str]
) -> list[tuple[PrintedLine, float]]:
    """The lines at `places` that are upright after clockwise quarter turns, with the confidence of each."""
    height, width = look.image.shape[:2]
    image = turn(look.image, turns) if turns else look.image
    turned = level_heights(_turned(look, places, turns), image.shape[0])
    read = RapidEngine().read_places(image, turned, languages)
    frame = RasterFrame(
        left=look.bbox[0], top=look.bbox[1], scale=look.scale, width=width, height=height, quarter_turns=turns, skew=0.0
    )
    found: list[tuple[PrintedLine, float]] = []
    for line in read:
        if line.confidence >= _SURE_ENOUGH and any(character.isalnum() for character in line.text):
            printed = printed_lines([line], look.scale, frame.page_points, direction_after(turns))
            found += [(part, line.confidence) for part in printed]
    return found


def preload() -> None:
    """Load what the engines need, so that workers forked later share it. Leaves no thread behind."""
    preload_engines()
