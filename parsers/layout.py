"""What a layout model takes the parts of a page for, and whether it is worth asking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from parsers.content import PageContent
from parsers.model import Box
from parsers.policy import ParseOptions, ParsePolicy
from parsers.preloading import ModulesNeeded, require
from parsers.table_signals import table_likely

MODEL: Final = "parsers.layout_model.model"
"""Loaded before the fork, by whoever needs it first."""


# Pictures that cover so much of a page are worth a caption; so many drawn paths are more than rules and boxes.
_PICTURE_SHARE: Final = 0.02
_BACKGROUND_SHARE: Final = 0.85
_DRAWING_PATHS: Final = 60
# Words set in a font of mathematics, so many that a formula stands by itself.
_FORMULA_WORDS: Final = 8
_FORMULA_FONT: Final = re.compile(
    r"(?:^|\+)(?:CM(?:MI|SY|EX|BSY)|MSBM|EUFM|rsfs|MT-?Extra|Cambria-?Math|STIX.*Math)|Math\b", re.I
)
_CAPTION: Final = re.compile(r"(?:figure|fig\.|table|chart|exhibit|abbildung|tabelle|tableau)\s+\d+\s*[.:–—|]", re.I)


class LayoutKind(StrEnum):
    """The classes of the layout model."""

    TEXT = "text"
    TITLE = "title"
    PICTURE = "picture"
    TABLE = "table"
    LIST_ITEM = "list-item"
    PAGE_HEADER = "page-header"
    PAGE_FOOTER = "page-footer"
    SECTION_HEADER = "section-header"
    FOOTNOTE = "footnote"
    CAPTION = "caption"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutRegion:
    """A part of a page and what it is taken for; `confidence` from 0 to 1.

    `rows` (y) and `columns` (x) are where a table is divided, in points, outer edges not included; else empty.
    """

    kind: LayoutKind
    bbox: Box
    confidence: float
    rows: tuple[float, ...] = ()
    columns: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The regions of a page: groups of its text lines in the order of the file, then pictures. They may overlap."""

    regions: tuple[LayoutRegion, ...]


def find_layout(page: PageContent, *, scanned: bool = False, skew: float = 0.0) -> Layout | None:
    """Ask the layout model; None where it has no answer: the page comes from another library than PyMuPDF, is too
    dense, or breaks the model, or the model cannot be loaded here.

    `scanned`: the lines of the page were read from its pixels, in which they fall by `skew` degrees.

    Raises `ModulesNeeded` in a worker that was forked without the model, and `MemoryError`.
    """
    source = page.source
    if source is None or (source.native is None and not scanned):
        return None
    try:
        model = require(MODEL)
        seen = model.predict_scan(page, source, skew) if scanned else model.predict(source.native)
    except (ModulesNeeded, MemoryError):
        raise
    except Exception:  # noqa: BLE001  (a page without its layout is still a page: the cheap rules read it)
        return None
    if seen is None:
        return None
    return Layout(
        regions=tuple(
            LayoutRegion(
                kind=LayoutKind(region.kind),
                bbox=_rounded(region.bbox),
                confidence=round(region.confidence, 3),
                rows=tuple(round(place, 2) for place in region.rows),
                columns=tuple(round(place, 2) for place in region.columns),
            )
            for region in seen
        )
    )


def _rounded(box: Box) -> Box:
    return (round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2))


def layout_needed(page: PageContent, options: ParseOptions, *, scanned: bool = False) -> tuple[bool, str]:
    """Whether the layout model is worth asking, and why, for a person. Takes well below a millisecond.

    Never under `fast` and on pages without text, always under `best`; else where the signals speak of a table, of a
    picture or drawing, of a caption or of formulas. Of a `scanned` page there are no such signals, and reading it costs
    many times more: the model is always asked.
    """
    if options.policy is ParsePolicy.FAST:
        return False, "the policy asks no layout model"
    if page.char_count == 0:
        return False, "the page has no text layer"
    if options.policy is ParsePolicy.BEST:
        return True, "the policy asks the layout model on every page"
    if scanned:
        return True, "a scan does not tell where its pictures are"
    likely, signal = table_likely(page)
    if likely:
        return True, signal
    whole = page.width * page.height
    covered = sum(_area(image) for image in page.images if _area(image) < _BACKGROUND_SHARE * whole)
    if covered >= _PICTURE_SHARE * whole:
        return True, f"pictures cover {min(1.0, covered / whole):.0%} of the page"
    if page.paths >= _DRAWING_PATHS:
        return True, f"{page.paths} drawn paths"
    if any(_CAPTION.match(line.text) for line in page.lines):
        return True, "a caption"
    if sum(1 for word in page.words if _FORMULA_FONT.search(word.style.font)) >= _FORMULA_WORDS:
        return True, "fonts of mathematics"
    return False, signal


def region_at(layout: Layout, x: float, y: float) -> LayoutRegion | None:
    """The smallest region around a point, or None."""
    around = [
        region
        for region in layout.regions
        if region.bbox[0] <= x <= region.bbox[2] and region.bbox[1] <= y <= region.bbox[3]
    ]
    return min(around, key=lambda region: _area(region.bbox), default=None)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
