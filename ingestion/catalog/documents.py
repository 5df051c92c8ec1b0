"""Documents: accept, read, list, versions, delete. A deleted document is not there for any of these."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, or_, select

from ingestion.catalog.acceptance import Upload, accept
from ingestion.catalog.amending import Amendment, amend
from ingestion.catalog.collections import collection_id
from ingestion.catalog.database import Database
from ingestion.catalog.history import document_rows_at, record_of
from ingestion.catalog.paging import decode_cursor, encode_cursor
from ingestion.catalog.rows import document_rows
from ingestion.catalog.stored import when, when_or_none
from ingestion.catalog.tables import collections, document_versions, documents, jobs, parses
from ingestion.catalog.tombstones import bury_documents
from ingestion.errors import CollectionNotFound, DocumentNotFound
from ingestion.model import Accepted, DocumentRecord, JobState, VersionRecord


class Documents:
    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(
        self,
        tenant: str,
        collection: str,
        name: str,
        sha256: str,
        size: int,
        media_type: str,
        attributes: Mapping[str, object] | None = None,
        business_unit: str | None = None,
        priority: int = 0,
        sealed_password: str | None = None,
    ) -> Accepted:
        """Note down bytes that are already in the blob store, and the job that will take them in; see
        `catalog.acceptance` for what follows from what. When this returns, nothing is lost any more.
        `attributes=None` keeps those the document has.

        Raises CollectionNotFound, InvalidName, InvalidAttributes, CatalogBusy.
        """
        upload = Upload(
            tenant=tenant,
            collection=collection,
            name=name,
            sha256=sha256,
            size=size,
            media_type=media_type,
            attributes=attributes,
            business_unit=business_unit,
            priority=priority,
            sealed_password=sealed_password,
        )
        with self._database.writing() as connection:
            return accept(connection, upload, self._database.clock())

    def amend(self, tenant: str, document_id: str, change: Amendment) -> DocumentRecord:
        """Change what is said of a document, and not its bytes; see `catalog.amending`.

        Raises DocumentNotFound, InvalidName, InvalidAttributes, NameTaken, CatalogBusy.
        """
        with self._database.writing() as connection:
            return amend(connection, tenant, document_id, change, self._database.clock())

    def get(self, tenant: str, document_id: str, as_of: datetime | None = None) -> DocumentRecord:
        """`as_of`: as it was then (see `catalog.history`); not found if nothing of it was live."""
        with self._database.reading() as connection:
            return record_of(_get(connection, tenant, document_id, as_of))

    def list(
        self,
        tenant: str,
        collection: str | None = None,
        parent: str | None = None,
        after: str | None = None,
        limit: int = 100,
        as_of: datetime | None = None,
    ) -> tuple[builtins.list[DocumentRecord], str | None]:
        """Oldest first; of one collection, or inside one document (`parent`), where these are given; `as_of`: those of
        which something was live then, as they were. The second value is the cursor of the next page, None on the
        last."""
        statement = (
            _rows(as_of)
            .where(documents.c.tenant == tenant)
            .order_by(documents.c.created_at, documents.c.id)
            .limit(limit + 1)
        )
        if after is not None:
            created, identity = decode_cursor(after, float, str)
            later = and_(documents.c.created_at == created, documents.c.id > identity)
            statement = statement.where(or_(documents.c.created_at > created, later))
        if parent is not None:
            statement = statement.where(documents.c.parent_id == parent)
        with self._database.reading() as connection:
            if collection is not None:
                _require_collection(connection, tenant, collection)
                statement = statement.where(documents.c.collection_id == collection_id(tenant, collection))
            rows = connection.execute(statement).mappings().all()
        more = len(rows) > limit
        cursor = encode_cursor(rows[limit - 1]["created_at"], rows[limit - 1]["id"]) if more else None
        return [record_of(row) for row in rows[:limit]], cursor

    def versions(self, tenant: str, document_id: str, as_of: datetime | None = None) -> builtins.list[VersionRecord]:
        """Newest first; `as_of`: those that had come by then."""
        with self._database.reading() as connection:
            row = _get(connection, tenant, document_id)
            found = _versions(connection, row)
        return [version for version in found if as_of is None or version.created_at <= as_of]

    def version_of_parse(self, tenant: str, document_id: str, parse_id: str) -> VersionRecord:
        """The bytes that a published parse of the document was read from (live now or before). A document that is
        deleted, and a parse of an earlier life, are not found."""
        with self._database.reading() as connection:
            row = _get(connection, tenant, document_id)
            of_parse = and_(
                parses.c.document_id == document_id,
                parses.c.generation == row["generation"],
                parses.c.parse_id == parse_id,
            )
            number = connection.execute(select(func.max(parses.c.version_number)).where(of_parse)).scalar()
            for version in _versions(connection, row):
                if version.number == number:
                    return version
        raise DocumentNotFound(document_id)

    def names_bytes(self, sha256: str) -> bool:
        """Whether any version of any document, deleted ones too, is of these bytes."""
        wanted = select(document_versions.c.document_id).where(document_versions.c.sha256 == sha256).limit(1)
        with self._database.reading() as connection:
            return connection.execute(wanted).first() is not None

    def delete(self, tenant: str, document_id: str) -> str:
        """When this returns no request finds the document any more; index, blobs and artefacts follow. The id of the
        receipt that says how far that is (see `Catalog.deletions`)."""
        with self._database.writing() as connection:
            _get(connection, tenant, document_id)
            return bury_documents(connection, documents.c.id == document_id, self._database.clock())


def _rows(as_of: datetime | None) -> Select[Any]:
    return document_rows() if as_of is None else document_rows_at(as_of.timestamp())


def _get(connection: Connection, tenant: str, document_id: str, as_of: datetime | None = None) -> RowMapping:
    wanted = and_(documents.c.id == document_id, documents.c.tenant == tenant)
    row = connection.execute(_rows(as_of).where(wanted)).mappings().first()
    if row is None:
        raise DocumentNotFound(document_id)
    return row


def _require_collection(connection: Connection, tenant: str, name: str) -> None:
    wanted = and_(collections.c.id == collection_id(tenant, name), collections.c.deleted_at.is_(None))
    if connection.execute(select(collections.c.id).where(wanted)).first() is None:
        raise CollectionNotFound(name)


def _versions(connection: Connection, document: RowMapping) -> list[VersionRecord]:
    newest_job = (
        select(jobs.c.state)
        .where(
            and_(
                jobs.c.document_id == document_versions.c.document_id,
                jobs.c.generation == document_versions.c.generation,
                jobs.c.version_number == document_versions.c.number,
            )
        )
        .order_by(jobs.c.created_at.desc(), jobs.c.id)
        .limit(1)
        .scalar_subquery()
    )
    of_document = and_(
        document_versions.c.document_id == document["id"],
        document_versions.c.generation == document["generation"],
    )
    statement = (
        select(document_versions, newest_job.label("job_state"))
        .where(of_document)
        .order_by(document_versions.c.number.desc())
    )
    return [
        VersionRecord(
            number=row["number"],
            sha256=row["sha256"],
            size=row["size"],
            media_type=row["media_type"],
            created_at=when(row["created_at"]),
            parse_id=row["parse_id"],
            state=JobState(row["job_state"]),
            dropped_at=when_or_none(row["dropped_at"]),
        )
        for row in connection.execute(statement).mappings()
    ]
