"""Profiles and glossaries of collections on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ingestion.model import ProfileKind
from services.api.schemas.base import Contract, example

PROFILE_EXAMPLE = {
    "schema_version": 1,
    "name": "laboratory reports",
    "description": "Reports of the water laboratory.",
    "document_kinds": [{"name": "analytical report", "aliases": ["certificate of analysis"]}],
    "period_patterns": ["campaign {year}-{quarter}"],
    "source_hints": [{"phrases": ["in the summary"], "looks_for": ["executive summary", "main findings"]}],
    "organisations": [{"name": "Example Laboratories Ltd", "aliases": ["Exlab"]}],
}
GLOSSARY_EXAMPLE = {
    "schema_version": 1,
    "name": "laboratory words",
    "entries": [{"terms": ["BOD"], "expansions": ["biochemical oxygen demand"], "weight": 0.5}],
}


class ProfileVersionSchema(Contract):
    """One upload, or (`removed`) the removal of what was there. `created_by` is the id of the key that did it."""

    number: int
    removed: bool
    created_at: datetime
    created_by: str


class ProfileSchema(Contract):
    """`content` is what is in force, or the version asked for; null: none."""

    model_config = example(
        {
            "collection": "reports",
            "kind": "glossary",
            "version": 2,
            "content": GLOSSARY_EXAMPLE,
            "versions": [
                {
                    "number": 2,
                    "removed": False,
                    "created_at": "2026-11-20T12:00:00Z",
                    "created_by": "key_0123456789abcdef01234567",
                }
            ],
        }
    )

    collection: str
    kind: ProfileKind
    version: int | None
    content: dict[str, Any] | None
    versions: list[ProfileVersionSchema] = Field(description="Newest first; the last twenty.")
