"""The connection to the catalog's database: short transactions that either read one snapshot, or write alone.

The only module (with `migrate`) that knows which database it is. SQLite: WAL, `synchronous=FULL` (what was accepted
survives a power cut), foreign keys, and `BEGIN IMMEDIATE` for writers, since a reader that turns writer fails at once
instead of waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError

from ingestion.catalog.migrate import migrate
from ingestion.errors import CatalogBusy

BUSY_TIMEOUT_MS = 15_000

Clock = Callable[[], float]


class Database:
    """Thread-safe. `clock` gives seconds since 1970; tests put their own in."""

    def __init__(self, engine: Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._writer = engine.execution_options(catalog_writes=True)
        self.clock = clock

    @classmethod
    def open(cls, url: str, clock: Clock = time.time) -> Database:
        """Open, and bring the schema to the newest revision (one process at a time does it)."""
        engine = _make_engine(url)
        migrate(engine)
        return cls(engine, clock)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot."""
        with self._begin(self._engine) as connection:
            yield connection

    def look(self, statement: str) -> Sequence[Sequence[Any]]:
        """The rows of one small constant SELECT, read past SQLAlchemy and its transaction: a tenth of the cost."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall()
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing, durable when the block has ended. On SQLite no other writer runs meanwhile."""
        with self._begin(self._writer) as connection:
            yield connection

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except OperationalError as error:
            if "locked" in str(error.orig) or "busy" in str(error.orig):
                raise CatalogBusy("The catalog is busy; try again in a moment.") from error
            raise

    def close(self) -> None:
        self._engine.dispose()


def _make_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # None: sqlite3 starts no transaction by itself; _begin_sqlite does.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("catalog_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
