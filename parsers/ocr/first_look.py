"""A quick look at a picture: whether it shows text at all, which way up, how skewed, and how large.

The detector runs on a small version. Lines that are higher than wide say that the text runs up or down; a classifier
of single lines, asked for several of them, says which end is up; the slopes of the long lines say how skewed it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np

from parsers.ocr.detection import TextPlace, find_text
from parsers.ocr.models import Image, models
from parsers.ocr.raster import straighten, turn
from parsers.turning import turn_box

# What the look finds is read again where the cheap engine fails: at 736 the boxes of small print are too rough.
_SIDE = 960
# A line for telling directions is so many times longer than high; one for telling the slope even more.
_LINE_ASPECT = 1.8
_LONG_ASPECT = 5.0
# Lines that are asked which end is up, and the part of each: the classifier sees 192 × 48 pixels.
_ASKED_LINES = 16
_ASKED_WIDTH, _ASKED_HEIGHT = 192, 48
# Slopes below this many degrees are left as they are, and larger ones are no scanner's.
_SMALLEST_SKEW = 0.2
_LARGEST_SKEW = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What has to be done before reading: clockwise `quarter_turns`, then turning about the centre by `skew` degrees.

    `skew` is positive when lines of the turned picture fall to the right. `line_height` is the median height of a line
    in pixels, margins included; `places` where text stands in the picture once it is turned and straight.
    """

    quarter_turns: int
    skew: float
    line_height: float
    places: tuple[TextPlace, ...]


def look_at(image: Image) -> FirstLook | None:
    """Look at a picture; None when it shows no text."""
    places = _find(image)
    if not places:
        return None
    turns = 3 if is_sideways(places) else 0
    skew = _skew(places)
    places = _turned(places, image, turns)
    image = straighten(turn(image, turns), skew)
    if skew:
        places = _find(image) or places
    lines = [place for place in places if place.width >= _LINE_ASPECT * place.height] or places
    if is_upside_down(image, lines):
        turns = (turns + 2) % 4
        places = _turned(places, image, 2)
    height = median(place.height for place in lines)
    return FirstLook(quarter_turns=turns, skew=skew, line_height=height, places=tuple(places))


def _turned(places: Sequence[TextPlace], image: Image, turns: int) -> list[TextPlace]:
    """The places in the image after clockwise quarter turns."""
    height, width = image.shape[:2]
    return [replace(place, bbox=turn_box(place.bbox, width, height, turns)) for place in places]


def _find(image: Image) -> list[TextPlace]:
    return find_text(image, min(_SIDE, max(image.shape[:2])))


def is_sideways(places: Sequence[TextPlace]) -> bool:
    """Whether most of the text runs up or down."""
    across = sum(place.width for place in places if place.width >= _LINE_ASPECT * place.height)
    return sum(place.height for place in places if place.height >= _LINE_ASPECT * place.width) > across


def _skew(places: Sequence[TextPlace]) -> float:
    """The slope of the middle one of the long lines, weighted by their length."""
    long = sorted(
        (place.angle, max(place.width, place.height)) for place in places if place.slenderness >= _LONG_ASPECT
    )
    half = sum(length for _, length in long) / 2
    for angle, length in long:
        half -= length
        if half <= 0:
            return round(angle, 2) if _SMALLEST_SKEW <= abs(angle) <= _LARGEST_SKEW else 0.0
    return 0.0


def is_upside_down(image: Image, lines: Sequence[TextPlace]) -> bool:
    """Whether lines that run across stand on their heads, as the classifier sees the longest of them."""
    longest = sorted(lines, key=lambda line: (-line.width, line.bbox))[:_ASKED_LINES]
    return float(np.mean([_upside_down_share(image, line) for line in longest])) > 0.5


def _upside_down_share(image: Image, line: TextPlace) -> float:
    left, top, right, bottom = (round(value) for value in line.bbox)
    crop = image[top:bottom, left:right]
    height, width = crop.shape[:2]
    if height == 0 or width == 0:
        return 0.5
    # Cut from the middle, so that it counts what the line says and not its margins.
    part = min(width, height * _ASKED_WIDTH // _ASKED_HEIGHT)
    first = (width - part) // 2
    shown = cv2.resize(crop[:, first : first + part], (max(part * _ASKED_HEIGHT // height, 1), _ASKED_HEIGHT))
    missing = max(_ASKED_WIDTH - shown.shape[1], 0)
    shown = cv2.copyMakeBorder(shown, 0, 0, 0, missing, cv2.BORDER_CONSTANT, value=(127, 127, 127))
    return float(models().classifier.run(shown[:, :_ASKED_WIDTH])[1])
