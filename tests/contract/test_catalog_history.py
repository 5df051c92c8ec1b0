"""What was live at a moment can be read; history keeps as many versions as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ingestion.catalog import Catalog
from ingestion.catalog.purging import Unreferenced
from ingestion.errors import DocumentNotFound
from ingestion.model import Cost, JobState, Stage
from tests.unit.ingestion.support import TENANT, Clock, claim, open_catalog, publish, upload

GRACE = 60.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def ingest(catalog: Catalog, number: int, name: str = "a.pdf") -> str:
    document = upload(catalog, name, str(number)).document.id
    job = claim(catalog)
    catalog.queue.progress(job, stage=Stage.PARSE, parse_id=f"prs_{number}")
    publish(catalog, job, f"prs_{number}")
    return document


def moment(clock: Clock) -> datetime:
    clock.pass_by(10)
    now = datetime.fromtimestamp(clock.now, UTC)
    clock.pass_by(10)
    return now


def test_what_was_live_then(catalog: Catalog, clock: Clock) -> None:
    before = moment(clock)
    document = ingest(catalog, 1)
    one = moment(clock)
    upload(catalog, content="2")
    waiting = moment(clock)
    publish(catalog, claim(catalog), "prs_2")
    two = moment(clock)
    then = [catalog.documents.get(TENANT, document, when) for when in (one, waiting, two)]
    assert [record.live_parse_id for record in then] == ["prs_1", "prs_1", "prs_2"]
    assert [record.sha256[0] for record in then] == ["1", "1", "2"]
    assert all(record.sha256 == record.live_sha256 for record in then)
    assert [record.live_parse_id for record in catalog.documents.list(TENANT, as_of=one)[0]] == ["prs_1"]
    assert [version.number for version in catalog.documents.versions(TENANT, document, one)] == [1]
    assert [version.number for version in catalog.documents.versions(TENANT, document, waiting)] == [2, 1]
    assert catalog.documents.list(TENANT, as_of=before) == ([], None)
    with pytest.raises(DocumentNotFound):
        catalog.documents.get(TENANT, document, before)


def test_pages_of_a_listing_of_then(catalog: Catalog, clock: Clock) -> None:
    documents = [ingest(catalog, number, f"{number}.pdf") for number in (1, 2, 3)]
    then = moment(clock)
    ingest(catalog, 4, "1.pdf")
    ingest(catalog, 5, "5.pdf")
    first, cursor = catalog.documents.list(TENANT, "reports", limit=2, as_of=then)
    second, end = catalog.documents.list(TENANT, "reports", after=cursor, limit=2, as_of=then)
    assert [record.id for record in (*first, *second)] == documents
    assert [record.live_parse_id for record in (*first, *second)] == ["prs_1", "prs_2", "prs_3"]
    assert end is None


def test_what_is_deleted_now_is_not_there_for_any_moment(catalog: Catalog, clock: Clock) -> None:
    document = ingest(catalog, 1)
    then = moment(clock)
    catalog.documents.delete(TENANT, document)
    assert catalog.documents.list(TENANT, as_of=then) == ([], None)
    ingest(catalog, 2)
    with pytest.raises(DocumentNotFound):
        catalog.documents.get(TENANT, document, then)


def purged(catalog: Catalog, clock: Clock) -> Unreferenced:
    """What the purges that are due now would remove last."""
    clock.pass_by(GRACE + 1)
    seen: list[Unreferenced] = []
    while (plan := catalog.purging.claim()) is not None:
        catalog.purging.complete(plan, lambda unreferenced: not seen.append(unreferenced))
    return seen[-1]


def test_all_versions_are_kept_unless_told_otherwise(catalog: Catalog, clock: Clock) -> None:
    for number in (1, 2, 3):
        document = ingest(catalog, number)
    gone = purged(catalog, clock)
    assert (gone.parse_ids, gone.sha256s) == ((), ())
    assert [version.dropped_at for version in catalog.documents.versions(TENANT, document)] == [None] * 3


def test_history_lets_go_of_what_is_older_and_of_nothing_that_is_needed(catalog_url: str, clock: Clock) -> None:
    with open_catalog(catalog_url, clock, versions_kept=2) as catalog:
        other = ingest(catalog, 2, "b.pdf")
        for number in (1, 2, 3, 4):
            document = ingest(catalog, number)
        gone = purged(catalog, clock)
        # The second version is dropped too, but another document is made of the same bytes.
        assert (gone.parse_ids, gone.sha256s) == (("prs_1",), ("1" * 64,))
        versions = catalog.documents.versions(TENANT, document)
        assert [version.dropped_at is None for version in versions] == [True, True, False, False]
        assert [version.dropped_at for version in catalog.documents.versions(TENANT, other)] == [None]


def test_a_live_version_stays_however_many_failed_after_it(catalog_url: str, clock: Clock) -> None:
    with open_catalog(catalog_url, clock, versions_kept=1) as catalog:
        document = ingest(catalog, 1)
        for number in (2, 3, 4):
            upload(catalog, content=str(number))
            job = claim(catalog)
            catalog.queue.progress(job, stage=Stage.PARSE, parse_id=f"prs_{number}")
            catalog.queue.finish(job, JobState.CANCELLED, cost=Cost())
        gone = purged(catalog, clock)
        assert (gone.parse_ids, gone.sha256s) == (("prs_2", "prs_3"), ("2" * 64, "3" * 64))
        kept = {version.number: version.dropped_at is None for version in catalog.documents.versions(TENANT, document)}
        assert kept == {1: True, 2: False, 3: False, 4: True}
