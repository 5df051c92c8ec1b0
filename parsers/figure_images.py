"""The pictures of figures, cut out of the page as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from parsers import prices
from parsers.backends.mupdf import pymupdf
from parsers.content import PageContent, PageSource, Pixels
from parsers.model import Box
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import FigureReading, ImageReading

_DPI: Final = 150.0
MOST_FIGURES: Final = 40
"""Figures of a page whose pictures are kept, the first in the file."""

MOST_PIXELS: Final = 16_000_000
"""Of all pictures of a page; the next one is drawn smaller, or left out when it would be no use."""

_LARGEST: Final = 4_000_000
_SMALLEST_DPI: Final = 40.0
# A drawing has few colours; a photograph has about as many as pixels. Counted over so many samples.
_SAMPLES: Final = 10_000
_FEW_COLORS: Final = 1_500
_JPEG_QUALITY: Final = 85
# What libraries raise on pages that they cannot draw.
_FAULTS: Final = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError)


def with_images(page: PageContent, figures: Sequence[FigureReading], options: ParseOptions) -> list[FigureReading]:
    """The figures with their pictures: none under `fast`, and no more than `MOST_FIGURES`, `MOST_PIXELS` and the
    budget of the page allow. A figure whose picture cannot be drawn goes without."""
    if options.policy is ParsePolicy.FAST or page.source is None:
        return list(figures)
    budget = prices.page_budget(options)
    left, spent = MOST_PIXELS, 0.0
    result: list[FigureReading] = []
    for number, figure in enumerate(figures):
        image: ImageReading | None = None
        affordable = number < MOST_FIGURES and spent + prices.FIGURE_IMAGE <= budget
        if figure.bbox is not None and figure.image is None and affordable:
            image = _cut_out(page.source, _on_page(figure.bbox, page), min(left, _LARGEST))
        if image is None:
            result.append(figure)
            continue
        left -= image.width * image.height
        spent += prices.FIGURE_IMAGE
        derivation = replace(figure.derivation, price=round(figure.derivation.price + prices.FIGURE_IMAGE, 4))
        result.append(replace(figure, image=image, derivation=derivation))
    return result


def _on_page(box: Box, page: PageContent) -> Box:
    return (max(0.0, box[0]), max(0.0, box[1]), min(page.width, box[2]), min(page.height, box[3]))


def _cut_out(source: PageSource, box: Box, most_pixels: int) -> ImageReading | None:
    square_inches = (box[2] - box[0]) * (box[3] - box[1]) / 72**2
    if square_inches <= 0:
        return None
    dpi = min(_DPI, math.floor(math.sqrt(most_pixels / square_inches)))
    if dpi < _SMALLEST_DPI:
        return None
    try:
        return encode(source.render(dpi=dpi, clip=box))
    except _FAULTS:
        return None


def encode(pixels: Pixels) -> ImageReading:
    """PNG, or JPEG where there are as many colours as in a photograph."""
    space = pymupdf.csRGB if pixels.channels == 3 else pymupdf.csGRAY
    pixmap = pymupdf.Pixmap(space, pixels.width, pixels.height, pixels.samples, False)
    if _color_count(pixels) > _FEW_COLORS:
        return ImageReading(
            media_type="image/jpeg",
            width=pixels.width,
            height=pixels.height,
            data=bytes(pixmap.tobytes("jpeg", jpg_quality=_JPEG_QUALITY)),
        )
    return ImageReading(
        media_type="image/png", width=pixels.width, height=pixels.height, data=bytes(pixmap.tobytes("png"))
    )


def _color_count(pixels: Pixels) -> int:
    """Colours among evenly spread pixels; greys of one channel are at most 256."""
    step = max(1, pixels.width * pixels.height // _SAMPLES) * pixels.channels
    return len(set(zip(*(pixels.samples[channel::step] for channel in range(pixels.channels)), strict=False)))
