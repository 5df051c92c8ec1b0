"""Jobs as people see them: read, list, cancel, retry. What workers do with them is in `catalog.queue`."""

from __future__ import annotations

import builtins
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update

from ingestion.catalog.collections import collection_id
from ingestion.catalog.database import Database
from ingestion.catalog.paging import decode_cursor, encode_cursor
from ingestion.catalog.rows import job_record, job_rows
from ingestion.catalog.tables import documents, jobs
from ingestion.catalog.tombstones import stop_jobs
from ingestion.errors import JobConflict, JobNotFound
from ingestion.model import JobRecord, JobState

CANCELLED = "cancelled"
RETRYABLE = frozenset({JobState.FAILED, JobState.QUARANTINED, JobState.CANCELLED, JobState.PARTIAL})


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, job_id: str) -> JobRecord:
        with self._database.reading() as connection:
            return _get(connection, tenant, job_id)

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
            again = 1 if job.state is JobState.PARTIAL else 0
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=JobState.QUEUED,
                    parse_revision=jobs.c.parse_revision + again,
                    attempts=0,
                    waits=0,
                    lost_leases=0,
                    not_before=self._database.clock(),
                    cancel_requested=False,
                    stage=None,
                    pages_done=0,
                    finished_at=None,
                    error_code=None,
                    error_message=None,
                    error_stage=None,
                )
            )
            return _get(connection, tenant, job_id)


def _get(connection: Connection, tenant: str, job_id: str) -> JobRecord:
    wanted = and_(jobs.c.id == job_id, jobs.c.tenant == tenant)
    row = connection.execute(job_rows().where(wanted)).mappings().first()
    if row is None:
        raise JobNotFound(job_id)
    return job_record(row)
