"""Collections: create, read, list, delete."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, delete, func, insert, select, update

from ingestion.attributes import check_collection_name, check_parsing, check_schema
from ingestion.catalog.counters import settings_changed
from ingestion.catalog.database import Database
from ingestion.catalog.paging import decode_cursor, encode_cursor
from ingestion.catalog.rows import collection_record
from ingestion.catalog.stored import languages_in, parsing_in, schema_in
from ingestion.catalog.tables import collection_profiles, collections, documents
from ingestion.catalog.tombstones import bury_documents
from ingestion.errors import CollectionExists, CollectionNotFound
from ingestion.model import AttributeType, CollectionRecord, ParsingSettings


class Collections:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        tenant: str,
        name: str,
        description: str = "",
        attributes: Mapping[str, AttributeType] | None = None,
        parsing: ParsingSettings | None = None,
    ) -> CollectionRecord:
        """Raises InvalidName, InvalidAttributes, InvalidSettings, CollectionExists. A deleted collection's name may be
        taken again."""
        check_collection_name(name)
        values = {
            "description": description,
            "attributes": schema_in(check_schema(attributes or {})),
            "parsing": parsing_in(check_parsing(parsing or ParsingSettings())),
            "languages": languages_in(()),
            "created_at": self._database.clock(),
            "deleted_at": None,
            "paused_at": None,
        }
        identity = collection_id(tenant, name)
        with self._database.writing() as connection:
            row = connection.execute(select(collections).where(collections.c.id == identity)).mappings().first()
            if row is None:
                connection.execute(insert(collections).values(id=identity, tenant=tenant, name=name, **values))
            elif row["deleted_at"] is None:
                raise CollectionExists(name)
            else:
                connection.execute(update(collections).where(collections.c.id == identity).values(**values))
            settings_changed(connection)
            return collection_record(_get(connection, tenant, name))

    def get(self, tenant: str, name: str) -> CollectionRecord:
        with self._database.reading() as connection:
            return collection_record(_get(connection, tenant, name))

    def list(
        self, tenant: str, after: str | None = None, limit: int = 100
    ) -> tuple[list[CollectionRecord], str | None]:
        """By name. The second value is the cursor of the next page, None on the last."""
        statement = _rows().where(collections.c.tenant == tenant).order_by(collections.c.name).limit(limit + 1)
        if after is not None:
            statement = statement.where(collections.c.name > decode_cursor(after, str)[0])
        with self._database.reading() as connection:
            rows = [collection_record(row) for row in connection.execute(statement).mappings()]
        return rows[:limit], encode_cursor(rows[limit - 1].name) if len(rows) > limit else None

    def pause(self, tenant: str, name: str, *, paused: bool = True) -> CollectionRecord:
        """Begin no more jobs of the collection, or begin them again; those that run go on."""
        with self._database.writing() as connection:
            row = _get(connection, tenant, name)
            if paused != (row["paused_at"] is not None):
                paused_at = self._database.clock() if paused else None
                connection.execute(update(collections).where(collections.c.id == row["id"]).values(paused_at=paused_at))
            return collection_record(_get(connection, tenant, name))

    def delete(self, tenant: str, name: str) -> None:
        """Hide the collection and all its documents at once; their removal from index and blobs follows."""
        with self._database.writing() as connection:
            row = _get(connection, tenant, name)
            now = self._database.clock()
            connection.execute(update(collections).where(collections.c.id == row["id"]).values(deleted_at=now))
            bury_documents(connection, documents.c.collection_id == row["id"], now)
            connection.execute(delete(collection_profiles).where(collection_profiles.c.collection_id == row["id"]))
            settings_changed(connection)


def collection_id(tenant: str, name: str) -> str:
    return "col_" + hashlib.sha256(f"{tenant}\0{name}".encode()).hexdigest()[:24]


def _rows() -> Select[Any]:
    count = (
        select(func.count())
        .where(and_(documents.c.collection_id == collections.c.id, documents.c.deleted_at.is_(None)))
        .scalar_subquery()
    )
    return select(collections, count.label("document_count")).where(collections.c.deleted_at.is_(None))


def _get(connection: Connection, tenant: str, name: str) -> RowMapping:
    row = connection.execute(_rows().where(collections.c.id == collection_id(tenant, name))).mappings().first()
    if row is None:
        raise CollectionNotFound(name)
    return row
