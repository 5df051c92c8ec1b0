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
from sqlalchemy.exc import InterfaceError, OperationalError

from ingestion.catalog.migrate import migrate
from ingestion.errors import CatalogBusy, IngestionError, StorageFull

BUSY_TIMEOUT_MS = 15_000
CONNECT_SECONDS = 3
_DISK_FULL = "53100"  # of PostgreSQL

Clock = Callable[[], float]


class Database:
    """Thread-safe. `clock` gives seconds since 1970; tests put their own in. Raises CatalogBusy while a database is
    away or busy, StorageFull where its disk is full."""

    def __init__(self, engine: Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._writer = engine.execution_options(catalog_writes=True)
        self.clock = clock

    @classmethod
    def open(cls, url: str, clock: Clock = time.time) -> Database:
        """Open, and bring the schema to the newest revision (one process at a time does it)."""
        database = cls(_make_engine(url), clock)
        try:
            migrate(database._engine)
        except (OperationalError, InterfaceError) as error:
            known = database._known(error.orig)
            if known is None:
                raise
            raise known from error
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot."""
        with self._begin(self._engine) as connection:
            yield connection

    def look(self, statement: str) -> Sequence[Sequence[Any]]:
        """The rows of one small constant SELECT, read past SQLAlchemy and its transaction: a tenth of the cost."""
        driver = self._engine.dialect.loaded_dbapi
        try:
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(statement)
                return cursor.fetchall()
            finally:
                connection.close()
        except (OperationalError, driver.OperationalError, driver.InterfaceError) as error:
            known = self._known(error)
            if known is None:
                raise
            raise known from error

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
        except (OperationalError, InterfaceError) as error:
            known = self._known(error.orig)
            if known is None:
                raise
            raise known from error

    def _known(self, error: BaseException | None) -> IngestionError | None:
        """What an error of the driver means. On a server each of them passes: it is away or restarting, or has ended
        one of two transactions that waited for each other."""
        text = str(error)
        if "disk is full" in text or getattr(error, "sqlstate", None) == _DISK_FULL:
            return StorageFull("The catalog's disk is full.")
        if self._engine.dialect.name != "sqlite" or "locked" in text or "busy" in text:
            return CatalogBusy("The catalog is busy or away; try again in a moment.")
        return None

    def close(self) -> None:
        self._engine.dispose()


def _make_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})
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
