"""Epochs, tombstones, purges: never two versions, never none, never a deleted one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingestion.catalog import Catalog
from ingestion.catalog.purging import PurgePlan, Unreferenced
from ingestion.errors import DocumentNotFound, Superseded
from ingestion.model import ClaimedJob, Cost, JobState, Stage
from ingestion.visibility import CatalogVisibility
from retrieval.errors import UnknownCollection
from retrieval.model import AllOf, Match, Principal
from tests.unit.ingestion.support import TENANT, Clock, claim, open_catalog, publish, upload

READER = Principal(id="key_1", tenant=TENANT)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def ingest(catalog: Catalog, parse: str, name: str = "a.pdf", content: str = "1") -> str:
    document = upload(catalog, name, content).document.id
    job = claim(catalog)
    catalog.queue.progress(job, stage=Stage.PARSE, parse_id=parse)
    publish(catalog, job, parse)
    return document


def seen(catalog: Catalog, document: str, parses: list[str], epoch: int | None = None) -> list[str]:
    visibility = CatalogVisibility(catalog)
    pin = visibility.pin()
    if epoch is not None:
        pin = type(pin)(epoch=epoch)
    found = visibility.visible(pin, READER, [(document, parse) for parse in parses])
    return [parse for _, parse in found]


def test_a_query_sees_the_version_of_its_epoch_and_exactly_one(catalog: Catalog) -> None:
    before = catalog.publishing.epoch()
    document = ingest(catalog, "prs_1")
    first = catalog.publishing.epoch()
    ingest(catalog, "prs_2", content="2")
    second = catalog.publishing.epoch()
    ingest(catalog, "prs_1", content="1")
    parses = ["prs_1", "prs_2"]
    assert seen(catalog, document, parses, before) == []
    assert seen(catalog, document, parses, first) == ["prs_1"]
    assert seen(catalog, document, parses, second) == ["prs_2"]
    assert seen(catalog, document, parses) == ["prs_1"]
    assert before < first < second < catalog.publishing.epoch()


def test_what_a_hit_says_of_its_document(catalog: Catalog) -> None:
    upload(catalog, "Annual_report.pdf", year=2020)
    job = claim(catalog)
    publish(catalog, job, "prs_1")
    visibility = CatalogVisibility(catalog)
    (view,) = visibility.visible(visibility.pin(), READER, [(job.document_id, "prs_1")]).values()
    assert (view.title, view.collection, view.version) == ("Annual report", "reports", "1" * 64)
    assert view.attributes == {"year": 2020}
    assert view.updated_at.startswith("2023-11-14T")
    other = Principal(id="key_2", tenant="other")
    assert visibility.visible(visibility.pin(), other, [(job.document_id, "prs_1")]) == {}


def test_a_deletion_holds_for_every_epoch_at_once(catalog: Catalog) -> None:
    document = ingest(catalog, "prs_1")
    epoch = catalog.publishing.epoch()
    catalog.documents.delete(TENANT, document)
    assert seen(catalog, document, ["prs_1"], epoch) == []
    upload(catalog)
    assert seen(catalog, document, ["prs_1"]) == []
    publish(catalog, claim(catalog), "prs_1")
    assert seen(catalog, document, ["prs_1"]) == ["prs_1"]
    assert seen(catalog, document, ["prs_1"], epoch) == []


def test_deleting_the_collection_hides_its_documents(catalog: Catalog) -> None:
    document = ingest(catalog, "prs_1")
    epoch = catalog.publishing.epoch()
    catalog.collections.delete(TENANT, "reports")
    assert seen(catalog, document, ["prs_1"], epoch) == []
    catalog.collections.create(TENANT, "reports")
    assert seen(catalog, document, ["prs_1"], epoch) == []


def test_a_late_job_cannot_bring_a_deleted_document_back(catalog: Catalog) -> None:
    document = upload(catalog).document
    late = claim(catalog)
    catalog.documents.delete(TENANT, document.id)
    assert catalog.queue.should_stop(late)
    with pytest.raises(Superseded):
        publish(catalog, late, "prs_1")
    upload(catalog)
    with pytest.raises(Superseded):
        publish(catalog, late, "prs_1")
    assert seen(catalog, document.id, ["prs_1"]) == []
    catalog.queue.finish(late, JobState.CANCELLED, cost=Cost())
    assert catalog.jobs.get(TENANT, late.id).error is not None
    publish(catalog, claim(catalog), "prs_1")
    assert seen(catalog, document.id, ["prs_1"]) == ["prs_1"]


def test_a_cancelled_job_does_not_publish(catalog: Catalog) -> None:
    upload(catalog)
    job = claim(catalog)
    catalog.jobs.cancel(TENANT, job.id)
    epoch = catalog.publishing.epoch()
    with pytest.raises(Superseded):
        publish(catalog, job, "prs_1")
    assert catalog.publishing.epoch() == epoch
    assert catalog.documents.get(TENANT, job.document_id).live_parse_id is None


def test_the_scope_of_a_query(catalog: Catalog) -> None:
    visibility = CatalogVisibility(catalog)
    assert visibility.scope(READER, ["reports"], ["doc_1"]) == AllOf(
        filters=(
            Match(key="tenant", values=(TENANT,)),
            Match(key="access", values=("everyone",)),
            Match(key="collection", values=("reports",)),
            Match(key="document", values=("doc_1",)),
        )
    )
    with pytest.raises(UnknownCollection):
        visibility.scope(READER, ["reports", "secret"], None)
    with pytest.raises(UnknownCollection):
        visibility.scope(Principal(id="key_2", tenant="other"), ["reports"], None)


def test_the_schemas_a_query_is_checked_against(catalog: Catalog) -> None:
    visibility = CatalogVisibility(catalog)
    for number in range(120):
        catalog.collections.create(TENANT, f"c{number}")
    assert visibility.attribute_schemas(READER, ["reports"]) == [{"year": "integer"}]
    schemas = visibility.attribute_schemas(READER, None)
    assert len(schemas) == 121
    assert {"year": "integer"} in schemas
    with pytest.raises(UnknownCollection):
        visibility.attribute_schemas(READER, ["nowhere"])


def purge(catalog: Catalog) -> tuple[PurgePlan, Unreferenced]:
    plan = catalog.purging.claim()
    assert plan is not None
    told: list[Unreferenced] = []

    def remove(unreferenced: Unreferenced) -> bool:
        told.append(replace(unreferenced, shared_sha256s=()))
        return True

    catalog.purging.complete(plan, remove)
    return plan, told[0]


def test_a_retired_parse_is_purged_after_the_grace_period(catalog: Catalog, clock: Clock) -> None:
    document = ingest(catalog, "prs_1")
    ingest(catalog, "prs_2", content="2")
    assert catalog.purging.claim() is None
    clock.pass_by(61)
    plan, unreferenced = purge(catalog)
    assert (plan.document_id, plan.keep) == (document, {"prs_2"})
    assert unreferenced == Unreferenced(parse_ids=(), sha256s=())
    assert catalog.purging.pending() == 0
    assert catalog.documents.version_of_parse(TENANT, document, "prs_1").number == 1


def test_a_purge_keeps_what_is_in_its_grace_period(catalog: Catalog, clock: Clock) -> None:
    ingest(catalog, "prs_1")
    ingest(catalog, "prs_2", content="2")
    clock.pass_by(40)
    ingest(catalog, "prs_3", content="3")
    clock.pass_by(30)
    plan, _ = purge(catalog)
    assert plan.keep == {"prs_2", "prs_3"}


def test_a_deleted_document_is_purged_but_what_others_share_stays(catalog: Catalog) -> None:
    document = ingest(catalog, "prs_1", "a.pdf", "1")
    ingest(catalog, "prs_2", "a.pdf", "2")
    twin = ingest(catalog, "prs_1", "b.pdf", "1")
    catalog.documents.delete(TENANT, document)
    plan, unreferenced = purge(catalog)
    assert (plan.document_id, plan.keep) == (document, frozenset())
    assert unreferenced == Unreferenced(parse_ids=("prs_2",), sha256s=("2" * 64,))
    catalog.documents.delete(TENANT, twin)
    assert purge(catalog)[1] == Unreferenced(parse_ids=("prs_1",), sha256s=("1" * 64,))


def test_the_leftovers_of_an_earlier_life_go_and_the_new_one_stays(catalog: Catalog) -> None:
    document = ingest(catalog, "prs_1", content="1")
    catalog.documents.delete(TENANT, document)
    ingest(catalog, "prs_2", content="2")
    plan, unreferenced = purge(catalog)
    assert plan.keep == {"prs_2"}
    assert unreferenced == Unreferenced(parse_ids=("prs_1",), sha256s=("1" * 64,))


def test_jobs_and_purges_of_a_document_exclude_each_other(catalog: Catalog, clock: Clock) -> None:
    document = ingest(catalog, "prs_1")
    catalog.documents.delete(TENANT, document)
    upload(catalog)
    job: ClaimedJob = claim(catalog)
    assert catalog.purging.claim() is None
    catalog.queue.release(job, cost=Cost())
    plan = catalog.purging.claim()
    assert plan is not None
    assert catalog.purging.claim() is None
    assert catalog.queue.claim("worker") is None
    catalog.purging.postpone(plan)
    claim(catalog)
    clock.pass_by(61)
    catalog.queue.reconcile()
    again = catalog.purging.claim()
    assert again is not None
    assert again.attempts == 1


def test_a_purge_that_died_is_done_by_another(catalog: Catalog, clock: Clock) -> None:
    catalog.documents.delete(TENANT, ingest(catalog, "prs_1"))
    assert catalog.purging.claim() is not None
    clock.pass_by(61)
    assert purge(catalog)[1].parse_ids == ("prs_1",)


def test_bytes_too_young_to_be_removed_are_tried_again(catalog: Catalog, clock: Clock) -> None:
    catalog.documents.delete(TENANT, ingest(catalog, "prs_1"))
    plan = catalog.purging.claim()
    assert plan is not None
    catalog.purging.complete(plan, lambda _: False)
    assert catalog.purging.claim() is None
    clock.pass_by(301)
    assert catalog.purging.claim() is not None


def test_parses_of_unpublished_jobs_are_purged_with_their_document(catalog: Catalog) -> None:
    upload(catalog)
    job = claim(catalog)
    catalog.queue.progress(job, stage=Stage.PARSE, parse_id="prs_1")
    catalog.documents.delete(TENANT, job.document_id)
    catalog.queue.finish(job, JobState.CANCELLED, cost=Cost())
    assert purge(catalog)[1].parse_ids == ("prs_1",)


def test_a_parse_of_another_life_or_document_is_not_found(catalog: Catalog) -> None:
    document = ingest(catalog, "prs_1")
    other = ingest(catalog, "prs_2", "b.pdf", "2")
    with pytest.raises(DocumentNotFound):
        catalog.documents.version_of_parse(TENANT, other, "prs_1")
    catalog.documents.delete(TENANT, document)
    ingest(catalog, "prs_3", content="3")
    with pytest.raises(DocumentNotFound):
        catalog.documents.version_of_parse(TENANT, document, "prs_1")
