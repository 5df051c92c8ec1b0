"""Migrations up and down, settings of SQLite, processes that start together, and old JSON values."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, create_engine, inspect

from ingestion.catalog import Catalog, migrate, stored
from ingestion.catalog.database import Database
from ingestion.catalog.tables import metadata
from ingestion.errors import IngestionError
from ingestion.model import AttributeType, Cost, ProfileKind
from tests.unit.ingestion.support import LEDGER, TENANT, Clock, claim, open_catalog, publish, upload


def test_the_migrations_lead_to_the_tables_and_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/catalog.db"
    Database.open(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrate.downgrade(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert migrate.current_revision(engine) is None
    migrate.migrate(engine)
    with Catalog.open(url) as catalog:
        catalog.collections.create(TENANT, "again")


def test_the_head_is_the_newest_script() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_current_head() == migrate.HEAD


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/catalog.db"
    with ThreadPoolExecutor(4) as pool:
        for catalog in pool.map(lambda _: Catalog.open(url), range(4)):
            assert catalog.publishing.epoch() == 0
            catalog.close()


def test_sqlite_survives_power_cuts_and_many_processes(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/catalog.db")
    with database.reading() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path, Clock())
    database = Database.open(f"sqlite:///{tmp_path}/catalog.db")
    with pytest.raises(RuntimeError), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM collections")
        raise RuntimeError
    assert catalog.collections.get(TENANT, "reports").name == "reports"


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path, Clock())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: upload(catalog, f"{number}.pdf"), range(40)))
        claimed = [job for job in pool.map(lambda number: catalog.queue.claim(str(number)), range(50)) if job]
    assert len({job.id for job in claimed}) == len(claimed) == 40


def test_every_stored_json_value_carries_its_version(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path, Clock())
    upload(catalog, year=2020)
    publish(catalog, claim(catalog), "prs_1")
    catalog.profiles.put(TENANT, "reports", ProfileKind.PROFILE, {"name": "reports"}, "key")
    catalog.keys.create(TENANT, "key", {"read"})
    catalog.idempotency.begin("key", "k", "print")
    catalog.idempotency.complete("key", "k", {"job": 1})
    catalog.evaluations.create(TENANT, "key", {"name": "n"}, {"ids": []})
    catalog.close()
    connection = sqlite3.connect(tmp_path / "catalog.db")
    checked = 0
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                for (value,) in connection.execute(
                    f"SELECT json_extract({column.name}, '$.schema_version') FROM {table}"
                ):
                    assert value == 1, f"{table}.{column.name}"
                    checked += 1
    assert checked == 15


def test_values_of_schema_version_1_are_read() -> None:
    """As release 1 wrote them: these literals must never change."""
    assert stored.attributes_out({"schema_version": 1, "values": {"a": 1, "b": "x"}}) == {"a": 1, "b": "x"}
    assert stored.schema_out({"schema_version": 1, "types": {"a": "date"}}) == {"a": AttributeType.DATE}
    cost = {"schema_version": 1, "cost": {"cpu_seconds": {"parse": 0.5}, "money": 0.0}}
    assert stored.cost_out(cost) == Cost(cpu_seconds={"parse": 0.5})
    ledger = {
        "state": "complete",
        "pages_total": 3,
        "pages_parsed": 3,
        "text_coverage": 1.0,
        "tables_found": 0,
        "tables_extracted": 0,
        "figures_found": 0,
        "ocr_pages": 0,
        "ocr_confidence": None,
        "findings": [],
    }
    assert stored.ledger_out({"schema_version": 1, "ledger": ledger}) == LEDGER
    with pytest.raises(IngestionError):
        stored.cost_out({"schema_version": 2, "cost": {}})
