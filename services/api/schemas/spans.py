"""Places in a document on the wire."""

from __future__ import annotations

from pydantic import Field

from services.api.schemas.base import Box, Contract


class SpanSchema(Contract):
    """A half-open range of code points of the canonical text, on one page: `text[start:end] == quote`."""

    start: int
    end: int
    page: int = Field(description="Counts from 1.")
    page_size: tuple[float, float] = Field(description="Width and height in points.")
    boxes: list[Box] = Field(description="One per printed line.")
    cell: tuple[int, int] | None = Field(description="Row and column, where the span is a cell of a table.")
    quote: str
