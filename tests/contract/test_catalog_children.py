"""Documents found inside documents: accepted with their parent's publication, replaced with it, deleted with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingestion.catalog import Catalog
from ingestion.errors import DocumentNotFound, InvalidSettings
from ingestion.model import ChildFile, ClaimedJob, Cost, DocumentRecord, JobState, ParsingSettings, Stage
from ingestion.visibility import CatalogVisibility
from retrieval.model import Principal
from tests.unit.ingestion.support import LEDGER, TENANT, Clock, claim, open_catalog, upload


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    with open_catalog(catalog_url, Clock()) as catalog:
        yield catalog


def child(name: str, content: str = "c") -> ChildFile:
    return ChildFile(name=name, sha256=content * 64, size=10, media_type="application/pdf")


def publish_with(catalog: Catalog, job: ClaimedJob, *children: ChildFile) -> None:
    parse_id = f"prs_{job.id}"
    catalog.queue.progress(job, stage=Stage.PARSE, parse_id=parse_id)
    catalog.publishing.publish(
        job,
        parse_id=parse_id,
        point_count=1,
        ledger=LEDGER,
        cost=Cost(),
        state=JobState.SUCCEEDED,
        children=children,
    )


def inside(catalog: Catalog, parent: str) -> list[DocumentRecord]:
    return catalog.documents.list(TENANT, parent=parent)[0]


def test_children_become_documents_with_jobs_and_the_parents_attributes(catalog: Catalog) -> None:
    parent = upload(catalog, "set.zip", year=2024).document
    publish_with(catalog, claim(catalog), child("set.zip!/a.pdf", "a"), child("set.zip!/b.pdf", "b"))
    found = sorted(inside(catalog, parent.id), key=lambda one: one.name)
    assert [(one.name, one.parent_id, one.attributes, one.state) for one in found] == [
        ("set.zip!/a.pdf", parent.id, {"year": 2024}, JobState.QUEUED),
        ("set.zip!/b.pdf", parent.id, {"year": 2024}, JobState.QUEUED),
    ]
    assert (claim(catalog).depth, parent.parent_id) == (1, None)


def test_a_new_version_replaces_the_children_that_it_no_longer_has(catalog: Catalog) -> None:
    parent = upload(catalog, "set.zip", "1").document
    publish_with(catalog, claim(catalog), child("set.zip!/a.pdf", "a"), child("set.zip!/b.pdf", "b"))
    before = {one.name: one for one in inside(catalog, parent.id)}
    catalog.jobs.cancel(TENANT, before["set.zip!/a.pdf"].job_id)
    catalog.jobs.cancel(TENANT, before["set.zip!/b.pdf"].job_id)
    upload(catalog, "set.zip", "2")
    publish_with(catalog, claim(catalog), child("set.zip!/b.pdf", "d"), child("set.zip!/e.pdf", "e"))
    after = {one.name: one for one in inside(catalog, parent.id)}
    assert set(after) == {"set.zip!/b.pdf", "set.zip!/e.pdf"}
    assert after["set.zip!/b.pdf"].sha256 == "d" * 64
    with pytest.raises(DocumentNotFound):
        catalog.documents.get(TENANT, before["set.zip!/a.pdf"].id)


def test_deleting_a_document_deletes_everything_inside_it_at_once(catalog: Catalog) -> None:
    parent = upload(catalog, "mail.eml").document
    publish_with(catalog, claim(catalog), child("mail.eml!/set.zip", "a"))
    middle = inside(catalog, parent.id)[0]
    publish_with(catalog, claim(catalog), child("mail.eml!/set.zip!/x.pdf", "b"))
    leaf = inside(catalog, middle.id)[0]
    other = upload(catalog, "other.pdf", "9").document
    catalog.documents.delete(TENANT, parent.id)
    for gone in (parent, middle, leaf):
        with pytest.raises(DocumentNotFound):
            catalog.documents.get(TENANT, gone.id)
    assert catalog.documents.get(TENANT, other.id).name == "other.pdf"
    assert catalog.jobs.get(TENANT, leaf.job_id).state is JobState.CANCELLED
    assert catalog.purging.pending() >= 3


def test_a_child_that_stays_the_same_is_not_read_again(catalog: Catalog) -> None:
    parent = upload(catalog, "set.zip", "1").document
    publish_with(catalog, claim(catalog), child("set.zip!/a.pdf", "a"))
    publish_with(catalog, claim(catalog))
    first = inside(catalog, parent.id)[0]
    upload(catalog, "set.zip", "2")
    publish_with(catalog, claim(catalog), child("set.zip!/a.pdf", "a"))
    assert inside(catalog, parent.id)[0].job_id == first.job_id


def test_a_password_reaches_the_job_and_stays_with_its_version(catalog: Catalog) -> None:
    def accept(content: str, sealed: str | None) -> None:
        catalog.documents.accept(
            TENANT, "reports", "a.pdf", content * 64, 100, "application/pdf", sealed_password=sealed
        )

    accept("1", None)
    job = claim(catalog)
    assert job.sealed_password is None
    catalog.queue.finish(job, JobState.FAILED, cost=Cost())
    accept("1", "sealed")
    assert claim(catalog).sealed_password == "sealed"


def test_how_a_collection_is_read_reaches_the_job(catalog: Catalog) -> None:
    settings = ParsingSettings(policy="best", languages=("de", "fr"))
    catalog.collections.create(TENANT, "german", parsing=settings)
    assert catalog.collections.get(TENANT, "german").parsing == settings
    catalog.documents.accept(TENANT, "german", "a.pdf", "1" * 64, 100, "application/pdf")
    assert claim(catalog).parsing == settings


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (ParsingSettings(policy="magic"), "parsing.policy"),
        (ParsingSettings(languages=("German",)), "parsing.languages"),
        (ParsingSettings(languages=("de",) * 9), "parsing.languages"),
    ],
)
def test_settings_that_cannot_be_are_refused(catalog: Catalog, settings: ParsingSettings, field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        catalog.collections.create(TENANT, "bad", parsing=settings)
    assert caught.value.field == field


def test_the_languages_of_what_was_published_are_known(catalog: Catalog) -> None:
    visibility = CatalogVisibility(catalog)
    mine, other = Principal(id="k", tenant=TENANT), Principal(id="k", tenant="other")
    assert visibility.languages(mine, None) == ()
    for name, language in (("a.pdf", "de"), ("b.pdf", "en"), ("c.pdf", "de")):
        upload(catalog, name, name[0])
        job = claim(catalog)
        catalog.queue.progress(job, stage=Stage.PARSE, parse_id=f"prs_{name}")
        catalog.publishing.publish(
            job,
            parse_id=f"prs_{name}",
            point_count=1,
            ledger=LEDGER,
            cost=Cost(),
            state=JobState.SUCCEEDED,
            language=language,
        )
    assert visibility.languages(mine, ["reports"]) == ("de", "en")
    assert visibility.languages(mine, None) == ("de", "en")
    assert visibility.languages(other, None) == ()
