"""Collections on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ingestion.model import AttributeType
from services.api.schemas.base import Contract, Listing, example


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


class CollectionSchema(Contract):
    model_config = example(
        {
            "id": "col_0123456789abcdef01234567",
            "name": "filings",
            "description": "Annual and quarterly reports",
            "attributes": {"company": "string", "year": "integer", "filed_on": "date"},
            "created_at": "2026-11-20T12:00:00Z",
            "document_count": 46,
        }
    )

    id: str
    name: str
    description: str
    attributes: dict[str, AttributeType]
    created_at: datetime
    document_count: int


CollectionListing = Listing[CollectionSchema]
