"""What differs on PostgreSQL: writers run side by side, and locks are rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from ingestion.catalog import Catalog, migrate
from ingestion.catalog.tables import metadata
from tests.support.postgres import PostgresServer
from tests.unit.ingestion.support import TENANT, Clock, open_catalog, publish, upload


def test_the_migrations_lead_to_the_tables_and_back(postgres: PostgresServer) -> None:
    url = postgres.new_database(migrated=False)
    engine = create_engine(url)
    migrate.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrate.downgrade(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_processes_that_start_together_migrate_once(postgres: PostgresServer) -> None:
    url = postgres.new_database(migrated=False)
    with ThreadPoolExecutor(4) as pool:
        for catalog in pool.map(lambda _: Catalog.open(url), range(4)):
            assert catalog.publishing.epoch() == 0
            catalog.close()


def test_a_job_is_claimed_once_however_many_ask(postgres: PostgresServer) -> None:
    with open_catalog(postgres.new_database(), Clock()) as catalog:
        accepted = {upload(catalog, f"{number}.pdf").job.id for number in range(40)}

        def claim_all(worker: int) -> list[str]:
            claimed = []
            while (job := catalog.queue.claim(f"worker-{worker}")) is not None:
                claimed.append(job.id)
            return claimed

        with ThreadPoolExecutor(6) as pool:
            claimed = list(chain.from_iterable(pool.map(claim_all, range(6))))
    assert len(claimed) == len(set(claimed))
    # A job that another asker had locked at that moment is left for the next look.
    assert set(claimed) <= accepted
    assert len(claimed) >= len(accepted) - 6


def test_epochs_rise_by_one_with_each_publication(postgres: PostgresServer) -> None:
    with open_catalog(postgres.new_database(), Clock()) as catalog:
        jobs = []
        for number in range(24):
            upload(catalog, f"{number}.pdf")
            job = catalog.queue.claim("worker")
            assert job is not None
            jobs.append(job)
        with ThreadPoolExecutor(6) as pool:
            epochs = list(pool.map(lambda job: publish(catalog, job, f"prs_{job.id}"), jobs))
        assert sorted(epochs) == list(range(1, 25))
        assert catalog.publishing.epoch() == 24
        assert len(catalog.documents.list(TENANT)[0]) == 24
