"""Documents as they were: what was live at a moment, of documents that are not deleted now.

Bytes, parse, ledger and facts are those of then; names, titles and attributes are today's, since they have no versions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, or_, select, true

from ingestion.catalog.rows import document_record
from ingestion.catalog.tables import collections, document_versions, documents, jobs, parses
from ingestion.model import DocumentRecord


def document_rows_at(moment: float) -> Select[Any]:
    """Like `rows.document_rows`, of the documents of which something was live at the moment (seconds since 1970)."""
    live_then = and_(
        parses.c.document_id == documents.c.id,
        parses.c.generation == documents.c.generation,
        parses.c.published_at <= moment,
        or_(parses.c.retired_at.is_(None), parses.c.retired_at > moment),
    )
    version_then = and_(
        document_versions.c.document_id == documents.c.id,
        document_versions.c.generation == documents.c.generation,
        document_versions.c.number == parses.c.version_number,
    )
    return (
        select(
            documents,
            collections.c.name.label("collection_name"),
            jobs.c.state.label("job_state"),
            parses.c.ledger.label("live_ledger"),
            parses.c.facts.label("live_facts"),
            parses.c.parse_id.label("parse_then"),
            document_versions.c.sha256.label("sha256_then"),
            document_versions.c.size.label("size_then"),
            document_versions.c.media_type.label("media_type_then"),
        )
        .join(collections, collections.c.id == documents.c.collection_id)
        .join(jobs, jobs.c.id == documents.c.job_id)
        .join(parses, live_then)
        .join(document_versions, version_then)
        .where(documents.c.deleted_at.is_(None))
    )


def record_of(row: RowMapping) -> DocumentRecord:
    """The record of a row of `document_rows` or of `document_rows_at`."""
    record = document_record(row)
    if "parse_then" not in row:
        return record
    return replace(
        record,
        sha256=row["sha256_then"],
        size=row["size_then"],
        media_type=row["media_type_then"],
        live_parse_id=row["parse_then"],
        live_sha256=row["sha256_then"],
    )


def is_kept(number: ColumnElement[int], document: FromClause, versions_kept: int | None) -> ColumnElement[bool]:
    """Whether history keeps a version of a document that is not deleted: one of the newest, or the one that is live."""
    if versions_kept is None:
        return true()
    live = (
        select(parses.c.version_number)
        .where(
            and_(
                parses.c.document_id == document.c.id,
                parses.c.generation == document.c.generation,
                parses.c.live_until_epoch.is_(None),
            )
        )
        .scalar_subquery()
    )
    return or_(number > document.c.version_number - versions_kept, number == live)
