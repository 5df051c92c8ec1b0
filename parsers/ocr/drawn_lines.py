"""Straight lines drawn on a scanned page: what table borders and rules under headings are in the pixels.

A line is what is left of the ink after eroding it along one axis by more than any letter is long (morphological
opening). Its pieces are joined where noise or a rest of skew broke it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from parsers.content import Ruling
from parsers.model import Box
from parsers.ocr.judging import noise_of
from parsers.ocr.models import Image

# Lengths in points: what a line across has at least, and how thick a line may be.
_LONG_ACROSS = 24.0
_THICK = 4.0
# Lines down the page shorter than this are strokes of large letters unless they meet a line across at both ends.
_SURELY_DOWN = 36.0
_MEET = 3.0
# Pieces of a line are longer than strokes of letters; breaks between them are up to so many points, and they may be so
# far apart sideways, as in a line that is not quite level.
_PIECE_ACROSS, _PIECE_DOWN = 20.0, 9.0
_BREAK = 3.0
_DRIFT = 0.5
# Ink is this much darker than the paper around it, which is the lightest within so many points; noise makes the paper
# seem lighter than it is, by a few of its standard deviations (about 3.2 times the median that `noise_of` gives).
_PAPER_POINTS = 12.0
_CONTRAST = 24.0
_NOISE_MARGIN = 16.0
_MOST_LINES = 2_000
# A line is print where this share of it lies in the cores of words: their boxes less so much of their height above
# and below, where underlines and borders may be.
_PRINTED = 0.5
_CORE = 0.25


def find_drawn_lines(image: Image, scale: float, words: Sequence[Box] = ()) -> tuple[Ruling, ...]:
    """The lines of an upright, straight raster, from top to bottom. `scale` is the size of a pixel in points.

    `words` are places of words in pixels: at a low resolution their letters run into each other and look like lines.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    ink = _ink(grey, scale)
    across = [rule for rule in _lines(ink, scale, _PIECE_ACROSS) if rule.length >= _LONG_ACROSS]
    down = [_upended(rule) for rule in _lines(np.ascontiguousarray(ink.T), scale, _PIECE_DOWN)]
    kept = [rule for rule in down if rule.length >= _SURELY_DOWN or _hangs_between(rule, across)]
    cores = [_core(word, scale) for word in words]
    drawn = [rule for rule in (*across, *kept) if _inside(rule, cores) < _PRINTED * rule.length]
    return tuple(sorted(drawn, key=lambda rule: (rule.y0, rule.x0, rule.y1, rule.x1, rule.thickness)))


def _ink(grey: Image, scale: float) -> Image:
    """1 where a pixel is darker than the paper around it: thin lines in light grey count as well as black ones."""
    side = max(round(_PAPER_POINTS / scale), 3)
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), dtype=np.uint8))
    least = _CONTRAST + _NOISE_MARGIN * noise_of(grey)[0]
    ink: Image = (cv2.subtract(paper, grey) >= least).astype(np.uint8)
    return ink


def _lines(ink: Image, scale: float, piece: float) -> list[Ruling]:
    """The lines that run across, made of pieces at least so long (points)."""
    length = max(round(piece / scale), 3)
    gap = max(round(_BREAK / scale), 1)
    drift = max(round(_DRIFT / scale), 1)
    # A line that is not quite level goes on in the next row of pixels.
    thick = cv2.dilate(ink, np.ones((3, 1), dtype=np.uint8))
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), dtype=np.uint8)) & ink
    # Steps of a line that is not quite level touch once they are thickened.
    joined = cv2.dilate(opened, np.ones((2 * drift + 1, 2 * gap + 1), dtype=np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found: list[Ruling] = []
    for index in range(1, min(count, _MOST_LINES)):
        left, top, wide, high = (int(value) for value in stats[index][:4])
        line = (labels[top : top + high, left : left + wide] == index) & (
            opened[top : top + high, left : left + wide] > 0
        )
        rows, columns = line.sum(axis=1), np.flatnonzero(line.any(axis=0))
        if not len(columns):
            continue
        thickness = float(rows.sum()) / len(columns) * scale
        if thickness > _THICK:
            continue
        middle = round((top + float((rows * np.arange(len(rows))).sum()) / float(rows.sum()) + 0.5) * scale, 2)
        start, end = round((left + int(columns[0])) * scale, 2), round((left + int(columns[-1]) + 1) * scale, 2)
        found.append(Ruling(x0=start, y0=middle, x1=end, y1=middle, thickness=round(thickness, 2)))
    return found


def _core(word: Box, scale: float) -> Box:
    left, top, right, bottom = (value * scale for value in word)
    margin = _CORE * (bottom - top)
    return (left, top + margin, right, bottom - margin)


def _inside(rule: Ruling, boxes: Sequence[Box]) -> float:
    """How much of a line lies inside boxes."""
    if rule.horizontal:
        near = [box for box in boxes if box[1] < rule.y0 < box[3]]
        return sum(max(min(rule.x1, box[2]) - max(rule.x0, box[0]), 0.0) for box in near)
    near = [box for box in boxes if box[0] < rule.x0 < box[2]]
    return sum(max(min(rule.y1, box[3]) - max(rule.y0, box[1]), 0.0) for box in near)


def _upended(rule: Ruling) -> Ruling:
    return Ruling(x0=rule.y0, y0=rule.x0, x1=rule.y1, y1=rule.x1, thickness=rule.thickness)


def _hangs_between(rule: Ruling, across: list[Ruling]) -> bool:
    """Whether a line down the page begins and ends at lines across."""
    return all(
        any(abs(other.y0 - y) <= _MEET and other.x0 - _MEET <= rule.x0 <= other.x1 + _MEET for other in across)
        for y in (rule.y0, rule.y1)
    )
