"""Receipts of deletions: what was deleted, when, what was removed from where, and whether that is done.

They are kept when the data is gone, and hold neither text nor names: ids and SHA-256s only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select, update

from ingestion.catalog.database import Database
from ingestion.catalog.stored import unwrap, when, when_or_none, wrap
from ingestion.catalog.tables import deletions
from ingestion.errors import DeletionNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedDocument:
    """`generation`: which life of the document. `completed_at` None: its removal is not done. `removed`: what was found
    and removed so far (`points` of all indexes, `artefacts`, `parses`, `sha256s`; `shared`: bytes that are kept since
    other documents are made of them), and in `checked` what was looked for again and not found."""

    document_id: str
    generation: int
    name_sha256: str
    completed_at: datetime | None
    removed: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionReceipt:
    """One deletion: the documents that were named, and those found inside their files."""

    id: str
    requested_at: datetime
    documents: tuple[DeletedDocument, ...]

    @property
    def completed_at(self) -> datetime | None:
        """None while anything is left to remove."""
        ends = [document.completed_at for document in self.documents]
        return None if None in ends else max(end for end in ends if end is not None)


class Deletions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, receipt_id: str) -> DeletionReceipt:
        """Raises DeletionNotFound, also for one of another tenant."""
        mine = and_(deletions.c.receipt_id == receipt_id, deletions.c.tenant == tenant)
        with self._database.reading() as connection:
            statement = select(deletions).where(mine).order_by(deletions.c.document_id)
            rows = connection.execute(statement).mappings().all()
        if not rows:
            raise DeletionNotFound(receipt_id)
        return DeletionReceipt(
            id=receipt_id, requested_at=when(rows[0]["requested_at"]), documents=tuple(_document(row) for row in rows)
        )


def note_removed(connection: Connection, document_id: str, told: Mapping[str, Any], completed_at: float | None) -> None:
    """A purge of the document has removed this; what an earlier, unfinished one had removed is added."""
    open_ones = and_(deletions.c.document_id == document_id, deletions.c.completed_at.is_(None))
    for row in connection.execute(select(deletions).where(open_ones)).mappings().all():
        removed = _together({} if row["removed"] is None else unwrap(row["removed"], "removed"), told)
        mine = and_(deletions.c.receipt_id == row["receipt_id"], deletions.c.document_id == document_id)
        connection.execute(
            update(deletions).where(mine).values(removed=wrap("removed", removed), completed_at=completed_at)
        )


def _together(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers are added, lists joined; what was checked counts as of the last time."""
    together = dict(now)
    for name, value in before.items():
        if isinstance(value, int):
            together[name] = value + now.get(name, 0)
        elif name != "checked":
            together[name] = sorted({*value, *now.get(name, ())})
    return together


def _document(row: RowMapping) -> DeletedDocument:
    return DeletedDocument(
        document_id=row["document_id"],
        generation=row["generation"],
        name_sha256=row["name_sha256"],
        completed_at=when_or_none(row["completed_at"]),
        removed={} if row["removed"] is None else unwrap(row["removed"], "removed"),
    )
