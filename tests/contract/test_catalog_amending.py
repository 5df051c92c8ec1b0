"""Names, titles and attributes change; identity, bytes and parses do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingestion.catalog import Catalog
from ingestion.catalog.amending import Amendment
from ingestion.errors import DocumentNotFound, InvalidAttributes, InvalidName, NameTaken
from ingestion.model import INDEX_AGAIN, ChildFile, ClaimedJob, Cost, DocumentRecord, JobError, JobState
from tests.unit.ingestion.support import LEDGER, TENANT, Clock, claim, open_catalog, publish, upload


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def amend(catalog: Catalog, document: str, change: Amendment) -> DocumentRecord:
    return catalog.documents.amend(TENANT, document, change)


def take_in(catalog: Catalog, name: str = "a.pdf", content: str = "1", parse: str = "prs_1") -> str:
    document = upload(catalog, name, content, year=2020).document.id
    publish(catalog, claim(catalog), parse)
    return document


def test_a_renamed_document_keeps_its_id_and_is_found_under_the_new_name(catalog: Catalog) -> None:
    document = take_in(catalog, "drafts/report_1.pdf")
    renamed = amend(catalog, document, Amendment(name="final/Annual_report.pdf"))
    assert (renamed.id, renamed.name, renamed.title) == (document, "final/Annual_report.pdf", "Annual report")
    assert renamed.source_uri.endswith("final/Annual_report.pdf")
    assert upload(catalog, "final/Annual_report.pdf").document.id == document
    assert [version.number for version in catalog.documents.versions(TENANT, document)] == [1]
    assert upload(catalog, "final/Annual_report.pdf", content="2").document.id == document
    assert [version.number for version in catalog.documents.versions(TENANT, document)] == [2, 1]


def test_the_old_name_is_free_for_another_document(catalog: Catalog) -> None:
    first = take_in(catalog, "a.pdf")
    amend(catalog, first, Amendment(name="b.pdf"))
    second = upload(catalog, "a.pdf").document
    assert second.id != first
    catalog.documents.delete(TENANT, second.id)
    third = upload(catalog, "a.pdf").document
    assert (third.id, third.name, third.title) == (second.id, "a.pdf", "a")
    catalog.documents.delete(TENANT, first)
    assert upload(catalog, "b.pdf").document.id not in {first, third.id}


def test_a_document_that_comes_back_to_an_id_has_the_name_it_came_under(catalog: Catalog) -> None:
    document = take_in(catalog, "a.pdf")
    amend(catalog, document, Amendment(name="b.pdf"))
    catalog.documents.delete(TENANT, document)
    again = upload(catalog, "a.pdf").document
    assert (again.id, again.name) == (document, "a.pdf")


def test_a_name_that_another_document_has_is_refused(catalog: Catalog) -> None:
    take_in(catalog, "a.pdf")
    second = upload(catalog, "b.pdf", "2").document.id
    with pytest.raises(NameTaken):
        amend(catalog, second, Amendment(name="a.pdf"))
    assert catalog.documents.get(TENANT, second).name == "b.pdf"


def test_attributes_are_merged_and_indexed_again_by_a_job_that_reads_nothing(catalog: Catalog) -> None:
    document = take_in(catalog)
    changed = amend(catalog, document, Amendment(attributes={"year": 2024}))
    assert (changed.attributes, changed.state) == ({"year": 2024}, JobState.QUEUED)
    job = claim(catalog)
    assert (job.attributes, job.parse_revision, job.version_number) == ({"year": 2024}, INDEX_AGAIN, 1)
    assert catalog.publishing.parse_to_keep(job) == "prs_1"
    epoch = catalog.publishing.epoch()
    assert publish(catalog, job, "prs_1") == epoch
    assert amend(catalog, document, Amendment(attributes={"year": None})).attributes == {}


def test_nothing_changed_is_no_work(catalog: Catalog) -> None:
    document = take_in(catalog)
    amend(catalog, document, Amendment(name="a.pdf", attributes={"year": 2020}))
    assert catalog.queue.claim("worker") is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Amendment(attributes={"colour": "red"}), InvalidAttributes),
        (Amendment(attributes={"colour": None}), InvalidAttributes),
        (Amendment(attributes={"year": "x"}), InvalidAttributes),
        (Amendment(name=" "), InvalidName),
        (Amendment(title="\n"), InvalidName),
    ],
)
def test_what_cannot_be_changes_nothing(catalog: Catalog, change: Amendment, error: type[Exception]) -> None:
    document = take_in(catalog)
    before = catalog.documents.get(TENANT, document)
    with pytest.raises(error):
        amend(catalog, document, change)
    assert catalog.documents.get(TENANT, document) == before


def test_only_the_tenants_own_living_documents_change(catalog: Catalog) -> None:
    document = take_in(catalog)
    with pytest.raises(DocumentNotFound):
        catalog.documents.amend("other", document, Amendment(title="Mine"))
    catalog.documents.delete(TENANT, document)
    with pytest.raises(DocumentNotFound):
        amend(catalog, document, Amendment(title="Mine"))


def test_a_waiting_job_takes_the_change_along(catalog: Catalog) -> None:
    accepted = upload(catalog, year=2020)
    amend(catalog, accepted.document.id, Amendment(title="New", attributes={"year": 2021}))
    job = claim(catalog)
    assert (job.id, job.title, job.attributes) == (accepted.job.id, "New", {"year": 2021})
    publish(catalog, job, "prs_1")
    assert catalog.queue.claim("worker") is None


def test_a_running_job_loses_nothing_and_the_change_follows(catalog: Catalog) -> None:
    document = upload(catalog, year=2020).document.id
    first = claim(catalog)
    amend(catalog, document, Amendment(name="b.pdf", attributes={"year": 2021}))
    assert not catalog.queue.should_stop(first)
    publish(catalog, first, "prs_1")
    assert catalog.documents.get(TENANT, document).live_parse_id == "prs_1"
    second = claim(catalog)
    assert (second.attributes, catalog.publishing.parse_to_keep(second)) == ({"year": 2021}, "prs_1")


def test_a_version_that_failed_leaves_the_live_one_to_be_indexed_again(catalog: Catalog) -> None:
    document = take_in(catalog)
    upload(catalog, content="2")
    failed = claim(catalog)
    catalog.queue.finish(failed, JobState.FAILED, cost=Cost(), error=JobError(code="x", message="x", stage=None))
    changed = amend(catalog, document, Amendment(attributes={"year": 2024}))
    assert (changed.state, changed.live_parse_id) == (JobState.FAILED, "prs_1")
    job = claim(catalog)
    assert (job.sha256, catalog.publishing.parse_to_keep(job)) == ("1" * 64, "prs_1")
    publish(catalog, job, "prs_1")
    assert catalog.documents.get(TENANT, document).live_sha256 == "1" * 64
    catalog.jobs.retry(TENANT, failed.id)
    again = claim(catalog)
    assert (again.version_number, again.attributes) == (2, {"year": 2024})
    assert catalog.publishing.parse_to_keep(again) is None


def test_a_partial_parse_that_was_indexed_again_can_still_be_repeated(catalog: Catalog) -> None:
    document = upload(catalog).document.id
    publish(catalog, claim(catalog), "prs_1", JobState.PARTIAL)
    changed = amend(catalog, document, Amendment(title="New"))
    publish(catalog, claim(catalog), "prs_1", JobState.PARTIAL)
    catalog.jobs.retry(TENANT, changed.job_id)
    assert claim(catalog).parse_revision == 1


def publish_with_child(catalog: Catalog, job: ClaimedJob) -> None:
    child = ChildFile(name=f"{job.name}!/inside.pdf", sha256="c" * 64, size=1, media_type="application/pdf")
    catalog.publishing.publish(
        job,
        parse_id="prs_1",
        point_count=1,
        ledger=LEDGER,
        cost=Cost(),
        state=JobState.SUCCEEDED,
        children=[child],
    )


@pytest.mark.parametrize("while_running", [False, True])
def test_what_was_found_inside_keeps_its_identity_too(catalog: Catalog, while_running: bool) -> None:
    document = upload(catalog, "a.eml").document.id
    publish_with_child(catalog, claim(catalog))
    (child,), _ = catalog.documents.list(TENANT, parent=document)
    publish(catalog, claim(catalog), "prs_c")
    upload(catalog, "a.eml", content="2")
    job = claim(catalog) if while_running else None
    amend(catalog, document, Amendment(name="b.eml", attributes={"year": 2024}))
    while job is not None or (job := catalog.queue.claim("worker")) is not None:
        if job.document_id == document:
            publish_with_child(catalog, job)
        else:
            publish(catalog, job, "prs_c")
        job = None
    (kept,), _ = catalog.documents.list(TENANT, parent=document)
    assert (kept.id, kept.name, kept.attributes) == (child.id, "b.eml!/inside.pdf", {"year": 2024})
