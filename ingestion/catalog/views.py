"""Which documents a question may see, and what is said of them: remembered, and checked against the latest changes.

Every change of a document takes the next number of the counter `changes` (see `catalog.counters`). A reader whose
number is behind asks which documents changed since, and forgets those; so a deletion holds for the very next look, and
a look that nothing has changed under costs microseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, select, tuple_

from ingestion.catalog.counters import read_counters
from ingestion.catalog.database import Database
from ingestion.catalog.stored import attributes_out, facts_out, when
from ingestion.catalog.tables import collections, documents, parses
from retrieval.ports import DocumentView

REMEMBERED = 50_000
"""Parses; about a kilobyte each."""

CHANGES_AT_ONCE = 2_000
PAIRS_AT_ONCE = 500

Pair = tuple[str, str]
"""A document and a parse of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Life:
    """A parse of a document that is not deleted, live from one epoch until another (None: no end yet)."""

    live_from: int
    live_until: int | None
    view: DocumentView

    def covers(self, epoch: int) -> bool:
        return self.live_from <= epoch and (self.live_until is None or self.live_until > epoch)


_Lives = Mapping[Pair, tuple[_Life, ...]]
"""A pair of which nothing may be seen has none."""


class Views:
    """Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._changes = -1
        self._remembered = 0
        self._documents: dict[tuple[str, str], dict[str, tuple[_Life, ...]]] = {}

    def live(self, epoch: int, tenant: str, pairs: Iterable[Pair]) -> dict[Pair, DocumentView]:
        """Of the pairs, those that were live at `epoch` and whose document is the tenant's and not deleted now."""
        wanted = list(dict.fromkeys(pairs))
        if not wanted:
            return {}
        changes = read_counters(self._database).changes
        self._forget_changed(changes)
        known = self._recall(tenant, wanted)
        missing = [pair for pair in wanted if pair not in known]
        if missing:
            with self._database.reading() as connection:
                found = _read(connection, tenant, missing)
            self._remember(tenant, found, changes)
            known |= found
        views = {}
        for pair in wanted:
            for life in known[pair]:
                if life.covers(epoch):
                    views[pair] = life.view
        return views

    def _forget_changed(self, changes: int) -> None:
        """Forget what has changed since the number that this process has seen; all, where that is too much."""
        with self._guard:
            seen = self._changes
        if changes <= seen:
            return
        statement = (
            select(documents.c.tenant, documents.c.id)
            .where(and_(documents.c.change > seen, documents.c.change <= changes))
            .limit(CHANGES_AT_ONCE + 1)
        )
        with self._database.reading() as connection:
            changed = connection.execute(statement).all()
        with self._guard:
            if len(changed) > CHANGES_AT_ONCE:
                self._documents.clear()
                self._remembered = 0
            for tenant, document in changed:
                self._documents.pop((tenant, document), None)
            self._changes = max(self._changes, changes)

    def _recall(self, tenant: str, wanted: Sequence[Pair]) -> dict[Pair, tuple[_Life, ...]]:
        known = {}
        with self._guard:
            for document, parse in wanted:
                lives = self._documents.get((tenant, document), _NOTHING).get(parse)
                if lives is not None:
                    known[document, parse] = lives
        return known

    def _remember(self, tenant: str, found: _Lives, changes: int) -> None:
        """Only what was read under the newest number: older readings may lack what another thread has seen since."""
        with self._guard:
            if changes != self._changes:
                return
            if self._remembered + len(found) > REMEMBERED:
                self._documents.clear()
                self._remembered = 0
            self._remembered += len(found)
            for (document, parse), lives in found.items():
                self._documents.setdefault((tenant, document), {})[parse] = lives


_NOTHING: Mapping[str, tuple[_Life, ...]] = {}


def _read(connection: Connection, tenant: str, pairs: Sequence[Pair]) -> dict[Pair, tuple[_Life, ...]]:
    found: dict[Pair, tuple[_Life, ...]] = dict.fromkeys(pairs, ())
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        for row in connection.execute(_rows(tenant, pairs[start : start + PAIRS_AT_ONCE])).mappings():
            found[row["id"], row["parse_id"]] += (_life(row),)
    return found


def _rows(tenant: str, pairs: Sequence[Pair]) -> Select[Any]:
    return (
        select(
            documents,
            collections.c.name.label("collection_name"),
            parses.c.parse_id,
            parses.c.sha256.label("version"),
            parses.c.facts,
            parses.c.live_from_epoch,
            parses.c.live_until_epoch,
        )
        .join(parses, and_(parses.c.document_id == documents.c.id, parses.c.generation == documents.c.generation))
        .join(collections, collections.c.id == documents.c.collection_id)
        .where(
            and_(
                documents.c.tenant == tenant,
                documents.c.deleted_at.is_(None),
                collections.c.deleted_at.is_(None),
                tuple_(parses.c.document_id, parses.c.parse_id).in_(pairs),
            )
        )
    )


def _life(row: RowMapping) -> _Life:
    return _Life(
        live_from=row["live_from_epoch"],
        live_until=row["live_until_epoch"],
        view=DocumentView(
            id=row["id"],
            collection=row["collection_name"],
            version=row["version"],
            title=row["title"],
            source_uri=row["source_uri"],
            media_type=row["media_type"],
            updated_at=when(row["updated_at"]).isoformat(),
            attributes=attributes_out(row["attributes"]),
            facts=facts_out(row["facts"]),
        ),
    )
