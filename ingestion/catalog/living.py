"""The documents that are live: what every index has to hold, and how much work it was to get there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, or_, select, union

from ingestion.catalog.counters import read_counters
from ingestion.catalog.database import Database
from ingestion.catalog.stored import attributes_out, cost_out, facts_out
from ingestion.catalog.tables import collections, document_versions, documents, jobs, parses, purges
from ingestion.model import ACTIVE_STATES
from retrieval.facts import DocumentFacts
from retrieval.model import AttributeValue

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingDocument:
    """A document with the parse that is live. `cpu_seconds`: what its job cost by stage; `size` of the original."""

    tenant: str
    collection: str
    document_id: str
    name: str
    title: str
    sha256: str
    parse_id: str
    point_count: int
    size: int
    attributes: Mapping[str, AttributeValue]
    facts: DocumentFacts | None
    cpu_seconds: Mapping[str, float]


class Living:
    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self) -> int:
        """The number of the last change, to be read before what is compared (see `catalog.counters`)."""
        return read_counters(self._database).changes

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(_rows().subquery())).scalar_one())

    def every(self) -> Iterator[LivingDocument]:
        """In the order of their ids, read some at a time: those that begin to live meanwhile may be left out."""
        last = ""
        while True:
            page = _rows().where(documents.c.id > last).order_by(documents.c.id).limit(_AT_ONCE)
            with self._database.reading() as connection:
                rows = connection.execute(page).mappings().all()
            yield from map(_record, rows)
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1]["id"]

    def those(self, document_ids: Sequence[str]) -> Iterator[LivingDocument]:
        """Of these documents, the ones that are live."""
        for start in range(0, len(document_ids), _AT_ONCE):
            some = _rows().where(documents.c.id.in_(document_ids[start : start + _AT_ONCE]))
            with self._database.reading() as connection:
                rows = connection.execute(some).mappings().all()
            yield from map(_record, rows)

    def busy(self) -> set[str]:
        """Documents that a job or a purge is to be done for, or is being done for."""
        active = select(jobs.c.document_id).where(jobs.c.state.in_(ACTIVE_STATES))
        purging = select(purges.c.document_id).where(purges.c.done_at.is_(None))
        with self._database.reading() as connection:
            return {str(name) for name in connection.execute(union(active, purging)).scalars()}

    def tenants(self) -> list[str]:
        with self._database.reading() as connection:
            return sorted(connection.execute(select(collections.c.tenant).distinct()).scalars())

    def known(self, tenant: str) -> tuple[set[str], set[str]]:
        """The ids of the tenant's documents that are not deleted or not purged yet, and those of all their parses,
        also of former versions."""
        purging = select(purges.c.document_id).where(purges.c.done_at.is_(None))
        known = and_(documents.c.tenant == tenant, or_(documents.c.deleted_at.is_(None), documents.c.id.in_(purging)))
        named = select(jobs.c.parse_id).join(documents, documents.c.id == jobs.c.document_id).where(known)
        published = select(parses.c.parse_id).join(documents, documents.c.id == parses.c.document_id).where(known)
        with self._database.reading() as connection:
            names = {str(name) for name in connection.execute(select(documents.c.id).where(known)).scalars()}
            of_documents = {str(name) for name in connection.execute(union(named, published)).scalars() if name}
        return names, of_documents


def _rows() -> Select[Any]:
    live = and_(
        parses.c.document_id == documents.c.id,
        parses.c.generation == documents.c.generation,
        parses.c.live_until_epoch.is_(None),
    )
    version = and_(
        document_versions.c.document_id == parses.c.document_id,
        document_versions.c.generation == parses.c.generation,
        document_versions.c.number == parses.c.version_number,
    )
    return (
        select(
            documents.c.id,
            documents.c.tenant,
            documents.c.name,
            documents.c.title,
            documents.c.attributes,
            collections.c.name.label("collection"),
            parses.c.sha256,
            parses.c.parse_id,
            parses.c.point_count,
            parses.c.facts,
            parses.c.cost,
            document_versions.c.size,
        )
        .join(parses, live)
        .join(document_versions, version)
        .join(collections, collections.c.id == documents.c.collection_id)
        .where(documents.c.deleted_at.is_(None))
    )


def _record(row: RowMapping) -> LivingDocument:
    return LivingDocument(
        tenant=row["tenant"],
        collection=row["collection"],
        document_id=row["id"],
        name=row["name"],
        title=row["title"],
        sha256=row["sha256"],
        parse_id=row["parse_id"],
        point_count=row["point_count"],
        size=row["size"],
        attributes=attributes_out(row["attributes"]),
        facts=facts_out(row["facts"]),
        cpu_seconds=cost_out(row["cost"]).cpu_seconds,
    )
