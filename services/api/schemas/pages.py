"""Pages of a document on the wire."""

from __future__ import annotations

from pydantic import Field

from parsers.model import ElementKind, Flag, Role, TextSource
from services.api.schemas.base import Box, Contract


class PageProperties(Contract):
    number: int = Field(description="Counts from 1.")
    width: float
    height: float
    rotation: int
    text_source: TextSource
    name: str | None = Field(description="What the file calls it: a sheet's name.")


class PageCell(Contract):
    row: int
    column: int
    row_span: int
    column_span: int
    header: bool
    text: str
    bbox: Box | None
    start: int
    end: int
    address: str | None = Field(description="Its name in the sheet, as B7.")
    formula: str | None


class PageLink(Contract):
    """A part of the text and what it points to. Never followed."""

    start: int
    end: int
    target: str


class PageFigure(Contract):
    """The picture of a figure."""

    media_type: str
    width: int
    height: int
    href: str


class PageTable(Contract):
    """The grid; of its cells those on this page."""

    rows: int
    columns: int
    cells: list[PageCell]


class PageElement(Contract):
    """The part of an element that is on this page. `start:end` are of the document's canonical text."""

    id: str
    kind: ElementKind
    bbox: Box | None
    boxes: list[Box]
    start: int
    end: int
    text: str
    section_path: list[str]
    level: int | None
    parent: str | None
    table: PageTable | None
    role: Role | None
    flags: list[Flag] = Field(description="Why a reader of the document would not see this text.")
    links: list[PageLink]
    figure: PageFigure | None
    extractor: str
    confidence: float


class PageAnswer(Contract):
    document_id: str
    version: str = Field(description="SHA-256 of the bytes that were read.")
    parse_id: str
    page: PageProperties
    page_count: int
    text: str
    elements: list[PageElement]
    image: str | None = Field(description="Where the page is as PNG; null for kinds of documents without pages.")
