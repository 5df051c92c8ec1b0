"""What an extractor is: something that turns a region of a page into lines or tables, and says how sure it is.

A new extractor is one file in this folder and one line in the registry of `parsers/routing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from parsers.content import PageContent, PrintedLine, Word
from parsers.layout import Layout
from parsers.model import Box
from parsers.reading import CellReading


class RegionKind(StrEnum):
    """What a region is thought to hold; decides which extractors are asked."""

    TEXT = "text"
    TABLES = "tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRegion:
    """A part of a page that goes to an extractor, and the reason why.

    `layout` is what a layout model sees on the page, where one was asked.
    """

    kind: RegionKind
    bbox: Box
    reason: str
    layout: Layout | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedTable:
    """A proposed table. `words` are the page's own word objects that stand in its cells."""

    bbox: Box
    rows: int
    columns: int
    cells: tuple[CellReading, ...]
    words: tuple[Word, ...]
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The result for one region: lines in the order of the file, tables from top to bottom; confidence from 0 to 1."""

    lines: tuple[PrintedLine, ...] = ()
    tables: tuple[ExtractedTable, ...] = ()
    confidence: float


class Extractor(Protocol):
    """`price` is what a page costs in the policy's fixed prices, so that budgets don't depend on the machine."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def price(self) -> float: ...

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        """Extract what `region` holds. Pure: the same page and region give the same result."""
        ...
