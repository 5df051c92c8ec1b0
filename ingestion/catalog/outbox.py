"""The outbox: which jobs wait for a worker, and whether the broker has been told.

A row is written in the transaction that queues its job, and goes in the one that claims it. So the broker may lose
everything at any time: what it should hold can be read here. A message is a turn, not a job: who gets one takes the job
whose turn it is (`catalog.queue`), so that priority and fairness are decided when work begins, and it does not matter
which message was lost, or came twice.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, insert, null, select, update

from ingestion.catalog.claimable import claimable
from ingestion.catalog.database import Database
from ingestion.catalog.tables import collections, documents, jobs, outbox
from ingestion.model import JobState, WorkQueue


class Outbox:
    """What a dispatcher sees."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unsent(self, queue: WorkQueue, limit: int) -> list[str]:
        """Jobs that could be claimed now and that the broker was not told of: those that are first in line first."""
        with self._database.reading() as connection:
            return self._rows(connection, queue, limit, outbox.c.sent_at.is_(None))

    def sent(self, queue: WorkQueue, limit: int, *, seconds_ago: float = 0.0) -> list[str]:
        """Jobs that could be claimed, that the broker was told of so many seconds ago or more, and nobody has taken."""
        with self._database.reading() as connection:
            before = self._database.clock() - seconds_ago
            return self._rows(connection, queue, limit, outbox.c.sent_at <= before)

    def mark_sent(self, job_ids: list[str]) -> None:
        """The broker has been told of these now."""
        with self._database.writing() as connection:
            now = self._database.clock()
            connection.execute(update(outbox).where(outbox.c.job_id.in_(job_ids)).values(sent_at=now))

    def sweep(self) -> int:
        """Remove rows of jobs that ended while they waited (cancelled, deleted); how many."""
        waiting = select(jobs.c.id).where(jobs.c.state == JobState.QUEUED)
        stale = outbox.c.job_id.not_in(waiting)
        with self._database.reading() as connection:
            if connection.execute(select(outbox.c.job_id).where(stale).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            return connection.execute(delete(outbox).where(stale)).rowcount

    def _rows(self, connection: Connection, queue: WorkQueue, limit: int, told: ColumnElement[bool]) -> list[str]:
        statement = (
            select(outbox.c.job_id)
            .join(jobs, jobs.c.id == outbox.c.job_id)
            .join(documents, documents.c.id == jobs.c.document_id)
            .join(collections, collections.c.id == jobs.c.collection_id)
            .where(outbox.c.queue == queue, told, collections.c.paused_at.is_(None))
            .where(claimable(self._database.clock(), frozenset({queue})))
            .order_by(jobs.c.priority, jobs.c.created_at, jobs.c.id)
            .limit(limit)
        )
        return list(connection.execute(statement).scalars())


def enqueue(connection: Connection, job_id: str, queue: WorkQueue) -> None:
    """Note down that the job waits, in the transaction that queues it."""
    dequeue(connection, job_id)
    connection.execute(insert(outbox).values(job_id=job_id, queue=queue))


def enqueue_again(connection: Connection, job_ids: list[str]) -> None:
    """Note down that jobs which had been claimed wait again, each for what it waited for then."""
    connection.execute(delete(outbox).where(outbox.c.job_id.in_(job_ids)))
    again = select(jobs.c.id, jobs.c.queue, null()).where(jobs.c.id.in_(job_ids))
    connection.execute(insert(outbox).from_select(["job_id", "queue", "sent_at"], again))


def dequeue(connection: Connection, job_id: str) -> None:
    """The job has been claimed."""
    connection.execute(delete(outbox).where(outbox.c.job_id == job_id))
