"""Which pictures of a page are figures."""

from __future__ import annotations

from parsers.content import PageContent
from parsers.model import Box, Derivation
from parsers.reading import FigureReading

# A picture is a figure from this share of the page on, and the page's background when it covers nearly all of it.
_FIGURE_SHARE = 0.01
_FIGURE_SIDE = 24.0
_BACKGROUND_SHARE = 0.85


def find_figures(page: PageContent) -> tuple[FigureReading, ...]:
    """Pictures large enough to mean something; parts of a larger picture and backgrounds of text left out."""
    whole = page.width * page.height
    kept: list[Box] = []
    for image in page.images:
        share = _area(image) / whole if whole else 0.0
        if share < _FIGURE_SHARE or min(image[2] - image[0], image[3] - image[1]) < _FIGURE_SIDE:
            continue
        if share >= _BACKGROUND_SHARE and page.char_count:
            continue
        if not any(_mostly_inside(image, other) for other in kept):
            kept.append(image)
    return tuple(FigureReading(bbox=box, derivation=_figure_derivation(box, whole)) for box in kept)


def _figure_derivation(box: Box, whole: float) -> Derivation:
    reason = f"A picture covers {_area(box) / whole:.0%} of the page."
    return Derivation(extractor="image_places", version="1", confidence=1.0, reason=reason)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _mostly_inside(box: Box, other: Box) -> bool:
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return across > 0 and down > 0 and across * down >= 0.8 * _area(box)
