"""Pictures and charts that the image network sees: connected pixels that it takes for a picture."""

from __future__ import annotations

from typing import Final

import numpy as np

from parsers.layout_model.networks import Array
from parsers.model import Box

_PICTURE: Final = 3
"""The channel of pictures among the image network's classes: background, text, title, picture, table, …"""

_COARSE: Final = 3
"""Pixels are looked at in blocks of as many by as many: quicker, and gaps of a pixel or two close."""

_LEAST_BLOCKS: Final = 9
_LEAST_PURITY: Final = 0.5


def picture_areas(logits: Array, width: float, height: float) -> list[tuple[Box, float]]:
    """Boxes in points of a page of `width` × `height`, each with the share of its pixels that are picture.

    Those of which less than half is picture are left out. In the order of their topmost pixels.
    """
    is_picture = logits.argmax(axis=0) == _PICTURE
    rows, columns = is_picture.shape
    coarse = is_picture[_COARSE // 2 :: _COARSE, _COARSE // 2 :: _COARSE]
    areas: list[tuple[Box, float]] = []
    for top, left, bottom, right in _components(coarse):
        y0, y1 = top * _COARSE, min(rows, (bottom + 1) * _COARSE)
        x0, x1 = left * _COARSE, min(columns, (right + 1) * _COARSE)
        purity = float(is_picture[y0:y1, x0:x1].mean())
        if purity > _LEAST_PURITY:
            box = (x0 * width / columns, y0 * height / rows, x1 * width / columns, y1 * height / rows)
            areas.append((box, purity))
    return areas


def _components(cells: Array) -> list[tuple[int, int, int, int]]:
    """Bounds (first row, first column, last row, last column) of cells that touch, corners included."""
    waiting = {(int(row), int(column)): None for row, column in np.argwhere(cells)}
    found: list[tuple[int, int, int, int]] = []
    while waiting:
        start = next(iter(waiting))
        del waiting[start]
        reached = [start]
        for row, column in reached:
            for beside in [(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)]:
                if beside in waiting:
                    del waiting[beside]
                    reached.append(beside)
        if len(reached) >= _LEAST_BLOCKS:
            rows, columns = [row for row, _ in reached], [column for _, column in reached]
            found.append((min(rows), min(columns), max(rows), max(columns)))
    return found
