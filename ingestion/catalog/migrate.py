"""Bringing the schema of the catalog up (or down) to a revision: by program, and one process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine

HEAD = "0007"
"""The newest revision; a test holds it equal to the newest script."""

_SCRIPTS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 0x534F5552


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to `revision`. Processes that start together wait for the first, and then find nothing to do."""
    if revision == "head" and current_revision(engine) == HEAD:
        return
    with _alone(engine), _session(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo down to `revision` (`base`: nothing is left)."""
    with _alone(engine), _session(engine) as connection:
        command.downgrade(_config(connection), revision)


def current_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(catalog_writes=True).begin() as connection:
        yield connection


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _POSTGRES_LOCK})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _POSTGRES_LOCK})
        return
    database = engine.url.database
    if not database or database == ":memory:":
        yield
        return
    with Path(f"{database}.migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
