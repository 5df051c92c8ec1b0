"""Deleting documents: the tombstone hides them at once, their jobs stop, and a purge is noted down, in one transaction.

What was found inside a document's file goes with it. The tombstone stays. It stops a job that was under way from
publishing (`catalog.publishing` looks at it in the same transaction), and a later upload under the same name starts a
new life with the next generation.
"""

from __future__ import annotations

import hashlib
import uuid

from sqlalchemy import ColumnElement, Connection, and_, insert, literal, select, update

from ingestion.catalog.counters import next_change
from ingestion.catalog.tables import deletions, documents, jobs, purges
from ingestion.model import JobState

DELETED = "document_deleted"
_AT_ONCE = 500


def bury_documents(connection: Connection, which: ColumnElement[bool], now: float) -> str:
    """Tombstone the documents that `which` names and that are not deleted yet, and those inside them. The id of the
    receipt that covers them all (see `catalog.deletions`)."""
    receipt = "del_" + uuid.uuid4().hex[:24]
    family = select(documents.c.id).where(and_(which, documents.c.deleted_at.is_(None))).cte("family", recursive=True)
    inside = documents.alias("inside")
    family = family.union(select(inside.c.id).where(inside.c.parent_id == family.c.id))
    members = list(connection.execute(select(family.c.id)).scalars())
    for start in range(0, len(members), _AT_ONCE):
        _bury(connection, documents.c.id.in_(members[start : start + _AT_ONCE]), receipt, now)
    return receipt


def _bury(connection: Connection, which: ColumnElement[bool], receipt: str, now: float) -> None:
    condition = and_(which, documents.c.deleted_at.is_(None))
    chosen = select(documents.c.id).where(condition)
    stop_jobs(connection, jobs.c.document_id.in_(chosen), now, DELETED, "The document was deleted.")
    connection.execute(
        insert(purges).from_select(
            ["tenant", "document_id", "reason", "requested_at", "not_before", "attempts"],
            select(documents.c.tenant, documents.c.id, literal(DELETED), literal(now), literal(now), literal(0)).where(
                condition
            ),
        )
    )
    _begin_receipt(connection, condition, receipt, now)
    gone = {"deleted_at": now, "updated_at": now, "change": next_change(connection)}
    connection.execute(update(documents).where(condition).values(**gone))


def _begin_receipt(connection: Connection, which: ColumnElement[bool], receipt: str, now: float) -> None:
    columns = (documents.c.tenant, documents.c.id, documents.c.generation, documents.c.name)
    buried = [
        {
            "receipt_id": receipt,
            "document_id": row.id,
            "tenant": row.tenant,
            "generation": row.generation,
            "name_sha256": hashlib.sha256(row.name.encode()).hexdigest(),
            "requested_at": now,
        }
        for row in connection.execute(select(*columns).where(which))
    ]
    if buried:
        connection.execute(insert(deletions), buried)


def stop_jobs(connection: Connection, which: ColumnElement[bool], now: float, code: str, message: str) -> None:
    """Cancel queued jobs at once; ask running ones to stop."""
    reason = {"error_code": code, "error_message": message}
    connection.execute(
        update(jobs)
        .where(and_(which, jobs.c.state == JobState.QUEUED))
        .values(state=JobState.CANCELLED, finished_at=now, cancel_requested=True, **reason)
    )
    connection.execute(
        update(jobs).where(and_(which, jobs.c.state == JobState.RUNNING)).values(cancel_requested=True, **reason)
    )


def request_purge(connection: Connection, tenant: str, document_id: str, reason: str, now: float, after: float) -> None:
    """Note down that what the document no longer needs is to be removed, `after` seconds from now."""
    connection.execute(
        insert(purges).values(
            tenant=tenant,
            document_id=document_id,
            reason=reason,
            requested_at=now,
            not_before=now + after,
            attempts=0,
        )
    )
