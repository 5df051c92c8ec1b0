"""Jobs on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ingestion.model import JobState, Stage, WorkQueue
from parsers.model import LedgerState
from services.api.schemas.base import Contract, Listing, example


class FindingSchema(Contract):
    """Something a person may have to look at; `page` is null when it is about the whole document."""

    page: int | None
    code: str
    message: str


class LedgerSchema(Contract):
    """What went in and what came out of a parse."""

    state: LedgerState
    pages_total: int
    pages_parsed: int
    text_coverage: float = Field(description="Share of the text layer's characters that ended in elements.")
    tables_found: int
    tables_extracted: int
    figures_found: int
    ocr_pages: int
    ocr_confidence: float | None
    findings: list[FindingSchema]


class JobErrorSchema(Contract):
    code: str = Field(description="Stable code, as `encrypted_document`.")
    message: str
    stage: Stage | None


class WaitingSchema(Contract):
    code: str = Field(description="Stable code, as `collection_paused`.")
    message: str


class PriorityChange(Contract):
    """`interactive`: before everything that is `bulk`."""

    model_config = example({"priority": "bulk"})

    priority: Literal["interactive", "bulk"]


class CostSchema(Contract):
    cpu_seconds: dict[str, float] = Field(description="CPU seconds by stage, over all attempts.")
    money: float = Field(description="US dollars.")


_EXAMPLE = {
    "id": "job_0123456789abcdef01234567",
    "document_id": "doc_0123456789abcdef01234567",
    "document_name": "reports/2024.pdf",
    "collection": "filings",
    "version": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "running",
    "stage": "parse",
    "pages_done": 32,
    "pages_total": 180,
    "pages_per_second": 41.5,
    "attempts": 1,
    "created_at": "2026-11-20T12:00:00Z",
    "started_at": "2026-11-20T12:00:01Z",
    "finished_at": None,
    "error": None,
    "ledger": None,
    "cost": {"cpu_seconds": {"fetch": 0.01, "parse": 0.7}, "money": 0.0},
    "business_unit": None,
    "cancel_requested": False,
    "children": 0,
    "queue": "parse",
    "waiting": None,
}


class JobSchema(Contract):
    """One run of ingestion for one version of a document."""

    model_config = example(_EXAMPLE)

    id: str
    document_id: str
    document_name: str
    collection: str
    version: str = Field(description="SHA-256 of the bytes.")
    state: JobState
    stage: Stage | None
    pages_done: int
    pages_total: int | None
    pages_per_second: float | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: JobErrorSchema | None
    ledger: LedgerSchema | None
    cost: CostSchema
    business_unit: str | None
    cancel_requested: bool
    children: int = Field(description="Documents that were found inside this one's file; see GET /v1/documents?parent=")
    queue: WorkQueue = Field(description="What it waits for, or is in.")
    waiting: WaitingSchema | None = Field(description="Why it is not worked on; only where one queued job is read.")


JobListing = Listing[JobSchema]
