"""Why a queued job is not being worked on, in a sentence for a person."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, and_, exists, func, select

from ingestion.catalog.tables import collections, documents, jobs
from ingestion.model import JobState, Waiting, WorkQueue

SILENCE_SECONDS = 60.0
"""Without a sign of any worker for so long, somebody should look whether there is one."""


def explain(connection: Connection, job: RowMapping, now: float) -> Waiting | None:
    """None for a job that is not queued. `job` is a row of `jobs`."""
    if job["state"] != JobState.QUEUED:
        return None
    queue = WorkQueue(job["queue"]).value
    collection = select(collections.c.paused_at).where(collections.c.id == job["collection_id"])
    if connection.execute(collection).scalar() is not None:
        return Waiting(code="collection_paused", message="Its collection is paused.")
    if job["not_before"] > now:
        seconds = max(1, round(job["not_before"] - now))
        because = f" after: {job['error_message']}" if job["error_message"] else "."
        return Waiting(code="waits_to_try_again", message=f"It is tried again in {seconds} s{because}")
    if _in_the_way(connection, job):
        return Waiting(code="document_busy", message="An earlier job of the same document is still ending.")
    lease = select(documents.c.purge_lease_until).where(documents.c.id == job["document_id"])
    if (connection.execute(lease).scalar() or 0.0) > now:
        return Waiting(code="document_purging", message="What an earlier version has left is being removed.")
    ahead = _ahead(connection, job)
    if not _workers_seen(connection, job["queue"], now) and now - job["created_at"] > SILENCE_SECONDS:
        return Waiting(
            code="no_worker", message=f"No worker has taken {queue} jobs for {SILENCE_SECONDS:.0f} s: is one running?"
        )
    told = f" {ahead} of its collection are before it." if ahead else ""
    return Waiting(code="waits_for_worker", message=f"It waits for a worker ({queue}).{told}")


def _in_the_way(connection: Connection, job: RowMapping) -> bool:
    running = exists().where(and_(jobs.c.document_id == job["document_id"], jobs.c.state == JobState.RUNNING))
    return bool(connection.execute(select(running)).scalar())


def _ahead(connection: Connection, job: RowMapping) -> int:
    more_urgent = jobs.c.priority < job["priority"]
    older = and_(jobs.c.priority == job["priority"], jobs.c.created_at < job["created_at"])
    before = and_(
        jobs.c.collection_id == job["collection_id"],
        jobs.c.state == JobState.QUEUED,
        jobs.c.queue == job["queue"],
        more_urgent | older,
    )
    return int(connection.execute(select(func.count()).where(before)).scalar_one())


def _workers_seen(connection: Connection, queue: str, now: float) -> bool:
    seen = exists().where(and_(jobs.c.queue == queue, jobs.c.heartbeat_at > now - SILENCE_SECONDS))
    return bool(connection.execute(select(seen)).scalar())
