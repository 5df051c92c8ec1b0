"""Purges: what a document no longer needs is removed from index, artefacts and blobs, some time after it was hidden.

A purge does not say what to remove but makes the document's leftovers match the catalog: whatever is not live, and not
in its grace period, goes. So it can be repeated, and it clears up after failed jobs as well. It runs under a lease on
the document, during which no job of the document is claimed, since both write the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, select, update

from ingestion.catalog.counters import lock_epoch
from ingestion.catalog.database import Database
from ingestion.catalog.deletions import note_removed
from ingestion.catalog.history import is_kept
from ingestion.catalog.tables import document_versions, documents, jobs, parses, purges
from ingestion.catalog.tombstones import DELETED, request_purge
from ingestion.model import JobState

LEASE_SECONDS = 60.0
MAX_DELAY_SECONDS = 300.0

LOOK_AGAIN = "looked_again"
LOOK_AGAIN_SECONDS = 600.0
"""After a deletion was carried out it is carried out once more: a worker that had lost its lease without noticing may
have written something in between. Longer than such a worker goes on for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgePlan:
    """Of the document, all points and chunk files go but those of the parses in `keep`."""

    tenant: str
    document_id: str
    keep: frozenset[str]
    requests: tuple[int, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreferenced:
    """Parses (within the tenant) and bytes (anywhere) that no document needs any more. `shared_sha256s`: bytes that the
    document was made of, and others still are."""

    parse_ids: tuple[str, ...]
    sha256s: tuple[str, ...]
    shared_sha256s: tuple[str, ...] = ()


class Purging:
    def __init__(self, database: Database, grace_seconds: float, versions_kept: int | None = None) -> None:
        """`versions_kept`: how many versions history keeps of a document (None: all)."""
        self._database = database
        self._grace = grace_seconds
        self._kept = versions_kept

    def claim(self) -> PurgePlan | None:
        """The oldest purge that is due, under a lease on its document; None if none is."""
        with self._database.reading() as connection:
            if _due(connection, self._database.clock()) is None:
                return None
        with self._database.writing() as connection:
            now = self._database.clock()
            document_id = _due(connection, now)
            if document_id is None:
                return None
            connection.execute(
                update(documents).where(documents.c.id == document_id).values(purge_lease_until=now + LEASE_SECONDS)
            )
            return self._plan(connection, document_id, now)

    def _plan(self, connection: Connection, document_id: str, now: float) -> PurgePlan:
        document = connection.execute(select(documents).where(documents.c.id == document_id)).mappings().one()
        due = and_(purges.c.document_id == document_id, purges.c.done_at.is_(None), purges.c.not_before <= now)
        requests = connection.execute(select(purges.c.row_id, purges.c.attempts).where(due)).all()
        keep: set[str] = set()
        if document["deleted_at"] is None:
            in_grace = and_(
                parses.c.document_id == document_id,
                parses.c.generation == document["generation"],
                parses.c.retired_at > now - self._grace,
            )
            keep.update(connection.execute(select(parses.c.parse_id).where(in_grace)).scalars())
            if document["live_parse_id"] is not None:
                keep.add(document["live_parse_id"])
        return PurgePlan(
            tenant=document["tenant"],
            document_id=document_id,
            keep=frozenset(keep),
            requests=tuple(row.row_id for row in requests),
            attempts=max(row.attempts for row in requests),
        )

    def complete(
        self,
        plan: PurgePlan,
        remove: Callable[[Unreferenced], bool],
        told: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        """Index and chunk files are done: remove what no other document shares, and close the purge.

        `remove` runs inside the transaction, so that no job can start to rely on a parse that is being removed (a job
        names its parse in the catalog before it looks for the artefact). It answers False where something is too young
        to be removed safely; the purge is then repeated later. `told`: what the receipts of the document's deletion
        shall say of the removal.
        """
        with self._database.writing() as connection:
            lock_epoch(connection)
            unreferenced = _unreferenced(connection, plan, self._kept)
            finished = remove(unreferenced)
            _note_dropped(connection, plan, self._kept, self._database.clock())
            now = self._database.clock()
            values = {"done_at": now} if finished else {"not_before": now + MAX_DELAY_SECONDS}
            mine = purges.c.row_id.in_(plan.requests)
            reasons = set(connection.execute(select(purges.c.reason).where(mine)).scalars())
            connection.execute(update(purges).where(mine).values(**values))
            note_removed(connection, plan.document_id, told(), now if finished else None)
            if finished and DELETED in reasons:
                request_purge(connection, plan.tenant, plan.document_id, LOOK_AGAIN, now, LOOK_AGAIN_SECONDS)
            _unlock(connection, plan)

    def postpone(self, plan: PurgePlan) -> None:
        """It could not be done now; try again later, each time a little later."""
        with self._database.writing() as connection:
            delay = min(MAX_DELAY_SECONDS, 2.0**plan.attempts)
            connection.execute(
                update(purges)
                .where(purges.c.row_id.in_(plan.requests))
                .values(attempts=purges.c.attempts + 1, not_before=self._database.clock() + delay)
            )
            _unlock(connection, plan)

    def pending(self) -> int:
        """How many purges are still to be done, due or not; second looks are not counted."""
        waiting = and_(purges.c.done_at.is_(None), purges.c.reason != LOOK_AGAIN)
        with self._database.reading() as connection:
            return len(connection.execute(select(purges.c.row_id).where(waiting)).all())


def _due(connection: Connection, now: float) -> str | None:
    is_running = exists().where(and_(jobs.c.document_id == documents.c.id, jobs.c.state == JobState.RUNNING))
    is_purging = and_(documents.c.purge_lease_until.is_not(None), documents.c.purge_lease_until > now)
    statement = (
        select(purges.c.document_id)
        .join(documents, documents.c.id == purges.c.document_id)
        .where(and_(purges.c.done_at.is_(None), purges.c.not_before <= now, ~is_running, ~is_purging))
        .order_by(purges.c.not_before, purges.c.row_id)
        .limit(1)
    )
    return connection.execute(statement).scalar()


def _unlock(connection: Connection, plan: PurgePlan) -> None:
    connection.execute(update(documents).where(documents.c.id == plan.document_id).values(purge_lease_until=None))


def _note_dropped(connection: Connection, plan: PurgePlan, versions_kept: int | None, now: float) -> None:
    if versions_kept is None:
        return
    of_document = and_(
        documents.c.id == document_versions.c.document_id,
        documents.c.generation == document_versions.c.generation,
        documents.c.deleted_at.is_(None),
        is_kept(document_versions.c.number, documents, versions_kept),
    )
    gone = and_(
        document_versions.c.document_id == plan.document_id,
        document_versions.c.dropped_at.is_(None),
        ~exists().where(of_document),
    )
    connection.execute(update(document_versions).where(gone).values(dropped_at=now))


def _unreferenced(connection: Connection, plan: PurgePlan, versions_kept: int | None) -> Unreferenced:
    alive = documents.alias("alive")
    other_job, other_version = jobs.alias("other_job"), document_versions.alias("other_version")
    parse_is_needed = exists().where(
        and_(
            other_job.c.tenant == plan.tenant,
            other_job.c.parse_id == jobs.c.parse_id,
            alive.c.id == other_job.c.document_id,
            alive.c.generation == other_job.c.generation,
            alive.c.deleted_at.is_(None),
            is_kept(other_job.c.version_number, alive, versions_kept),
        )
    )
    bytes_are_needed = exists().where(
        and_(
            other_version.c.sha256 == document_versions.c.sha256,
            alive.c.id == other_version.c.document_id,
            alive.c.generation == other_version.c.generation,
            alive.c.deleted_at.is_(None),
            is_kept(other_version.c.number, alive, versions_kept),
        )
    )
    old_parses = select(jobs.c.parse_id).where(
        and_(
            jobs.c.document_id == plan.document_id,
            jobs.c.parse_id.is_not(None),
            ~parse_is_needed,
            jobs.c.parse_id.not_in(plan.keep),
        )
    )
    old_bytes = select(document_versions.c.sha256).where(
        and_(document_versions.c.document_id == plan.document_id, ~bytes_are_needed)
    )
    all_bytes = select(document_versions.c.sha256).where(document_versions.c.document_id == plan.document_id)
    sha256s = _texts(connection, old_bytes)
    return Unreferenced(
        parse_ids=tuple(sorted(_texts(connection, old_parses))),
        sha256s=tuple(sorted(sha256s)),
        shared_sha256s=tuple(sorted(_texts(connection, all_bytes) - sha256s)),
    )


def _texts(connection: Connection, statement: Select[Any]) -> set[str]:
    return {str(value) for value in connection.execute(statement).scalars()}
