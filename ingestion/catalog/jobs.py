"""Jobs as people see them: read, list, cancel, retry, prioritise. What workers do with them is in `catalog.queue`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, or_, select, update

from ingestion.catalog.acceptance import newest_revision
from ingestion.catalog.collections import collection_id
from ingestion.catalog.database import Database
from ingestion.catalog.outbox import enqueue
from ingestion.catalog.paging import decode_cursor, encode_cursor
from ingestion.catalog.rows import job_record, job_rows
from ingestion.catalog.tables import documents, jobs
from ingestion.catalog.tombstones import stop_jobs
from ingestion.catalog.waiting import explain
from ingestion.errors import JobConflict, JobNotFound, TooManyJobs
from ingestion.model import ACTIVE_STATES, FINISHED_STATES, JobRecord, JobState, Priority, WorkQueue

CANCELLED = "cancelled"
RETRYABLE = frozenset({JobState.FAILED, JobState.QUARANTINED, JobState.CANCELLED, JobState.PARTIAL})


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, job_id: str) -> JobRecord:
        """With the reason why it waits, where it does."""
        with self._database.reading() as connection:
            row = _row(connection, tenant, job_id)
            return replace(job_record(row), waiting=explain(connection, row, self._database.clock()))

    def list(
        self,
        tenant: str,
        collection: str | None = None,
        state: JobState | None = None,
        finished_since: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[builtins.list[JobRecord], str | None]:
        """Newest first. The second value is the cursor of the next page, None on the last."""
        statement = (
            job_rows().where(jobs.c.tenant == tenant).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit + 1)
        )
        if collection is not None:
            statement = statement.where(documents.c.collection_id == collection_id(tenant, collection))
        if state is not None:
            statement = statement.where(jobs.c.state == state)
        if finished_since is not None:
            # A time that was told to microseconds may lie just behind the one that is stored.
            statement = statement.where(jobs.c.finished_at >= finished_since.timestamp() - 1e-3)
        if after is not None:
            created, identity = decode_cursor(after, float, str)
            same_moment = and_(jobs.c.created_at == created, jobs.c.id > identity)
            statement = statement.where(or_(jobs.c.created_at < created, same_moment))
        with self._database.reading() as connection:
            rows = connection.execute(statement).mappings().all()
        more = len(rows) > limit
        cursor = encode_cursor(rows[limit - 1]["created_at"], rows[limit - 1]["id"]) if more else None
        return [job_record(row) for row in rows[:limit]], cursor

    def counts(self, tenant: str) -> dict[JobState, int]:
        """How many jobs are in each state; states without a job are 0."""
        statement = select(jobs.c.state, func.count()).where(jobs.c.tenant == tenant).group_by(jobs.c.state)
        with self._database.reading() as connection:
            found = {JobState(state): count for state, count in connection.execute(statement)}
        return {state: found.get(state, 0) for state in JobState}

    def cancel(self, tenant: str, job_id: str) -> JobRecord:
        """A queued job is cancelled at once, a running one is asked to stop; a finished one stays as it is."""
        with self._database.writing() as connection:
            _get(connection, tenant, job_id)
            now = self._database.clock()
            stop_jobs(connection, jobs.c.id == job_id, now, CANCELLED, "The job was cancelled.")
            return _get(connection, tenant, job_id)

    def retry(self, tenant: str, job_id: str) -> JobRecord:
        """Queue a job again that did not end well. A partial one reads its document anew, as a parse of its own,
        and what it had published stays searchable until then.

        Raises JobConflict if the job is not the newest of its document, or is in another state.
        """
        with self._database.writing() as connection:
            job = _get(connection, tenant, job_id)
            if job.state not in RETRYABLE:
                raise JobConflict(f"A job that is {job.state.value} cannot be tried again.")
            newest = and_(documents.c.job_id == job_id, documents.c.deleted_at.is_(None))
            if connection.execute(select(documents.c.id).where(newest)).first() is None:
                raise JobConflict("The document was deleted, or uploaded again, after this job.")
            revision: dict[str, int] = {}
            if job.state is JobState.PARTIAL:
                document = connection.execute(select(documents).where(newest)).mappings().one()
                revision = {"parse_revision": newest_revision(connection, {**document}) + 1}
            _queue_again(connection, job_id, self._database.clock(), revision)
            return _get(connection, tenant, job_id)

    def repeat(self, document_ids: Sequence[str]) -> int:
        """Queue the newest jobs of these documents again that have ended, however they did: what they left is damaged.
        What is searchable stays so until then. How many."""
        ended = and_(
            documents.c.id.in_(document_ids), documents.c.deleted_at.is_(None), jobs.c.state.in_(FINISHED_STATES)
        )
        statement = select(documents).join(jobs, documents.c.job_id == jobs.c.id).where(ended)
        with self._database.writing() as connection:
            found = connection.execute(statement).mappings().all()
            for document in found:
                # Also where the newest job was to index a parse again that is not stored any more.
                revision = {"parse_revision": newest_revision(connection, {**document})}
                _queue_again(connection, document["job_id"], self._database.clock(), revision)
            return len(found)

    def prioritise(self, tenant: str, job_id: str, priority: Priority) -> JobRecord:
        """Have it overtake those that are less urgent, or let them overtake it. Raises JobConflict if it has ended."""
        with self._database.writing() as connection:
            job = _get(connection, tenant, job_id)
            if job.state not in ACTIVE_STATES:
                raise JobConflict(f"A job that is {job.state.value} has no place in a queue.")
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(priority=priority))
            return _get(connection, tenant, job_id)

    def check_room(self, tenant: str, *, of_tenant: int, of_all: int) -> None:
        """Raises TooManyJobs while so many jobs of the tenant, or of all, are queued."""
        waiting = select(func.count()).where(jobs.c.state == JobState.QUEUED)
        with self._database.reading() as connection:
            if connection.execute(waiting).scalar_one() >= of_all:
                raise TooManyJobs("So many documents are waiting that no more are taken in now.", of_tenant=False)
            if connection.execute(waiting.where(jobs.c.tenant == tenant)).scalar_one() >= of_tenant:
                raise TooManyJobs(
                    "So many of your documents are waiting that no more are taken in now.", of_tenant=True
                )


def _queue_again(connection: Connection, job_id: str, now: float, revision: Mapping[str, int]) -> None:
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state=JobState.QUEUED,
            queue=WorkQueue.PARSE,
            **revision,
            attempts=0,
            waits=0,
            lost_leases=0,
            not_before=now,
            cancel_requested=False,
            stage=None,
            pages_done=0,
            finished_at=None,
            error_code=None,
            error_message=None,
            error_stage=None,
        )
    )
    enqueue(connection, job_id, WorkQueue.PARSE)


def _get(connection: Connection, tenant: str, job_id: str) -> JobRecord:
    return job_record(_row(connection, tenant, job_id))


def _row(connection: Connection, tenant: str, job_id: str) -> RowMapping:
    wanted = and_(jobs.c.id == job_id, jobs.c.tenant == tenant)
    row = connection.execute(job_rows().where(wanted)).mappings().first()
    if row is None:
        raise JobNotFound(job_id)
    return row
