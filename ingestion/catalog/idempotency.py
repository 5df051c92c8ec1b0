"""Idempotency keys: the same request sent twice has one effect and one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from ingestion.catalog.database import Database
from ingestion.catalog.stored import unwrap, wrap
from ingestion.catalog.tables import idempotency_records as records
from ingestion.errors import IdempotencyConflict, InvalidInput

KEEP_SECONDS = 24 * 3600.0
TAKE_OVER_SECONDS = 300.0
"""After this long without an answer the first request is taken for dead, and the next one runs in its place."""


class Idempotency:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key_id: str, idempotency_key: str, fingerprint: str) -> dict[str, Any] | None:
        """None: go ahead, then call `complete` (or `abandon` if nothing was done). Otherwise the stored answer.

        Raises IdempotencyConflict if the key was used for another request, or the first one is still running.
        """
        if not 1 <= len(idempotency_key) <= 255:
            raise InvalidInput("An idempotency key has 1 to 255 characters.", field="Idempotency-Key")
        now = self._database.clock()
        with self._database.writing() as connection:
            connection.execute(delete(records).where(records.c.created_at < now - KEEP_SECONDS))
            wanted = _wanted(key_id, idempotency_key)
            row = connection.execute(select(records).where(wanted)).mappings().first()
            if row is None:
                _insert(connection, key_id, idempotency_key, fingerprint, now)
                return None
            if row["fingerprint"] != fingerprint:
                raise IdempotencyConflict("This idempotency key was used for another request.")
            if row["completed_at"] is not None:
                answer: dict[str, Any] = unwrap(row["response"], "response")
                return answer
            if row["created_at"] > now - TAKE_OVER_SECONDS:
                raise IdempotencyConflict("The first request with this key is still running.", in_progress=True)
            connection.execute(update(records).where(wanted).values(created_at=now))
            return None

    def complete(self, key_id: str, idempotency_key: str, response: Mapping[str, Any]) -> None:
        """Keep the answer (a JSON object) for a day."""
        with self._database.writing() as connection:
            connection.execute(
                update(records)
                .where(_wanted(key_id, idempotency_key))
                .values(response=wrap("response", dict(response)), completed_at=self._database.clock())
            )

    def abandon(self, key_id: str, idempotency_key: str) -> None:
        """The request had no effect: its key may be used again at once."""
        unanswered = and_(_wanted(key_id, idempotency_key), records.c.completed_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(delete(records).where(unanswered))


def _wanted(key_id: str, idempotency_key: str) -> Any:
    return and_(records.c.key_id == key_id, records.c.idempotency_key == idempotency_key)


def _insert(connection: Connection, key_id: str, idempotency_key: str, fingerprint: str, now: float) -> None:
    connection.execute(
        insert(records).values(key_id=key_id, idempotency_key=idempotency_key, fingerprint=fingerprint, created_at=now)
    )
