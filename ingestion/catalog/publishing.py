"""Publishing: one transaction makes a parse the live one of its document, and retires the one before it.

The points of the new parse are in the index, counted and flushed, before this is called; nobody sees them until the
epoch rises here. A query that pinned an earlier epoch goes on seeing the earlier parse, whose points are purged after
a grace period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, insert, select, update

from ingestion.catalog.acceptance import Upload, accept
from ingestion.catalog.collections import collection_id
from ingestion.catalog.counters import (
    Counters,
    next_change,
    next_epoch,
    read_counters,
    read_epoch,
    settings_changed,
)
from ingestion.catalog.database import Database
from ingestion.catalog.indexes import check_index
from ingestion.catalog.queue import write_fenced
from ingestion.catalog.stored import attributes_out, cost_in, facts_in, languages_in, languages_out, ledger_in
from ingestion.catalog.tables import collections, document_versions, documents, jobs, parses
from ingestion.catalog.tombstones import bury_documents, request_purge
from ingestion.errors import Superseded
from ingestion.model import INDEX_AGAIN, SEARCHABLE_STATES, ChildFile, ClaimedJob, Cost, JobState, Stage
from parsers.model import Ledger
from retrieval.facts import DocumentFacts

RETIRED = "parse_retired"
GRACE_SECONDS = 60.0
"""Longer than any query may run: until then a retired parse's points stay in the index for those that pinned it."""

_AKIN = 2


class Publishing:
    def __init__(self, database: Database, grace_seconds: float = GRACE_SECONDS) -> None:
        self._database = database
        self._grace = grace_seconds

    def epoch(self) -> int:
        return self.counters().epoch

    def counters(self) -> Counters:
        """They move with everything that can change what a question finds."""
        return read_counters(self._database)

    def publish(
        self,
        job: ClaimedJob,
        *,
        parse_id: str,
        point_count: int,
        ledger: Ledger,
        cost: Cost,
        state: JobState,
        children: Sequence[ChildFile] = (),
        language: str = "en",
        facts: DocumentFacts | None = None,
        switches: int | None = None,
    ) -> int:
        """Make the parse live, end the job with `state` (succeeded or partial); the epoch it is live from.

        `children` become documents with jobs of their own, with the parent's attributes; those that an earlier version
        had, and this one has not, are deleted. `language` is what its points were stemmed by, and questions are now.
        `facts` are what was found out that the document is.

        `switches`: the number (see `catalog.indexes`) of the index that its points were written to.

        Raises LeaseLost if another worker has the job, Superseded if the document was deleted, the job was cancelled,
        or newer bytes or attributes were accepted meanwhile; IndexSwitched if that index is not the live one any more.
        In all these cases nothing changes.
        """
        with self._database.writing() as connection:
            now = self._database.clock()
            _check_current(connection, job)
            check_index(connection, switches, now)
            live = _live_parse(connection, job)
            found = {"point_count": point_count, "facts": None if facts is None else facts_in(facts)}
            if live is not None and live["parse_id"] == parse_id:
                # Indexed again as it was (new attributes, a second run): it is live already.
                epoch = read_epoch(connection)
                connection.execute(update(parses).where(parses.c.row_id == live["row_id"]).values(**found))
            else:
                epoch = next_epoch(connection)
                self._retire(connection, job, epoch, now)
                _enter(connection, job, parse_id, found | {"published_at": now}, ledger, cost, epoch)
            connection.execute(
                update(documents)
                .where(documents.c.id == job.document_id)
                .values(live_parse_id=parse_id, live_sha256=job.sha256, updated_at=now, change=next_change(connection))
            )
            ended = {"state": state, "ledger": ledger_in(ledger), "cost": cost_in(cost)}
            write_fenced(connection, job, finished_at=now, heartbeat_at=now, **ended, **_ENDS_WELL)
            _replace_children(connection, job, children, now)
            _note_language(connection, job, language)
            return epoch

    def parse_to_keep(self, job: ClaimedJob) -> str | None:
        """The live parse that the job is to index again; None where it is to read its version like any other."""
        if job.parse_revision != INDEX_AGAIN:
            return None
        live = select(documents.c.live_parse_id).where(
            and_(
                documents.c.id == job.document_id,
                documents.c.generation == job.generation,
                documents.c.live_sha256 == job.sha256,
            )
        )
        with self._database.reading() as connection:
            return connection.execute(live).scalar()

    def akin(self, job: ClaimedJob, parse_id: str) -> list[tuple[str, str]]:
        """(document, parse) pairs of the tenant whose pages and passages are likely those of the job's parse: itself,
        what is live of its document, and some documents of the same parse."""
        live = select(documents.c.live_parse_id).where(
            and_(documents.c.id == job.document_id, documents.c.live_parse_id.is_not(None))
        )
        same = (
            select(jobs.c.document_id)
            .where(
                and_(
                    jobs.c.tenant == job.tenant,
                    jobs.c.parse_id == parse_id,
                    jobs.c.document_id != job.document_id,
                    jobs.c.state.in_(SEARCHABLE_STATES),
                )
            )
            .order_by(jobs.c.finished_at.desc())
            .limit(_AKIN)
        )
        with self._database.reading() as connection:
            before = [(job.document_id, str(parse)) for parse in connection.execute(live).scalars()]
            others = [(str(document), parse_id) for document in connection.execute(same).scalars()]
        return list(dict.fromkeys([(job.document_id, parse_id), *before, *others]))

    def _retire(self, connection: Connection, job: ClaimedJob, epoch: int, now: float) -> None:
        of_document = and_(parses.c.document_id == job.document_id, parses.c.live_until_epoch.is_(None))
        retired = connection.execute(
            update(parses).where(of_document).values(live_until_epoch=epoch, retired_at=now)
        ).rowcount
        if retired:
            request_purge(connection, job.tenant, job.document_id, RETIRED, now, self._grace)


_ENDS_WELL: Mapping[str, Any] = {
    "stage": Stage.PUBLISH,
    "lease_expires_at": None,
    "error_code": None,
    "error_message": None,
    "error_stage": None,
}


def _replace_children(connection: Connection, job: ClaimedJob, children: Sequence[ChildFile], now: float) -> None:
    """By what the document is called now, and says of itself now: it may have changed since the job was claimed."""
    parent = connection.execute(select(documents).where(documents.c.id == job.document_id)).mappings().one()
    kept = [
        accept(
            connection,
            Upload(
                tenant=job.tenant,
                collection=job.collection,
                name=_name_inside(parent["name"], job.name, child.name),
                sha256=child.sha256,
                size=child.size,
                media_type=child.media_type,
                attributes=dict(attributes_out(parent["attributes"])),
                business_unit=job.business_unit,
                parent_id=job.document_id,
                depth=job.depth + 1,
            ),
            now,
        ).document.id
        for child in children
    ]
    gone = select(documents.c.id).where(
        and_(documents.c.parent_id == job.document_id, documents.c.deleted_at.is_(None))
    )
    for identity in set(connection.execute(gone).scalars()) - set(kept):
        bury_documents(connection, documents.c.id == identity, now)


def _name_inside(parent: str, known_as: str, child: str) -> str:
    inside = child.removeprefix(known_as)
    return child if parent == known_as or inside == child else parent + inside


def _note_language(connection: Connection, job: ClaimedJob, language: str) -> None:
    mine = collections.c.id == collection_id(job.tenant, job.collection)
    known = languages_out(connection.execute(select(collections.c.languages).where(mine)).scalar_one())
    if language not in known:
        connection.execute(update(collections).where(mine).values(languages=languages_in({*known, language})))
        settings_changed(connection)


def _check_current(connection: Connection, job: ClaimedJob) -> None:
    """Raises Superseded unless this job is the one that may publish for its document."""
    statement = select(documents).where(documents.c.id == job.document_id).with_for_update()
    row = connection.execute(statement).mappings().one()
    is_live = job.parse_revision == INDEX_AGAIN and job.sha256 == row["live_sha256"]
    if row["deleted_at"] is not None:
        raise Superseded("The document was deleted.")
    # Attributes that changed meanwhile are written by a job after this one (see `catalog.amending`).
    if row["generation"] != job.generation or (row["version_number"] != job.version_number and not is_live):
        raise Superseded("The document was uploaded again before this job ended.")
    if connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == job.id)).scalar_one():
        raise Superseded("The job was cancelled.")


def _live_parse(connection: Connection, job: ClaimedJob) -> RowMapping | None:
    statement = select(parses).where(
        and_(
            parses.c.document_id == job.document_id,
            parses.c.generation == job.generation,
            parses.c.live_until_epoch.is_(None),
        )
    )
    return connection.execute(statement).mappings().one_or_none()


def _enter(
    connection: Connection,
    job: ClaimedJob,
    parse_id: str,
    found: Mapping[str, Any],
    ledger: Ledger,
    cost: Cost,
    epoch: int,
) -> None:
    connection.execute(
        insert(parses).values(
            document_id=job.document_id,
            generation=job.generation,
            version_number=job.version_number,
            tenant=job.tenant,
            parse_id=parse_id,
            sha256=job.sha256,
            live_from_epoch=epoch,
            ledger=ledger_in(ledger),
            cost=cost_in(cost),
            **found,
        )
    )
    connection.execute(
        update(document_versions)
        .where(
            and_(
                document_versions.c.document_id == job.document_id,
                document_versions.c.generation == job.generation,
                document_versions.c.number == job.version_number,
            )
        )
        .values(parse_id=parse_id)
    )
