"""A real PostgreSQL server for tests: a cluster of its own in a temporary folder, reached by a local socket.

Its programs are Debian's (`apt-get install postgresql`). They refuse to run as root; then they run as `postgres`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ingestion.catalog.database import Database

_USER = "sourcespan"
_TEMPLATE = "migrated"
_SETTINGS = "-c listen_addresses='' -c fsync=off -c shared_buffers=16MB -c max_connections=60"


def programs() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def new_database(self, *, migrated: bool = True) -> str:
        """The URL of a database of its own; with the catalog's tables where `migrated`."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        template = _TEMPLATE if migrated else "template1"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Raises RuntimeError where PostgreSQL is not installed."""
    folder_of_programs = programs()
    if folder_of_programs is None:
        raise RuntimeError("PostgreSQL is not installed.")
    # Not below pytest's folder: a local socket's path is short, and another user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if account:
        shutil.chown(folder, "postgres")
        folder.chmod(0o755)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*account, str(folder_of_programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", _USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {_SETTINGS}", "start")
        try:
            server = PostgresServer(folder=folder)
            server.execute(f'CREATE DATABASE "{_TEMPLATE}"')
            Database.open(server.url(_TEMPLATE)).close()
            yield server
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
