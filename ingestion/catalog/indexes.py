"""The indexes that were made, and which of them questions go to.

An index is `building` until it holds what the catalog says, then `built`; one is `live`, and what was live before is
`kept` for a return. The pointer moves in one transaction, which also makes sure that nothing was published or changed
since the new index was last compared with the catalog. For `SETTLE_SECONDS` after that nothing is published, so that
processes that still ask the former index miss nothing.
"""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, or_, select, update

from ingestion.catalog.counters import index_switched, lock_epoch, read_counters
from ingestion.catalog.database import Database
from ingestion.catalog.stored import when, when_or_none
from ingestion.catalog.tables import documents, epochs, indexes
from ingestion.errors import IndexConflict, IndexNotFound, IndexSwitched

SETTLE_SECONDS = 15.0
"""Longer than a process needs to notice the switch and to answer the requests that it has begun."""


class IndexLife(StrEnum):
    BUILDING = "building"
    BUILT = "built"
    LIVE = "live"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecord:
    """`name`: of its folder or of its collection on a server. `embedding_model`: the model as it was set (None: the
    default), `model_id` what it turned out to be. `schema_version`: of the points. `live_from`: when it last became
    live."""

    id: str
    name: str
    embedding_model: str | None
    model_id: str
    dimension: int
    schema_version: int
    state: IndexLife
    created_at: datetime
    built_at: datetime | None
    live_from: datetime | None
    documents_done: int
    documents_total: int
    points: int


class Indexes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self) -> IndexRecord | None:
        """None before the first start."""
        with self._database.reading() as connection:
            return _first(connection, indexes.c.state == IndexLife.LIVE)

    def get(self, index_id: str) -> IndexRecord:
        """Raises IndexNotFound."""
        with self._database.reading() as connection:
            return _get(connection, index_id)

    def list(self) -> builtins.list[IndexRecord]:
        """Newest first."""
        statement = select(indexes).order_by(indexes.c.created_at.desc(), indexes.c.id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]

    def asked(self) -> builtins.list[IndexRecord]:
        """Those that questions may come for: the live one, and the one before until it has settled."""
        with self._database.reading() as connection:
            live = _first(connection, indexes.c.state == IndexLife.LIVE)
            if live is None:
                return []
            others = [live]
            if self._settling(live):
                kept = indexes.c.state == IndexLife.KEPT
                statement = select(indexes).where(kept).order_by(indexes.c.live_from.desc()).limit(1)
                others += [_record(row) for row in connection.execute(statement).mappings()]
            return others

    def switches(self) -> int:
        """How often the pointer has moved: a process that reads another number than before asks an index that is not
        live any more."""
        return read_counters(self._database).indexes

    def adopt(
        self, name: str, *, embedding_model: str | None, model_id: str, dimension: int, schema_version: int
    ) -> IndexRecord:
        """The live index; where there is none, one of this name becomes it (a first start, or a folder from before
        indexes were noted)."""
        with self._database.writing() as connection:
            lock_epoch(connection)
            live = _first(connection, indexes.c.state == IndexLife.LIVE)
            if live is not None:
                return live
            now = self._database.clock()
            return self._enter(
                connection, name, embedding_model, model_id, dimension, schema_version, IndexLife.LIVE, now
            )

    def begin(self, *, embedding_model: str | None, model_id: str, dimension: int, schema_version: int) -> IndexRecord:
        """An index to be built, under a name of its own."""
        with self._database.writing() as connection:
            name = f"index-{uuid.uuid4().hex[:12]}"
            return self._enter(
                connection, name, embedding_model, model_id, dimension, schema_version, IndexLife.BUILDING, None
            )

    def _enter(
        self,
        connection: Connection,
        name: str,
        embedding_model: str | None,
        model_id: str,
        dimension: int,
        schema_version: int,
        state: IndexLife,
        live_from: float | None,
    ) -> IndexRecord:
        now = self._database.clock()
        identity = "idx_" + uuid.uuid4().hex[:12]
        connection.execute(
            insert(indexes).values(
                id=identity,
                name=name,
                embedding_model=embedding_model,
                model_id=model_id,
                dimension=dimension,
                schema_version=schema_version,
                state=state,
                created_at=now,
                built_at=live_from,
                live_from=live_from,
                documents_done=0,
                documents_total=0,
                points=0,
            )
        )
        return _get(connection, identity)

    def progress(self, index_id: str, *, documents_done: int, documents_total: int, points: int) -> None:
        values = {"documents_done": documents_done, "documents_total": documents_total, "points": points}
        with self._database.writing() as connection:
            connection.execute(update(indexes).where(indexes.c.id == index_id).values(**values))

    def finish(self, index_id: str) -> None:
        """It holds what the catalog said when it was last compared."""
        values = {"state": IndexLife.BUILT, "built_at": self._database.clock()}
        building = and_(indexes.c.id == index_id, indexes.c.state == IndexLife.BUILDING)
        with self._database.writing() as connection:
            connection.execute(update(indexes).where(building).values(**values))

    def changed_since(self, change: int) -> Sequence[str]:
        """The documents of which something that searching must know of changed after this number (of
        `catalog.counters`, `changes`): published, changed or deleted."""
        with self._database.reading() as connection:
            return _changed(connection, change)

    def switch(self, index_id: str, *, compared_at: int) -> bool:
        """Make the index live, and keep the one that was. `compared_at`: the number of `changes` from before it was
        compared with the catalog. False where something has changed since, and nothing is done.

        Raises IndexNotFound, and IndexConflict for one that is not built.
        """
        with self._database.writing() as connection:
            # Publications take the same row: none happens between the look and the switch.
            lock_epoch(connection)
            wanted = _get(connection, index_id)
            if wanted.state is IndexLife.LIVE:
                return True
            if wanted.state is IndexLife.BUILDING:
                raise IndexConflict("An index that is not built yet cannot become the live one.")
            if _changed(connection, compared_at):
                return False
            was_live = indexes.c.state == IndexLife.LIVE
            connection.execute(update(indexes).where(was_live).values(state=IndexLife.KEPT))
            values = {"state": IndexLife.LIVE, "live_from": self._database.clock()}
            connection.execute(update(indexes).where(indexes.c.id == index_id).values(**values))
            index_switched(connection)
            return True

    def check_droppable(self, index_id: str, *, asked: bool = True) -> None:
        """Raises IndexNotFound, and IndexConflict for the live index, and for the one before while questions may still
        come for it (`asked` False: nobody can, since it cannot be read)."""
        with self._database.reading() as connection:
            self._check_droppable(connection, index_id, asked=asked)

    def drop(self, index_id: str, *, asked: bool = True) -> None:
        """Forget an index; its points are the caller's to remove, before. Raises like `check_droppable`."""
        with self._database.writing() as connection:
            self._check_droppable(connection, index_id, asked=asked)
            connection.execute(delete(indexes).where(indexes.c.id == index_id))

    def _check_droppable(self, connection: Connection, index_id: str, *, asked: bool) -> None:
        record, live = _get(connection, index_id), _first(connection, indexes.c.state == IndexLife.LIVE)
        if record.state is IndexLife.LIVE:
            raise IndexConflict("The live index cannot be dropped: switch to another one before.")
        if asked and record.state is IndexLife.KEPT and live is not None and self._settling(live):
            raise IndexConflict("The index was live a moment ago and is still being asked: wait some seconds.")

    def _settling(self, live: IndexRecord) -> bool:
        return live.live_from is not None and self._database.clock() < live.live_from.timestamp() + SETTLE_SECONDS


def check_index(connection: Connection, switches: int | None, now: float) -> None:
    """For those who publish: `switches` is the number from before the points were written (None: there is only one
    index). Raises IndexSwitched where
    they were written to an index that is not live any more, or was not until a moment ago."""
    if switches is None:
        return
    lock_epoch(connection)
    current, live_from = connection.execute(
        select(epochs.c.value, indexes.c.live_from)
        .select_from(epochs)
        .join(indexes, indexes.c.state == IndexLife.LIVE, isouter=True)
        .where(epochs.c.id == 4)
    ).one()
    if current != switches:
        raise IndexSwitched("The index was switched while the document was written to it.")
    if current and live_from is not None and now < live_from + SETTLE_SECONDS:
        raise IndexSwitched("The index was switched a moment ago.")


def _changed(connection: Connection, change: int) -> builtins.list[str]:
    """A document that never was live, and is not now, is in no index."""
    matters = or_(documents.c.live_parse_id.is_not(None), documents.c.deleted_at.is_not(None))
    statement = select(documents.c.id).where(and_(documents.c.change > change, matters)).order_by(documents.c.id)
    return [str(identity) for identity in connection.execute(statement).scalars()]


def _first(connection: Connection, which: ColumnElement[bool]) -> IndexRecord | None:
    row = connection.execute(select(indexes).where(which)).mappings().first()
    return None if row is None else _record(row)


def _get(connection: Connection, index_id: str) -> IndexRecord:
    record = _first(connection, indexes.c.id == index_id)
    if record is None:
        raise IndexNotFound(index_id)
    return record


def _record(row: RowMapping) -> IndexRecord:
    return IndexRecord(
        id=row["id"],
        name=row["name"],
        embedding_model=row["embedding_model"],
        model_id=row["model_id"],
        dimension=row["dimension"],
        schema_version=row["schema_version"],
        state=IndexLife(row["state"]),
        created_at=when(row["created_at"]),
        built_at=when_or_none(row["built_at"]),
        live_from=when_or_none(row["live_from"]),
        documents_done=row["documents_done"],
        documents_total=row["documents_total"],
        points=row["points"],
    )
