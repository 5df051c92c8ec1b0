"""Where text stands in a raster: the boxes of printed lines, by a differentiable-binarisation detector (DB, 2020).

The detector gives each pixel the probability that it belongs to the shrunk core of a line. Cores are grown back by the
formula of the DB paper (distance = area × ratio / perimeter). Rasters are made upright before they are read, so a box
has no angle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.model import Box
from parsers.ocr.models import Image, models

# Thresholds as PP-OCRv6 was published with: a pixel, a line's mean, and the growth of a core.
_PIXEL = 0.3
_LINE = 0.5
_GROWTH = 1.6
_SMALLEST_CORE = 2
_MOST_LINES = 3_000
# A place lower than this share of the usual line's height holds no letters.
_LOW = 0.6
_MULTIPLE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """A printed line's place in pixels.

    `angle` is its slope in degrees, positive when it falls to the right (once turned from running up or down);
    `slenderness` how many times longer than thick its core is, whatever the slope.
    """

    bbox: Box
    angle: float
    slenderness: float

    @property
    def width(self) -> float:
        return self.bbox[2] - self.bbox[0]

    @property
    def height(self) -> float:
        return self.bbox[3] - self.bbox[1]


def find_text(image: Image, side: int) -> list[TextPlace]:
    """The lines of text in `image`, looked at with its longer side scaled to `side` pixels."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    rows, columns = _rounded(height * scale), _rounded(width * scale)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    seen = cv2.resize(image, (columns, rows), interpolation=method)
    likely = models().detector.run(seen)[0]
    return _places(likely, width / columns, height / rows)


def level_heights(places: Sequence[TextPlace], height: int) -> list[TextPlace]:
    """Places as high as the usual line where they are much lower: a dash is told by where it stands in its line."""
    if not places:
        return []
    usual = median(place.height for place in places)
    return [_heightened(place, usual, height) if place.height < _LOW * usual else place for place in places]


def _heightened(place: TextPlace, usual: float, height: int) -> TextPlace:
    left, top, right, bottom = place.bbox
    middle = (top + bottom) / 2
    return replace(place, bbox=(left, max(middle - usual / 2, 0.0), right, min(middle + usual / 2, float(height))))


def _places(likely: NDArray[np.float32], across: float, down: float) -> list[TextPlace]:
    mask = (likely > _PIXEL).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    flat = labels.ravel()
    areas = np.maximum(np.bincount(flat, minlength=count), 1)
    means = np.bincount(flat, likely.ravel().astype(np.float64), count) / areas
    rows, columns = mask.shape
    places: list[TextPlace] = []
    for index in range(1, min(count, _MOST_LINES)):
        left, top, wide, high = (int(value) for value in stats[index][:4])
        if min(wide, high) < _SMALLEST_CORE or means[index] < _LINE:
            continue
        grow = wide * high * _GROWTH / (2 * (wide + high))
        bbox = (
            max(left - grow, 0.0) * across,
            max(top - grow, 0.0) * down,
            min(left + wide + grow, columns) * across,
            min(top + high + grow, rows) * down,
        )
        core = labels[top : top + high, left : left + wide] == index
        slenderness = max(wide, high) ** 2 / float(areas[index])
        places.append(TextPlace(bbox=bbox, angle=_slope(core, across, down), slenderness=slenderness))
    return places


def _slope(core: NDArray[np.bool_], across: float, down: float) -> float:
    """The slope of a core along its longer side, by least squares, in degrees."""
    y, x = np.nonzero(core)
    along, over = (x * across, y * down) if core.shape[1] >= core.shape[0] else (y * down, x * across)
    along = along - along.mean()
    spread = float((along * along).sum())
    if spread == 0:
        return 0.0
    slope = float((along * (over - over.mean())).sum()) / spread
    return float(np.degrees(np.arctan(slope if core.shape[1] >= core.shape[0] else -slope)))


def _rounded(length: float) -> int:
    return max(round(length / _MULTIPLE), 1) * _MULTIPLE
