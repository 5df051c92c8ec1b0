"""Lone dashes: in tables they stand for "nothing", and the detector, trained on words, does not see them.

A dash is a small, thin, solid stroke with no other ink around it, on the height of a line that was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np

from parsers.model import Box
from parsers.ocr.detection import TextPlace
from parsers.ocr.models import Image

# Measures of a dash as shares of the usual line's height (margins included), and how much of its box it fills.
_SHORTEST, _LONGEST, _THICKEST = 0.2, 1.1, 0.14
_SOLID = 0.75
_CLEAR = 0.35
# It stands this far from the middle of a line at the most: a dash lies in the middle of small letters.
_OFF_MIDDLE = 0.25
_EM, _EN = 0.5, 0.32


def find_dashes(image: Image, places: Sequence[TextPlace]) -> list[tuple[Box, str]]:
    """Places of lone dashes that no line holds, as high as a line, and the dash that each is."""
    if not places:
        return []
    usual = median(place.height for place in places)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    _, dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    wide, high, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    thin = (wide >= _SHORTEST * usual) & (wide <= _LONGEST * usual) & (high <= max(_THICKEST * usual, 2))
    likely = np.flatnonzero(thin & (wide >= 4 * high) & (area >= _SOLID * wide * high))
    found: list[tuple[Box, str]] = []
    for index in likely.tolist():
        left, top, width, height = (int(value) for value in stats[index][:4])
        middle = top + height / 2
        if not _stands_free(dark, (left, top, left + width, top + height), usual) or not _on_a_line(
            (left, left + width), middle, places, usual
        ):
            continue
        share = width / usual
        sign = "—" if share >= _EM else "–" if share >= _EN else "-"
        found.append(((float(left), middle - usual / 2, float(left + width), middle + usual / 2), sign))
    return found


def _stands_free(dark: Image, box: tuple[int, int, int, int], usual: float) -> bool:
    """Whether there is no ink around a stroke but its own."""
    left, top, right, bottom = box
    reach = round(_CLEAR * usual)
    around = dark[max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach]
    return int(np.count_nonzero(around)) == int(np.count_nonzero(dark[top:bottom, left:right]))


def _on_a_line(span: tuple[int, int], middle: float, places: Sequence[TextPlace], usual: float) -> bool:
    on_height = False
    for place in places:
        left, top, right, bottom = place.bbox
        if left < span[1] and right > span[0] and top < middle < bottom:
            return False
        on_height = on_height or abs((top + bottom) / 2 - middle) <= _OFF_MIDDLE * usual
    return on_height
