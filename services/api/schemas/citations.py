"""Citations on the wire: the quote, its places, and the chain from the citation to the document."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from parsers.model import ElementKind
from services.api.schemas.base import AttributeValue, Contract
from services.api.schemas.spans import SpanSchema


class CitedElement(Contract):
    """An element that the quote is part of, and how it was made."""

    id: str
    kind: ElementKind
    page: int
    start: int
    end: int
    extractor: str
    extractor_version: str
    confidence: float
    reason: str


class CitedParse(Contract):
    """The reading of the bytes that the quote was taken from."""

    id: str
    producer: str
    policy: str


class CitedVersion(Contract):
    """The bytes that were read."""

    number: int
    sha256: str
    size: int
    media_type: str
    created_at: datetime


class CitedDocument(Contract):
    id: str
    collection: str
    name: str
    title: str
    source_uri: str
    attributes: dict[str, AttributeValue]


class LineageChain(Contract):
    """citation → elements → pages → parse → version → document."""

    citation_id: str
    elements: list[CitedElement]
    pages: list[int]
    parse: CitedParse
    version: CitedVersion
    document: CitedDocument


class PageImageLink(Contract):
    page: int
    href: str = Field(description="The page as PNG with the boxes drawn.")


class CitationAnswer(Contract):
    citation_id: str
    state: Literal["valid", "superseded"] = Field(description="`superseded`: a newer reading of the document is live.")
    quote: str
    start: int
    end: int
    spans: list[SpanSchema]
    section_path: list[str]
    element_types: list[str]
    lineage: LineageChain
    images: list[PageImageLink]
