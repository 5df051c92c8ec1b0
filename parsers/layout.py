"""What a layout model takes the parts of a page for, and whether it is worth asking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from parsers.content import PageContent
from parsers.model import Box
from parsers.preloading import require

MODEL: Final = "parsers.layout_model.model"
"""Loaded before the fork, by whoever needs it first."""


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


def find_layout(page: PageContent) -> Layout | None:
    """Ask the layout model; None where the page comes from another library than PyMuPDF, or is too dense for it.

    Raises `ModulesNeeded` in a worker that was forked without the model.
    """
    native = page.source.native if page.source is not None else None
    if native is None:
        return None
    seen = require(MODEL).predict(native)
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
