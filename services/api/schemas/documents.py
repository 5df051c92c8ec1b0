"""Documents, versions and uploads on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ingestion.model import JobState
from services.api.schemas.base import AttributeValue, Contract, Listing, ProblemDocument, example
from services.api.schemas.jobs import JobSchema, LedgerSchema


class FactsSchema(Contract):
    """What the document says of itself, found out by reading it; empty where nothing sure was found."""

    title: str
    organisation: str
    periods: list[str] = Field(description="Most telling first: 2022, 2023-Q2, 2023-06 or 2023-06-30.")
    kind: str


class DocumentSchema(Contract):
    """One logical file. `sha256`, `size` and `media_type` are of the newest version; `live_*` of what is searchable."""

    model_config = example(
        {
            "id": "doc_0123456789abcdef01234567",
            "collection": "filings",
            "parent_id": None,
            "name": "reports/2024.pdf",
            "source_uri": "upload:reports/2024.pdf",
            "title": "Annual report 2024",
            "media_type": "application/pdf",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "size": 482133,
            "state": "succeeded",
            "attributes": {"company": "Example AG", "year": 2024},
            "created_at": "2026-11-20T12:00:00Z",
            "updated_at": "2026-11-20T12:00:09Z",
            "live_parse_id": "prs_0123456789abcdef01234567",
            "live_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "job_id": "job_0123456789abcdef01234567",
            "ledger": None,
            "facts": {
                "title": "Annual Report 2024",
                "organisation": "Example AG",
                "periods": ["2024"],
                "kind": "annual report",
            },
        }
    )

    id: str
    collection: str
    parent_id: str | None = Field(description="The document in whose file this one was found: a mail, an archive.")
    name: str
    source_uri: str
    title: str
    media_type: str
    sha256: str
    size: int
    state: JobState
    attributes: dict[str, AttributeValue]
    created_at: datetime
    updated_at: datetime
    live_parse_id: str | None
    live_sha256: str | None
    job_id: str
    ledger: LedgerSchema | None
    facts: FactsSchema | None = Field(description="Of what is searchable now.")


DocumentListing = Listing[DocumentSchema]


class VersionSchema(Contract):
    """The immutable bytes that a document had from `created_at` on."""

    number: int
    sha256: str
    size: int
    media_type: str
    created_at: datetime
    parse_id: str | None
    state: JobState
    dropped_at: datetime | None = Field(
        None, description="When its bytes and its text were removed, since history keeps only so many versions."
    )


class VersionListing(Contract):
    items: list[VersionSchema]


class AcceptedFile(Contract):
    """A file that is stored and will be read. `unchanged`: the same bytes were there already; nothing is done again."""

    document: DocumentSchema
    job: JobSchema
    unchanged: bool


class DocumentChange(Contract):
    """What is to change. What is left out, or null, stays as it is; an attribute that is null is taken away."""

    model_config = example({"name": "reports/2024.pdf", "attributes": {"year": 2024, "company": None}})

    name: str | None = Field(
        None, description="The document's key in its collection. It keeps its id; a new name gives a new title."
    )
    title: str | None = Field(None, description="In the place of the one that the name gives.")
    attributes: dict[str, AttributeValue | None] | None = Field(
        None, description="Values to set, or (null) to take away; other attributes stay."
    )


class RejectedFile(Contract):
    """A file that was not taken, and why; the others of the request are not touched by it."""

    name: str
    problem: ProblemDocument


class UploadAnswer(Contract):
    accepted: list[AcceptedFile]
    rejected: list[RejectedFile]


UPLOAD_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["collection", "files"],
    "properties": {
        "collection": {"type": "string", "description": "Name of an existing collection."},
        "attributes": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "JSON object of attributes that every file of the request gets.",
        },
        "password": {
            "type": "string",
            "description": "Opens encrypted files of this request. Kept sealed, never logged or given out.",
        },
        "priority": {
            "type": "string",
            "enum": ["interactive", "bulk"],
            "description": "`bulk`: let what somebody waits for overtake these files. Default: interactive.",
        },
        "files": {
            "type": "array",
            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
            "description": "One part per file. The file name is the document's key in the collection; "
            "folders in it are kept.",
        },
    },
    "additionalProperties": False,
    "example": {"collection": "filings", "attributes": '{"year": 2024}', "files": ["(bytes)"]},
}
