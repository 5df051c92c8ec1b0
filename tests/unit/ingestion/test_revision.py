"""The revision that remembered answers are kept by moves with everything that can change an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.catalog import Catalog
from ingestion.model import ProfileKind
from ingestion.visibility import CatalogVisibility

TENANT = "t1"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(f"sqlite:///{tmp_path / 'catalog.db'}") as catalog:
        yield catalog


def revision(catalog: Catalog) -> tuple[int, ...]:
    found = CatalogVisibility(catalog).pin().revision
    assert found is not None
    return found


def test_documents_and_collections_move_it_upwards(catalog: Catalog) -> None:
    seen = [revision(catalog)]
    assert revision(catalog) == seen[0]
    catalog.collections.create(TENANT, "demo")
    seen.append(revision(catalog))
    accepted = catalog.documents.accept(TENANT, "demo", "a.pdf", sha256="0" * 64, size=1, media_type="application/pdf")
    before = revision(catalog)
    catalog.documents.delete(TENANT, accepted.document.id)
    assert revision(catalog) > before
    seen.append(revision(catalog))
    catalog.collections.delete(TENANT, "demo")
    seen.append(revision(catalog))
    assert seen == sorted(set(seen))


def test_a_profile_and_its_removal_move_it(catalog: Catalog) -> None:
    catalog.collections.create(TENANT, "demo")
    before = revision(catalog)
    content = {
        "schema_version": 1,
        "name": "terms",
        "entries": [{"terms": ["capex"], "expansions": ["capital spending"]}],
    }
    catalog.profiles.put(TENANT, "demo", ProfileKind.GLOSSARY, content, by="key_1")
    uploaded = revision(catalog)
    catalog.profiles.remove(TENANT, "demo", ProfileKind.GLOSSARY, by="key_1")
    assert before < uploaded < revision(catalog)
