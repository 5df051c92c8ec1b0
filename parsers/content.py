"""What a backend reads of one page: plain values, before anything is understood.

Everything that decides (routing, table finding, reading order, structure) works on these values and never on a PDF
library, so that each decision can be tested with a handful of lines typed by hand.

Boxes are `(left, top, right, bottom)` in points from the top-left corner of the page as a reader sees it (rotation
applied).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from parsers.model import Box, Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a run of characters is set. `size` in points; `color` is 0xRRGGBB."""

    font: str
    size: float
    bold: bool
    italic: bool
    monospace: bool
    color: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Characters between white space. The box holds exactly its characters' advance widths.

    `raised` marks a superscript: set smaller than its line, above the line's baseline (a footnote mark, an exponent).
    `confidence` is how sure OCR is of it, from 0 to 1; None in a text layer.
    """

    text: str
    bbox: Box
    style: Style
    raised: bool = False
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLine:
    """Words on one baseline without a gap wide enough to be a column gap; `text` has one blank between words.

    `baseline` is the coordinate the characters stand on, across the direction of writing (y of a horizontal line).
    `direction` is the unit vector of writing as a reader sees it: `(1, 0)` is left to right, `(0, -1)` runs upwards.
    `style` is that of most of its characters; `flag` says why no reader sees it (of hidden lines only).
    """

    text: str
    bbox: Box
    baseline: float
    direction: tuple[float, float]
    style: Style
    words: tuple[Word, ...]
    flag: Flag | None = None

    @property
    def horizontal(self) -> bool:
        return self.direction[0] > 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A drawn straight line along an axis: a stroke, a thin filled rectangle, or an edge of a filled area (`edge`).

    Horizontal when `y0 == y1`, vertical when `x0 == x1`; `x0 <= x1`, `y0 <= y1`; `thickness` in points (0 for an edge).
    """

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float = 0.0
    edge: bool = False

    @property
    def horizontal(self) -> bool:
        return self.y0 == self.y1

    @property
    def length(self) -> float:
        return (self.x1 - self.x0) + (self.y1 - self.y0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """A raster: `samples` are rows of RGB (3 bytes a pixel) or grey (1 byte), without padding."""

    width: int
    height: int
    channels: int
    samples: bytes


class PageSource(Protocol):
    """The page itself, for the few extractors that need to look at it. Valid while its document is open."""

    @property
    def native(self) -> Any:
        """The library's own page (`pymupdf.Page`), or None where the page comes from another library."""
        ...

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        """Draw the page, or the part of it inside `clip` (points, as a reader sees it)."""
        ...


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """One page as its backend reads it.

    lines         visible lines in the order of the file
    hidden        lines no reader sees, flagged: invisible, tiny or transparent, outside the page, coloured like paper
    scan_dpi      resolution of the page's largest image, in its own pixels per inch; 0 without one
    source        the page itself, for extractors that look at pixels; not part of the value
    rulings       axis-aligned drawn lines
    images        places of raster images, clipped to the page
    paths         drawn paths in all: a page may have its text drawn as outlines
    char_count    characters of the text layer that are not white space, hidden ones not counted
    unmapped      how many of them have no usable Unicode value (replacement character, private use)
    """

    number: int
    width: float
    height: float
    rotation: int
    lines: tuple[PrintedLine, ...]
    hidden: tuple[PrintedLine, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    images: tuple[Box, ...] = ()
    paths: int = 0
    char_count: int = 0
    unmapped: int = 0
    scan_dpi: float = 0.0
    source: PageSource | None = field(default=None, compare=False, repr=False)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of `lines`, in their order; the very same objects, so identity tells what a table has taken."""
        return tuple(word for line in self.lines for word in line.words)
