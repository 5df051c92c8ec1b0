"""Profiles of collections, and what the catalog remembers between questions: never behind another process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.catalog import Catalog
from ingestion.catalog.database import Database
from ingestion.catalog.profiles import KEPT_VERSIONS
from ingestion.catalog.views import Views
from ingestion.errors import CollectionNotFound
from ingestion.model import ProfileKind
from ingestion.visibility import CatalogVisibility
from retrieval.errors import InvalidProfile, UnknownCollection
from retrieval.model import Principal
from retrieval.ports import Pin
from tests.unit.ingestion.support import FACTS, TENANT, Clock, claim, open_catalog, publish, upload

PROFILE = {"name": "reports", "period_patterns": ["campaign {year}"]}
GLOSSARY = {"name": "words", "entries": [{"terms": ["a"], "expansions": ["b"]}]}
ME, OTHER = Principal(id="key_1", tenant=TENANT), Principal(id="key_2", tenant="other")
KINDS = ProfileKind


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    with open_catalog(catalog_url, Clock()) as catalog:
        yield catalog


def test_versions_say_who_set_what_and_when(catalog: Catalog) -> None:
    first = catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, PROFILE, "key_1")
    again = catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, dict(PROFILE), "key_2")
    assert again == first
    catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, {"name": "other"}, "key_2")
    catalog.profiles.remove(TENANT, "reports", KINDS.PROFILE, "key_3")
    catalog.profiles.remove(TENANT, "reports", KINDS.PROFILE, "key_3")
    versions = catalog.profiles.versions(TENANT, "reports", KINDS.PROFILE)
    assert [(v.number, v.created_by, v.content) for v in versions] == [
        (3, "key_3", None),
        (2, "key_2", {"name": "other"}),
        (1, "key_1", PROFILE),
    ]
    assert versions[-1].created_at == first.created_at
    assert catalog.profiles.versions(TENANT, "reports", KINDS.GLOSSARY) == []
    assert catalog.profiles.profile(TENANT, "reports") is None


def test_old_versions_give_way(catalog: Catalog) -> None:
    for number in range(KEPT_VERSIONS + 3):
        catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, {"name": f"n{number}"}, "key")
    numbers = [version.number for version in catalog.profiles.versions(TENANT, "reports", KINDS.PROFILE)]
    assert numbers == list(range(KEPT_VERSIONS + 3, 3, -1))


def test_what_is_wrong_or_elsewhere_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidProfile):
        catalog.profiles.put(TENANT, "reports", KINDS.GLOSSARY, PROFILE, "key")
    for tenant, collection in (("other", "reports"), (TENANT, "none")):
        with pytest.raises(CollectionNotFound):
            catalog.profiles.put(tenant, collection, KINDS.PROFILE, PROFILE, "key")
        with pytest.raises(CollectionNotFound):
            catalog.profiles.versions(tenant, collection, KINDS.PROFILE)
        with pytest.raises(CollectionNotFound):
            catalog.profiles.remove(tenant, collection, KINDS.PROFILE, "key")


def test_questions_see_the_profile_of_their_own_collections(catalog: Catalog) -> None:
    visibility = CatalogVisibility(catalog)
    catalog.collections.create("other", "reports")
    assert visibility.profiles(ME, None) == visibility.profiles(OTHER, None) == []
    catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, PROFILE, "key")
    first = visibility.profiles(ME, ["reports"])
    assert first[0].collection == "reports"
    assert first[0].profile is not None
    assert first[0].profile.period_patterns == ("campaign {year}",)
    assert first[0].glossary is None
    catalog.profiles.put(TENANT, "reports", KINDS.GLOSSARY, GLOSSARY, "key")
    second = visibility.profiles(ME, None)
    assert second[0].glossary is not None
    assert second[0].version_key != first[0].version_key
    assert visibility.profiles(OTHER, None) == []
    with pytest.raises(UnknownCollection):
        visibility.profiles(ME, ["none"])


def test_a_collection_that_begins_anew_has_no_profile(catalog: Catalog) -> None:
    catalog.profiles.put(TENANT, "reports", KINDS.PROFILE, PROFILE, "key")
    visibility = CatalogVisibility(catalog)
    assert visibility.profiles(ME, None)
    catalog.collections.delete(TENANT, "reports")
    with pytest.raises(UnknownCollection):
        visibility.scope(ME, ["reports"], None)
    catalog.collections.create(TENANT, "reports")
    assert visibility.profiles(ME, ["reports"]) == []
    assert catalog.profiles.versions(TENANT, "reports", KINDS.PROFILE) == []


def test_facts_are_shown_with_the_document_and_its_view(catalog: Catalog) -> None:
    upload(catalog)
    job = claim(catalog)
    epoch = publish(catalog, job, "prs_1")
    assert catalog.documents.get(TENANT, job.document_id).facts == FACTS
    pair = (job.document_id, "prs_1")
    assert catalog.views.live(epoch, TENANT, [pair])[pair].facts == FACTS


def test_what_another_process_does_is_seen_at_once(catalog: Catalog, catalog_url: str) -> None:
    upload(catalog)
    job = claim(catalog)
    epoch = publish(catalog, job, "prs_1")
    pair = (job.document_id, "prs_1")
    with Catalog.open(catalog_url) as reader:
        visibility = CatalogVisibility(reader)
        assert visibility.visible(Pin(epoch=epoch), ME, [pair]).keys() == {pair}
        assert visibility.visible(Pin(epoch=epoch - 1), ME, [pair]) == {}
        assert visibility.visible(Pin(epoch=epoch), OTHER, [pair]) == {}
        upload(catalog, year=1999)
        assert visibility.visible(Pin(epoch=epoch), ME, [pair])[pair].attributes == {"year": 1999}
        catalog.documents.delete(TENANT, job.document_id)
        assert visibility.visible(Pin(epoch=epoch), ME, [pair]) == {}


STEPS = st.lists(
    st.tuples(st.sampled_from(["upload", "change", "delete", "look", "publish"]), st.sampled_from("abc")), max_size=14
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_what_is_remembered_is_what_the_catalog_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    """Against a catalog that remembers nothing, after every step, at every epoch."""
    url = f"sqlite:///{tmp_path_factory.mktemp('views')}/catalog.db"
    writer = open_catalog(url, Clock())
    pairs: list[tuple[str, str]] = []
    database = Database.open(url)
    remembering = Views(database)
    with closing(database):
        for number, (step, name) in enumerate(steps):
            _take(writer, step, f"{name}.pdf", number, pairs)
            epoch = writer.publishing.epoch()
            for pinned in {epoch, max(0, epoch - 1)}:
                assert remembering.live(pinned, TENANT, pairs) == Views(database).live(pinned, TENANT, pairs)
    writer.close()


def _take(catalog: Catalog, step: str, name: str, number: int, pairs: list[tuple[str, str]]) -> None:
    if step == "upload":
        upload(catalog, name, str(number % 10))
    elif step == "change":
        upload(catalog, name, year=number)
    elif step == "publish":
        job = catalog.queue.claim("worker")
        if job is not None:
            publish(catalog, job, f"prs_{number}")
            pairs.append((job.document_id, f"prs_{number}"))
    elif step == "delete":
        for document in catalog.documents.list(TENANT)[0]:
            if document.name == name:
                catalog.documents.delete(TENANT, document.id)


def test_readers_while_documents_go_never_see_one_that_is_gone(catalog: Catalog, catalog_url: str) -> None:
    pairs = []
    for number in range(12):
        upload(catalog, f"{number}.pdf")
        job = claim(catalog)
        epoch = publish(catalog, job, f"prs_{number}")
        pairs.append((job.document_id, f"prs_{number}"))
    gone: set[str] = set()
    wrong: list[str] = []
    done = threading.Event()
    with Catalog.open(catalog_url) as reader:

        def read() -> None:
            while not done.is_set():
                before = set(gone)
                seen = reader.views.live(epoch, TENANT, pairs)
                wrong.extend(document for document, _ in seen if document in before)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for document, _ in pairs:
            catalog.documents.delete(TENANT, document)
            gone.add(document)
        done.set()
        for thread in threads:
            thread.join()
        assert reader.views.live(epoch, TENANT, pairs) == {}
    assert wrong == []
