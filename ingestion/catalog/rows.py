"""Joined rows of the catalog → records. The one place that knows both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select

from ingestion.catalog.stored import (
    attributes_out,
    cost_out,
    facts_out,
    ledger_out,
    parsing_out,
    schema_out,
    when,
    when_or_none,
)
from ingestion.catalog.tables import collections, documents, jobs, parses
from ingestion.model import (
    CollectionRecord,
    DocumentRecord,
    JobError,
    JobRecord,
    JobState,
    Stage,
    WorkQueue,
)


def document_rows() -> Select[Any]:
    """Documents that are not deleted, with their collection's name, their newest job's state, their live ledger."""
    live_parse = and_(
        parses.c.document_id == documents.c.id,
        parses.c.generation == documents.c.generation,
        parses.c.live_until_epoch.is_(None),
    )
    return (
        select(
            documents,
            collections.c.name.label("collection_name"),
            jobs.c.state.label("job_state"),
            parses.c.ledger.label("live_ledger"),
            parses.c.facts.label("live_facts"),
        )
        .join(collections, collections.c.id == documents.c.collection_id)
        .join(jobs, jobs.c.id == documents.c.job_id)
        .outerjoin(parses, live_parse)
        .where(documents.c.deleted_at.is_(None))
    )


def document_record(row: RowMapping) -> DocumentRecord:
    return DocumentRecord(
        id=row["id"],
        tenant=row["tenant"],
        collection=row["collection_name"],
        parent_id=row["parent_id"],
        name=row["name"],
        source_uri=row["source_uri"],
        title=row["title"],
        media_type=row["media_type"],
        sha256=row["sha256"],
        size=row["size"],
        state=JobState(row["job_state"]),
        attributes=attributes_out(row["attributes"]),
        created_at=when(row["created_at"]),
        updated_at=when(row["updated_at"]),
        live_parse_id=row["live_parse_id"],
        live_sha256=row["live_sha256"],
        job_id=row["job_id"],
        ledger=ledger_out(row["live_ledger"]),
        facts=facts_out(row["live_facts"]),
    )


def job_rows() -> Select[Any]:
    """Jobs, with the name of their document and collection, and how many documents were found inside it."""
    inside = documents.alias("inside")
    children = (
        select(func.count())
        .where(and_(inside.c.parent_id == jobs.c.document_id, inside.c.deleted_at.is_(None)))
        .scalar_subquery()
    )
    return (
        select(
            jobs,
            documents.c.name.label("document_name"),
            collections.c.name.label("collection_name"),
            children.label("children"),
        )
        .join(documents, documents.c.id == jobs.c.document_id)
        .join(collections, collections.c.id == documents.c.collection_id)
    )


def job_record(row: RowMapping) -> JobRecord:
    error = None
    if row["error_code"] is not None:
        error = JobError(code=row["error_code"], message=row["error_message"], stage=_stage(row["error_stage"]))
    return JobRecord(
        id=row["id"],
        document_id=row["document_id"],
        document_name=row["document_name"],
        collection=row["collection_name"],
        version=row["sha256"],
        state=JobState(row["state"]),
        stage=_stage(row["stage"]),
        pages_done=row["pages_done"],
        pages_total=row["pages_total"],
        pages_per_second=_speed(row),
        attempts=row["attempts"],
        created_at=when(row["created_at"]),
        started_at=when_or_none(row["started_at"]),
        finished_at=when_or_none(row["finished_at"]),
        error=error,
        ledger=ledger_out(row["ledger"]),
        cost=cost_out(row["cost"]),
        business_unit=row["business_unit"],
        cancel_requested=row["cancel_requested"],
        children=row["children"],
        queue=WorkQueue(row["queue"]),
        priority=row["priority"],
    )


def collection_record(row: RowMapping) -> CollectionRecord:
    return CollectionRecord(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        attributes=schema_out(row["attributes"]),
        parsing=parsing_out(row["parsing"]),
        created_at=when(row["created_at"]),
        document_count=row["document_count"],
        paused=row["paused_at"] is not None,
    )


def _stage(value: str | None) -> Stage | None:
    return None if value is None else Stage(value)


def _speed(row: RowMapping) -> float | None:
    """Of the current stage; of a finished job, over its whole run."""
    begin, end = row["stage_started_at"], row["heartbeat_at"]
    if row["finished_at"] is not None:
        begin, end = row["started_at"], row["finished_at"]
    if begin is None or end is None or end <= begin or not row["pages_done"]:
        return None
    return float(row["pages_done"] / (end - begin))
