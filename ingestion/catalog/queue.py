"""Jobs as workers see them: claim under a lease, report, give back, finish.

A lease has an owner, an end, and a fencing token that rises with every claim. Every write of a worker names its token
and does nothing if the job has been claimed again since (LeaseLost), so a worker that was away too long cannot disturb
the one that took over. A lease that ran out is not a failure of the document: the job is queued again as it was.
One document has at most one running job, and none while its leftovers are being purged. Whose turn it is says
`catalog.claimable`; that a job waits is also noted in `catalog.outbox`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from ingestion.catalog.claimable import next_job, note_turn
from ingestion.catalog.database import Database
from ingestion.catalog.outbox import dequeue, enqueue, enqueue_again
from ingestion.catalog.stored import attributes_out, cost_in, cost_out, ledger_in, parsing_out
from ingestion.catalog.tables import collections, document_versions, documents, jobs
from ingestion.catalog.tombstones import request_purge
from ingestion.errors import LeaseLost
from ingestion.model import ClaimedJob, Cost, JobError, JobState, Stage, WorkQueue
from parsers.model import Ledger

LEASE_SECONDS = 30.0
MAX_LOST_LEASES = 20
"""A job that outlived its worker this often most likely brings it down, and is quarantined."""

ABANDONED = "job_abandoned"
ALL_QUEUES = frozenset(WorkQueue)
_FIRST_STAGE = {WorkQueue.PARSE: Stage.FETCH, WorkQueue.EMBED: Stage.EMBED, WorkQueue.INDEX: Stage.INDEX}


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self,
        worker_id: str,
        lease_seconds: float = LEASE_SECONDS,
        queues: Collection[WorkQueue] = ALL_QUEUES,
    ) -> ClaimedJob | None:
        """The job of these queues whose turn it is (see `catalog.claimable`); None if there is nothing to do now."""
        if not self._has_work(queues):
            return None
        with self._database.writing() as connection:
            now = self._database.clock()
            job_id = next_job(connection, now, queues)
            if job_id is None:
                return None
            queue = connection.execute(select(jobs.c.queue).where(jobs.c.id == job_id)).scalar_one()
            dequeue(connection, job_id)
            note_turn(connection, job_id, now)
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=JobState.RUNNING,
                    lease_owner=worker_id,
                    lease_token=jobs.c.lease_token + 1,
                    lease_expires_at=now + lease_seconds,
                    heartbeat_at=now,
                    stage=_FIRST_STAGE[WorkQueue(queue)],
                    stage_started_at=now,
                    pages_done=0,
                    started_at=func.coalesce(jobs.c.started_at, now),
                )
            )
            return _claimed(connection, job_id)

    def heartbeat(self, job: ClaimedJob, lease_seconds: float = LEASE_SECONDS) -> bool:
        """Keep the lease; True if the job should stop (cancelled, superseded, deleted). Raises LeaseLost."""
        with self._database.writing() as connection:
            now = self._database.clock()
            write_fenced(connection, job, heartbeat_at=now, lease_expires_at=now + lease_seconds)
            return _stopping(connection, job)

    def should_stop(self, job: ClaimedJob) -> bool:
        """Like `heartbeat`, without writing: cheap enough to ask twice a second. Raises LeaseLost."""
        with self._database.reading() as connection:
            return _stopping(connection, job)

    def progress(
        self,
        job: ClaimedJob,
        *,
        stage: Stage,
        pages_done: int = 0,
        pages_total: int | None = None,
        cost: Cost | None = None,
        begins: bool = False,
        parse_id: str | None = None,
    ) -> None:
        """Say how far the job is. `begins`: the stage has just begun. `parse_id` names the artefacts it will write,
        so that a purge can find them even if the job never ends. Raises LeaseLost."""
        with self._database.writing() as connection:
            now = self._database.clock()
            values: dict[str, Any] = {
                "stage": stage,
                "pages_done": pages_done,
                "heartbeat_at": now,
            }
            if begins:
                values["stage_started_at"] = now
            if pages_total is not None:
                values["pages_total"] = pages_total
            if cost is not None:
                values["cost"] = cost_in(cost)
            if parse_id is not None:
                values["parse_id"] = parse_id
            write_fenced(connection, job, **values)

    def finish(
        self,
        job: ClaimedJob,
        state: JobState,
        *,
        cost: Cost,
        error: JobError | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        """End a job without publishing (failed, cancelled, quarantined; `catalog.publishing` ends the others).
        What it wrote to the index is purged. Raises LeaseLost."""
        with self._database.writing() as connection:
            now = self._database.clock()
            values: dict[str, Any] = {
                "state": state,
                "finished_at": now,
                "cost": cost_in(cost),
                "lease_expires_at": None,
            }
            if error is not None:
                values |= _error_values(error)
            if ledger is not None:
                values["ledger"] = ledger_in(ledger)
            write_fenced(connection, job, **values)
            request_purge(connection, job.tenant, job.document_id, ABANDONED, now, 0.0)

    def hand_over(self, job: ClaimedJob, queue: WorkQueue, *, cost: Cost) -> None:
        """The job has done what it waited for, and waits for the next. Raises LeaseLost."""
        self._queue_again(job, queue, cost, 0.0, {"error_code": None, "error_message": None, "error_stage": None})

    def release(
        self, job: ClaimedJob, *, cost: Cost, delay: float = 0.0, error: JobError | None = None, failed: bool = False
    ) -> None:
        """Give a job back to the queue, to be claimed after `delay` seconds. `error` says what it waits out; `failed`:
        this counts as a failed attempt, otherwise as a wait. Raises LeaseLost."""
        why: dict[str, Any] = {}
        if error is not None:
            counter = jobs.c.attempts if failed else jobs.c.waits
            why = _error_values(error) | {counter.name: counter + 1}
        self._queue_again(job, job.queue, cost, delay, why)

    def _queue_again(self, job: ClaimedJob, queue: WorkQueue, cost: Cost, delay: float, why: dict[str, Any]) -> None:
        """A job that is to stop ends here instead."""
        with self._database.writing() as connection:
            now = self._database.clock()
            values: dict[str, Any] = {"lease_expires_at": None, "cost": cost_in(cost)}
            if _stopping(connection, job):
                values |= {"state": JobState.CANCELLED, "finished_at": now}
                request_purge(connection, job.tenant, job.document_id, ABANDONED, now, 0.0)
            else:
                values |= {"state": JobState.QUEUED, "queue": queue, "not_before": now + delay} | why
                enqueue(connection, job.id, queue)
            write_fenced(connection, job, **values)

    def reconcile(self) -> int:
        """Queue jobs again whose lease ran out (their worker is gone); how many."""
        now = self._database.clock()
        lost = and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_expires_at < now)
        with self._database.reading() as connection:
            if not connection.execute(select(exists().where(lost))).scalar():
                return 0
        with self._database.writing() as connection:
            calling_off = and_(lost, jobs.c.cancel_requested)
            hopeless = and_(lost, jobs.c.lost_leases + 1 >= MAX_LOST_LEASES)
            ended = _end_lost(connection, calling_off, {"state": JobState.CANCELLED}, now)
            ended += _end_lost(connection, hopeless, _QUARANTINE | {"error_stage": jobs.c.stage}, now)
            again = list(connection.execute(select(jobs.c.id).where(lost).with_for_update()).scalars())
            values = {"state": JobState.QUEUED, "not_before": now, **_LEASE_IS_LOST}
            connection.execute(update(jobs).where(jobs.c.id.in_(again)).values(**values))
            enqueue_again(connection, again)
            return ended + len(again)

    def waits(self, job: ClaimedJob) -> int:
        """How often the job has waited something out."""
        with self._database.reading() as connection:
            return int(connection.execute(select(jobs.c.waits).where(jobs.c.id == job.id)).scalar_one())

    def _has_work(self, queues: Collection[WorkQueue]) -> bool:
        """A look without the write lock, so that idle workers do not queue up for it."""
        with self._database.reading() as connection:
            return next_job(connection, self._database.clock(), queues, lock=False) is not None


_QUARANTINE: dict[str, Any] = {
    "state": JobState.QUARANTINED,
    "error_code": "worker_lost",
    "error_message": f"The worker ended without a word {MAX_LOST_LEASES} times while it had this document.",
}


_LEASE_IS_LOST: dict[str, Any] = {"lost_leases": jobs.c.lost_leases + 1, "lease_expires_at": None}


def write_fenced(connection: Connection, job: ClaimedJob, **values: Any) -> None:
    """Change the job's row if its lease is still the caller's. Raises LeaseLost."""
    held = and_(jobs.c.id == job.id, jobs.c.lease_token == job.lease_token, jobs.c.state == JobState.RUNNING)
    if connection.execute(update(jobs).where(held).values(**values)).rowcount != 1:
        raise LeaseLost("Another worker has this job now.")


def _end_lost(connection: Connection, which: ColumnElement[bool], values: dict[str, Any], now: float) -> int:
    rows = connection.execute(select(jobs.c.id, jobs.c.tenant, jobs.c.document_id).where(which)).all()
    for row in rows:
        connection.execute(update(jobs).where(jobs.c.id == row.id).values(finished_at=now, **values, **_LEASE_IS_LOST))
        request_purge(connection, row.tenant, row.document_id, ABANDONED, now, 0.0)
    return len(rows)


def _stopping(connection: Connection, job: ClaimedJob) -> bool:
    held = and_(jobs.c.id == job.id, jobs.c.lease_token == job.lease_token, jobs.c.state == JobState.RUNNING)
    stopping = connection.execute(select(jobs.c.cancel_requested).where(held)).scalar()
    if stopping is None:
        raise LeaseLost("Another worker has this job now.")
    return bool(stopping)


def _error_values(error: JobError) -> dict[str, Any]:
    return {"error_code": error.code, "error_message": error.message, "error_stage": error.stage}


def _claimed(connection: Connection, job_id: str) -> ClaimedJob:
    statement = (
        select(
            jobs,
            documents.c.name,
            documents.c.title,
            documents.c.depth,
            collections.c.name.label("collection_name"),
            collections.c.parsing,
            document_versions.c.sealed_password,
        )
        .join(documents, documents.c.id == jobs.c.document_id)
        .join(collections, collections.c.id == documents.c.collection_id)
        .join(
            document_versions,
            and_(
                document_versions.c.document_id == jobs.c.document_id,
                document_versions.c.generation == jobs.c.generation,
                document_versions.c.number == jobs.c.version_number,
            ),
        )
        .where(jobs.c.id == job_id)
    )
    row = connection.execute(statement).mappings().one()
    return ClaimedJob(
        id=row["id"],
        tenant=row["tenant"],
        document_id=row["document_id"],
        generation=row["generation"],
        version_number=row["version_number"],
        parse_revision=row["parse_revision"],
        attributes_revision=row["attributes_revision"],
        lease_owner=row["lease_owner"],
        lease_token=row["lease_token"],
        attempts=row["attempts"],
        collection=row["collection_name"],
        name=row["name"],
        title=row["title"],
        sha256=row["sha256"],
        media_type=row["media_type"],
        attributes=attributes_out(row["attributes"]),
        cost=cost_out(row["cost"]),
        depth=row["depth"],
        business_unit=row["business_unit"],
        sealed_password=row["sealed_password"],
        parsing=parsing_out(row["parsing"]),
        queue=WorkQueue(row["queue"]),
        parse_id=row["parse_id"],
    )
