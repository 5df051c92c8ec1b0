"""Evaluations in the catalog: kept whole, listed newest first without outcomes, apart by tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingestion.catalog import Catalog
from ingestion.errors import EvaluationNotFound, InvalidCursor
from tests.unit.ingestion.support import TENANT, Clock, open_catalog

REPORT = {"name": "first", "summary": {"overall": {"hit@5": {"mean": 0.5}}}}
OUTCOMES = {"ids": ["q1"], "measures": {"hit@5": [0.5]}, "errors": [None]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def test_what_is_stored_is_read_again(catalog: Catalog) -> None:
    stored = catalog.evaluations.create(TENANT, "key_1", REPORT, OUTCOMES)
    assert catalog.evaluations.get(TENANT, stored.id) == stored
    assert (stored.report, stored.outcomes, stored.created_by) == (REPORT, OUTCOMES, "key_1")
    catalog.evaluations.delete(TENANT, stored.id)
    with pytest.raises(EvaluationNotFound):
        catalog.evaluations.get(TENANT, stored.id)


def test_pages_hold_each_once_also_those_of_one_moment(catalog: Catalog, clock: Clock) -> None:
    made = []
    for number in range(6):
        made.append(catalog.evaluations.create(TENANT, "key_1", REPORT, OUTCOMES).id)
        clock.now += 1 if number % 2 else -0.001  # every two of one moment
    found, after = [], None
    while True:
        rows, after = catalog.evaluations.list(TENANT, after=after, limit=2)
        assert all(row.outcomes is None for row in rows)
        found += [row.id for row in rows]
        if after is None:
            break
    assert sorted(found) == sorted(made)
    assert [set(found[i : i + 2]) for i in (0, 2, 4)] == [set(made[i : i + 2]) for i in (4, 2, 0)]
    with pytest.raises(InvalidCursor):
        catalog.evaluations.list(TENANT, after="x")


def test_another_tenant_has_none_of_them(catalog: Catalog) -> None:
    stored = catalog.evaluations.create(TENANT, "key_1", REPORT, OUTCOMES)
    assert catalog.evaluations.list("other") == ([], None)
    for act in (catalog.evaluations.get, catalog.evaluations.delete):
        with pytest.raises(EvaluationNotFound):
            act("other", stored.id)
    assert catalog.evaluations.get(TENANT, stored.id) == stored
