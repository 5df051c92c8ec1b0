"""Whose turn it is: which queued jobs may be claimed, and in what order.

More urgent jobs come first. Among equals the tenant that was served longest ago has the turn, of its collections the
one that was served longest ago, and of its jobs the oldest: a tenant with ten thousand files waiting does not delay
another one's single file by more than one job per worker.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from ingestion.catalog.tables import collections, documents, jobs
from ingestion.model import JobState, WorkQueue

_CANDIDATES = 8
"""Collections looked into before a worker gives up because others are claiming from them at the same moment."""


def claimable(now: float, queues: Collection[WorkQueue]) -> ColumnElement[bool]:
    """Of `jobs` joined with `documents`: waits for one of the queues, and nothing of its document stands in the way."""
    other = jobs.alias("other")
    is_running = exists().where(and_(other.c.document_id == jobs.c.document_id, other.c.state == JobState.RUNNING))
    is_purging = and_(documents.c.purge_lease_until.is_not(None), documents.c.purge_lease_until > now)
    conditions = [jobs.c.state == JobState.QUEUED, jobs.c.not_before <= now, ~is_running, ~is_purging]
    if set(queues) != set(WorkQueue):
        conditions.append(jobs.c.queue.in_(sorted(queues)))
    return and_(*conditions)


def next_job(connection: Connection, now: float, queues: Collection[WorkQueue], *, lock: bool = True) -> str | None:
    """The job whose turn it is, locked where the database locks rows; None if there is none."""
    for collection in _collections(connection, now, queues):
        statement = (
            select(jobs.c.id)
            .join(documents, documents.c.id == jobs.c.document_id)
            .where(jobs.c.collection_id == collection, claimable(now, queues))
            .order_by(jobs.c.priority, jobs.c.created_at, jobs.c.id)
            .limit(1)
        )
        if lock:
            statement = statement.with_for_update(skip_locked=True)
        found = connection.execute(statement).scalar()
        if found is not None:
            return str(found)
    return None


def note_turn(connection: Connection, job_id: str, now: float) -> None:
    """The job's collection has been served. Where somebody else writes its row the turn is not noted: a claim waits for
    nobody, and so can be in no deadlock."""
    mine = select(jobs.c.collection_id).where(jobs.c.id == job_id).scalar_subquery()
    free = select(collections.c.id).where(collections.c.id == mine).with_for_update(skip_locked=True)
    collection = connection.execute(free).scalar()
    if collection is not None:
        connection.execute(update(collections).where(collections.c.id == collection).values(served_at=now))


def _collections(connection: Connection, now: float, queues: Collection[WorkQueue]) -> list[str]:
    """Those with a job to claim, in the order of their turns."""
    first = (
        select(jobs.c.priority)
        .join(documents, documents.c.id == jobs.c.document_id)
        .where(jobs.c.collection_id == collections.c.id, claimable(now, queues))
        .order_by(jobs.c.priority)
        .limit(1)
        .correlate(collections)
        .scalar_subquery()
    )
    peers = collections.alias("peers")
    served = select(func.max(peers.c.served_at)).where(peers.c.tenant == collections.c.tenant).scalar_subquery()
    ranked = (
        select(collections.c.id, collections.c.served_at, served.label("tenant_served_at"), first.label("priority"))
        .where(collections.c.paused_at.is_(None))
        .subquery()
    )
    statement = (
        select(ranked.c.id)
        .where(ranked.c.priority.is_not(None))
        .order_by(ranked.c.priority, ranked.c.tenant_served_at, ranked.c.served_at, ranked.c.id)
        .limit(_CANDIDATES)
    )
    return list(connection.execute(statement).scalars())
