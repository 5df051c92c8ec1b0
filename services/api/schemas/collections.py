"""Collections on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ingestion.model import AttributeType
from services.api.schemas.base import Contract, Listing, example


class ParsingSchema(Contract):
    """How the files of the collection are read."""

    policy: str | None = Field(
        default=None, max_length=32, description="fast, balanced, best or budget:N; null: the service's own."
    )
    languages: list[Annotated[str, Field(max_length=3)]] = Field(
        default_factory=list, max_length=8, description="What OCR should expect, likeliest first: en, de."
    )


class CollectionCreate(Contract):
    """A new collection. `attributes` is the schema that documents' attributes and filters are checked against."""

    model_config = example(
        {
            "name": "filings",
            "description": "Annual and quarterly reports",
            "attributes": {"company": "string", "year": "integer", "filed_on": "date"},
        }
    )

    name: str = Field(min_length=1, max_length=64, description="Letters, digits, dots, dashes, underscores.")
    description: str = Field(default="", max_length=2000)
    attributes: dict[str, AttributeType] = Field(default_factory=dict, max_length=64)
    parsing: ParsingSchema = Field(default_factory=ParsingSchema)


class CollectionSchema(Contract):
    model_config = example(
        {
            "id": "col_0123456789abcdef01234567",
            "name": "filings",
            "description": "Annual and quarterly reports",
            "attributes": {"company": "string", "year": "integer", "filed_on": "date"},
            "parsing": {"policy": None, "languages": []},
            "created_at": "2026-11-20T12:00:00Z",
            "document_count": 46,
            "paused": False,
        }
    )

    id: str
    name: str
    description: str
    attributes: dict[str, AttributeType]
    parsing: ParsingSchema
    created_at: datetime
    document_count: int
    paused: bool = Field(description="No job of it is begun.")


CollectionListing = Listing[CollectionSchema]
