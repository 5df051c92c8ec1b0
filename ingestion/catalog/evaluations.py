"""Evaluations that were stored: what was asked, what came out, and the outcome of each question.

The catalog keeps them as JSON and knows nothing of what is inside. Listings leave the outcomes of questions where they
are: they are nearly all of an evaluation's bytes.
"""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, insert, or_, select

from ingestion.catalog.database import Database
from ingestion.catalog.paging import decode_cursor, encode_cursor
from ingestion.catalog.stored import unwrap, when, wrap
from ingestion.catalog.tables import evaluations
from ingestion.errors import EvaluationNotFound

_REPORT = (evaluations.c.id, evaluations.c.created_by, evaluations.c.created_at, evaluations.c.report)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """`created_by`: the id of a key. `outcomes` is None in listings."""

    id: str
    created_by: str
    created_at: datetime
    report: Mapping[str, Any]
    outcomes: Mapping[str, Any] | None


class Evaluations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, tenant: str, created_by: str, report: Mapping[str, Any], outcomes: Mapping[str, Any]
    ) -> EvaluationRecord:
        identity, now = "evl_" + uuid.uuid4().hex[:24], self._database.clock()
        with self._database.writing() as connection:
            connection.execute(
                insert(evaluations).values(
                    id=identity,
                    tenant=tenant,
                    created_by=created_by,
                    created_at=now,
                    report=wrap("report", dict(report)),
                    outcomes=wrap("outcomes", dict(outcomes)),
                )
            )
        return EvaluationRecord(
            id=identity, created_by=created_by, created_at=when(now), report=report, outcomes=outcomes
        )

    def get(self, tenant: str, evaluation_id: str) -> EvaluationRecord:
        """Raises EvaluationNotFound, also for one of another tenant."""
        with self._database.reading() as connection:
            row = connection.execute(select(evaluations).where(_of(tenant, evaluation_id))).mappings().first()
        if row is None:
            raise EvaluationNotFound(evaluation_id)
        return _record(row, unwrap(row["outcomes"], "outcomes"))

    def list(
        self, tenant: str, after: str | None = None, limit: int = 100
    ) -> tuple[builtins.list[EvaluationRecord], str | None]:
        """Newest first, without outcomes. The second value is the cursor of the next page, None on the last."""
        newest_first = (evaluations.c.created_at.desc(), evaluations.c.id)
        statement = select(*_REPORT).where(evaluations.c.tenant == tenant).order_by(*newest_first).limit(limit + 1)
        if after is not None:
            moment, identity = decode_cursor(after, float, str)
            older = and_(evaluations.c.created_at == moment, evaluations.c.id > identity)
            statement = statement.where(or_(evaluations.c.created_at < moment, older))
        with self._database.reading() as connection:
            rows = list(connection.execute(statement).mappings())
        more = encode_cursor(float(rows[limit - 1]["created_at"]), rows[limit - 1]["id"]) if len(rows) > limit else None
        return [_record(row, None) for row in rows[:limit]], more

    def delete(self, tenant: str, evaluation_id: str) -> None:
        """Raises EvaluationNotFound, also for one of another tenant."""
        with self._database.writing() as connection:
            deleted = connection.execute(delete(evaluations).where(_of(tenant, evaluation_id))).rowcount
        if not deleted:
            raise EvaluationNotFound(evaluation_id)


def _of(tenant: str, evaluation_id: str) -> Any:
    return and_(evaluations.c.tenant == tenant, evaluations.c.id == evaluation_id)


def _record(row: RowMapping, outcomes: Mapping[str, Any] | None) -> EvaluationRecord:
    return EvaluationRecord(
        id=row["id"],
        created_by=row["created_by"],
        created_at=when(row["created_at"]),
        report=unwrap(row["report"], "report"),
        outcomes=outcomes,
    )
