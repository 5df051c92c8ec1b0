"""From pixels of an upright, straight raster to points of a page, and back to where they were before straightening."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.model import Box
from parsers.turning import slant_box, turn_box, turned_size


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterFrame:
    """How a raster was made: the part of the page it shows, and how it was turned and straightened afterwards.

    `left` and `top` are the place of its corner and `scale` the size of a pixel, in points of the page; `width` and
    `height` its size in pixels as it was drawn.
    """

    left: float
    top: float
    scale: float
    width: int
    height: int
    quarter_turns: int
    skew: float

    def upright_points(self, box: Box) -> Box:
        """A box of the straightened raster in points of the page turned upright and straight (whole pages only)."""
        left, top, right, bottom = (round(value * self.scale, 2) for value in box)
        return (left, top, right, bottom)

    def page_points(self, box: Box) -> Box:
        """A box of the straightened raster in points of the page itself."""
        width, height = turned_size(self.width, self.height, self.quarter_turns)
        back = turn_box(slant_box(box, width, height, self.skew), width, height, -self.quarter_turns)
        left, top, right, bottom = (value * self.scale for value in back)
        return (
            round(self.left + left, 2),
            round(self.top + top, 2),
            round(self.left + right, 2),
            round(self.top + bottom, 2),
        )
