"""What callers of the catalog rely on: collections, documents, versions, keys, idempotency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.catalog import Catalog
from ingestion.errors import (
    CollectionExists,
    CollectionNotFound,
    DocumentNotFound,
    IdempotencyConflict,
    InvalidAttributes,
    InvalidCursor,
    InvalidInput,
    InvalidName,
    KeyNotFound,
)
from ingestion.model import AttributeType, JobState
from tests.unit.ingestion.support import TENANT, Clock, claim, open_catalog, publish, upload


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def test_a_collection_is_created_once_and_comes_back_after_deletion(catalog: Catalog) -> None:
    with pytest.raises(CollectionExists):
        catalog.collections.create(TENANT, "reports")
    upload(catalog)
    assert catalog.collections.get(TENANT, "reports").document_count == 1
    catalog.collections.delete(TENANT, "reports")
    with pytest.raises(CollectionNotFound):
        catalog.collections.get(TENANT, "reports")
    assert catalog.documents.list(TENANT)[0] == []
    again = catalog.collections.create(TENANT, "reports", "anew", {"month": AttributeType.STRING})
    assert (again.description, again.document_count) == ("anew", 0)
    assert again.attributes == {"month": AttributeType.STRING}


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "é", "x" * 65])
def test_names_of_collections_are_restricted(catalog: Catalog, name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        catalog.collections.create(TENANT, name)
    assert caught.value.field == "name"


def test_tenants_do_not_see_each_other(catalog: Catalog) -> None:
    document = upload(catalog).document
    catalog.collections.create("other", "reports")
    assert catalog.collections.get("other", "reports").document_count == 0
    for call in (catalog.documents.get, catalog.documents.versions, catalog.documents.delete):
        with pytest.raises(DocumentNotFound):
            call("other", document.id)
    assert catalog.documents.list("other")[0] == []
    assert catalog.jobs.list("other")[0] == []
    theirs = catalog.documents.accept("other", "reports", "a.pdf", "1" * 64, 1, "application/pdf").document
    assert theirs.id != document.id


def test_the_same_bytes_under_the_same_name_are_no_work(catalog: Catalog) -> None:
    first = upload(catalog, year=2020)
    assert not first.unchanged
    assert first.document.state is JobState.QUEUED
    assert first.document.title == "a"
    assert first.document.source_uri == "upload:///a.pdf"
    again = upload(catalog, year=2020)
    assert again.unchanged
    assert again.job.id == first.job.id
    publish(catalog, claim(catalog), "prs_1")
    finished = upload(catalog)
    assert finished.unchanged
    assert finished.job.state is JobState.SUCCEEDED
    assert len(catalog.documents.versions(TENANT, first.document.id)) == 1
    assert catalog.jobs.counts(TENANT)[JobState.SUCCEEDED] == 1


def test_other_bytes_are_a_new_version_and_call_the_older_job_off(catalog: Catalog) -> None:
    first = upload(catalog, content="1")
    second = upload(catalog, content="2")
    assert second.document.id == first.document.id
    assert catalog.jobs.get(TENANT, first.job.id).state is JobState.CANCELLED
    versions = catalog.documents.versions(TENANT, first.document.id)
    assert [(version.number, version.sha256[0]) for version in versions] == [(2, "2"), (1, "1")]
    assert [version.state for version in versions] == [JobState.QUEUED, JobState.CANCELLED]


def test_the_same_bytes_are_tried_again_after_a_failure(catalog: Catalog) -> None:
    first = upload(catalog)
    catalog.jobs.cancel(TENANT, first.job.id)
    again = upload(catalog)
    assert not again.unchanged
    assert again.job.id != first.job.id
    assert len(catalog.documents.versions(TENANT, first.document.id)) == 1


def test_changed_attributes_are_indexed_again_without_a_new_version(catalog: Catalog) -> None:
    upload(catalog, year=2020)
    publish(catalog, claim(catalog), "prs_1")
    changed = upload(catalog, year=2021)
    assert not changed.unchanged
    assert changed.document.attributes == {"year": 2021}
    job = claim(catalog)
    assert job.attributes == {"year": 2021}
    epoch = catalog.publishing.epoch()
    assert publish(catalog, job, "prs_1") == epoch
    assert len(catalog.documents.versions(TENANT, changed.document.id)) == 1


@pytest.mark.parametrize("attributes", [{"year": "2020"}, {"year": True}, {"year": 1.5}, {"month": 1}, {"year": 2**70}])
def test_attributes_follow_the_schema_or_name_the_field(catalog: Catalog, attributes: dict[str, object]) -> None:
    with pytest.raises(InvalidAttributes) as caught:
        catalog.documents.accept(TENANT, "reports", "a.pdf", "1" * 64, 1, "application/pdf", attributes)
    assert caught.value.field == f"attributes.{next(iter(attributes))}"
    assert catalog.documents.list(TENANT)[0] == []


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "x" * 501])
def test_names_of_documents_are_restricted(catalog: Catalog, name: str) -> None:
    with pytest.raises(InvalidName):
        upload(catalog, name)


def test_a_document_needs_its_collection(catalog: Catalog) -> None:
    with pytest.raises(CollectionNotFound):
        catalog.documents.accept(TENANT, "nowhere", "a.pdf", "1" * 64, 1, "application/pdf")


def test_a_deleted_document_is_gone_and_can_begin_a_new_life(catalog: Catalog) -> None:
    document = upload(catalog, year=2020).document
    publish(catalog, claim(catalog), "prs_1")
    catalog.documents.delete(TENANT, document.id)
    for call in (catalog.documents.get, catalog.documents.versions, catalog.documents.delete):
        with pytest.raises(DocumentNotFound):
            call(TENANT, document.id)
    again = upload(catalog)
    assert not again.unchanged
    assert again.document.id == document.id
    assert again.document.attributes == {}
    assert again.document.live_parse_id is None
    assert [version.number for version in catalog.documents.versions(TENANT, document.id)] == [1]


def test_listings_are_paged_to_the_end_without_gaps(catalog: Catalog) -> None:
    names = [f"{number}.pdf" for number in range(7)]
    for name in names:
        upload(catalog, name)
    found: list[str] = []
    cursor = None
    while True:
        rows, cursor = catalog.documents.list(TENANT, "reports", after=cursor, limit=3)
        found += [row.name for row in rows]
        if cursor is None:
            break
    assert found == names
    jobs, cursor = catalog.jobs.list(TENANT, "reports", JobState.QUEUED, limit=5)
    rest, last = catalog.jobs.list(TENANT, "reports", JobState.QUEUED, after=cursor, limit=5)
    assert [job.document_name for job in jobs + rest] == names[::-1]
    assert last is None
    assert catalog.collections.list(TENANT, limit=1)[1] is None


@pytest.mark.parametrize("cursor", ["x", "", "WzFd", "bm8=", "WyJhIiwgMV0"])
def test_a_foreign_cursor_is_refused(catalog: Catalog, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        catalog.documents.list(TENANT, after=cursor)


def test_keys_are_verified_until_revoked_and_the_secret_is_not_stored(catalog: Catalog, tmp_path: Path) -> None:
    secret, record = catalog.keys.create(TENANT, "ci", {"read", "write"}, business_unit="research")
    assert secret.startswith("ssk_")
    assert len(secret) == 47
    verified = catalog.keys.verify(secret)
    assert verified == record
    assert record.scopes == {"read", "write"}
    assert catalog.keys.verify(secret[:-1] + "!") is None
    catalog.close()
    assert not any(secret[4:].encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert catalog.keys.revoke(TENANT, record.id).revoked_at is not None
    assert catalog.keys.verify(secret) is None
    with pytest.raises(KeyNotFound):
        catalog.keys.revoke("other", record.id)
    with pytest.raises(InvalidInput):
        catalog.keys.create(TENANT, "x", {"root"})


def test_an_idempotency_key_gives_the_first_answer_again(catalog: Catalog, clock: Clock) -> None:
    begin = catalog.idempotency.begin
    assert begin("key", "k", "print") is None
    with pytest.raises(IdempotencyConflict) as caught:
        begin("key", "k", "print")
    assert caught.value.in_progress
    catalog.idempotency.complete("key", "k", {"job": 1})
    assert begin("key", "k", "print") == {"job": 1}
    assert begin("other", "k", "print") is None
    with pytest.raises(IdempotencyConflict) as caught:
        begin("key", "k", "another request")
    assert not caught.value.in_progress
    clock.pass_by(25 * 3600)
    assert begin("key", "k", "another request") is None


def test_an_idempotency_key_is_free_again_when_nothing_was_done(catalog: Catalog, clock: Clock) -> None:
    assert catalog.idempotency.begin("key", "k", "print") is None
    catalog.idempotency.abandon("key", "k")
    assert catalog.idempotency.begin("key", "k", "print") is None
    clock.pass_by(600)
    assert catalog.idempotency.begin("key", "k", "print") is None
