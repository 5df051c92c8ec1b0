"""Receipts of deletions on the wire. They hold ids and SHA-256s, never names or text."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ingestion.catalog.deletions import DeletedDocument, DeletionReceipt
from services.api.schemas.base import Contract, example

_EXAMPLE = {
    "id": "del_5f1c0a9b3d7e48c2a6b1d0e4",
    "state": "complete",
    "requested_at": "2026-01-02T03:04:05Z",
    "completed_at": "2026-01-02T03:04:09Z",
    "documents": [
        {
            "document_id": "doc_2f6e1f0c8a7b4d3e9c5a1b20",
            "life": 1,
            "name_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "completed_at": "2026-01-02T03:04:09Z",
            "points": 41,
            "artefacts": 4,
            "parses": ["prs_0123456789abcdef01234567"],
            "sha256s": ["2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"],
            "shared_sha256s": [],
            "checked": ["index", "artefacts", "bytes"],
        }
    ],
}


class DeletionState(StrEnum):
    """`pending`: hidden from every request already, and being removed. `complete`: removed, and looked for again."""

    PENDING = "pending"
    COMPLETE = "complete"


class DeletedDocumentSchema(Contract):
    """What was removed of one document so far."""

    document_id: str
    life: int = Field(description="Rises when a deleted document is uploaded again under its name.")
    name_sha256: str
    completed_at: datetime | None
    points: int = Field(description="Removed from all indexes.")
    artefacts: int = Field(description="Files of parses, passages, vectors and pictures that were removed.")
    parses: list[str]
    sha256s: list[str] = Field(description="Original bytes that no document needs any more: removed.")
    shared_sha256s: list[str] = Field(description="Original bytes that are kept, since other documents have them too.")
    checked: list[str] = Field(description="Where it was looked for after the removal, and not found.")


class DeletionSchema(Contract):
    """The receipt of a deletion: the document, and those that were found inside its file."""

    model_config = example(_EXAMPLE)

    id: str
    state: DeletionState
    requested_at: datetime
    completed_at: datetime | None
    documents: list[DeletedDocumentSchema]

    @classmethod
    def of(cls, receipt: DeletionReceipt) -> DeletionSchema:
        done = receipt.completed_at
        return cls(
            id=receipt.id,
            state=DeletionState.PENDING if done is None else DeletionState.COMPLETE,
            requested_at=receipt.requested_at,
            completed_at=done,
            documents=[_document(document) for document in receipt.documents],
        )


def _document(document: DeletedDocument) -> DeletedDocumentSchema:
    removed = document.removed
    return DeletedDocumentSchema(
        document_id=document.document_id,
        life=document.generation,
        name_sha256=document.name_sha256,
        completed_at=document.completed_at,
        points=removed.get("points", 0),
        artefacts=removed.get("artefacts", 0),
        parses=removed.get("parses", []),
        sha256s=removed.get("sha256s", []),
        shared_sha256s=removed.get("shared", []),
        checked=removed.get("checked", []),
    )
