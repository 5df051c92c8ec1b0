"""A PostgreSQL that is not there, or ends connections: told as such, and over when it is back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from ingestion.catalog import Catalog
from ingestion.errors import CatalogBusy
from tests.support.postgres import PostgresServer


def end_connections(postgres: PostgresServer, database: str) -> None:
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogBusy):
        Catalog.open(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")


def test_connections_that_were_ended_are_made_anew(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with Catalog.open(url) as catalog:
        catalog.collections.create("acme", "reports")
        end_connections(postgres, str(make_url(url).database))
        assert catalog.collections.get("acme", "reports").name == "reports"
        assert catalog.publishing.epoch() == 0


def test_a_server_that_goes_meanwhile_is_told_in_a_transaction_and_in_a_look(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    name = str(make_url(url).database)
    with Catalog.open(url) as catalog:
        catalog.collections.create("acme", "reports")
        end_connections(postgres, name)
        postgres.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_gone"')
        with pytest.raises(CatalogBusy):
            catalog.collections.get("acme", "reports")
        with pytest.raises(CatalogBusy):
            catalog.publishing.epoch()
        postgres.execute(f'ALTER DATABASE "{name}_gone" RENAME TO "{name}"')
        assert catalog.collections.get("acme", "reports").name == "reports"
