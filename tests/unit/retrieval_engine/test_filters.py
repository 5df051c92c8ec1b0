"""Filters fail closed: what is unknown or of the wrong type is refused, and says where."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.errors import InvalidQuery, UnknownField
from retrieval.filters import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, compile_filters
from retrieval.model import AllOf, AnyOf, Match, Not, Range

SCHEMA = {"company": "string", "year": "integer", "price": "number", "final": "boolean", "filed": "date"}


def of(type: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": type, "key": key, "value": value}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (of("eq", "company", "Acme"), Match(key="attributes.company", values=("Acme",))),
        (of("ne", "final", True), Not(filter=Match(key="attributes.final", values=(True,)))),
        (of("gte", "year", 2022), Range(key="attributes.year", gte=2022)),
        (of("lt", "price", 1.5), Range(key="attributes.price", lt=1.5)),
        (of("gt", "filed", "2024-01-31"), Range(key="attributes.filed", gt="2024-01-31")),
        (of("in", "year", [2022, 2023]), Match(key="attributes.year", values=(2022, 2023))),
        (of("nin", "company", ["A"]), Not(filter=Match(key="attributes.company", values=("A",)))),
    ],
)
def test_comparisons(given: dict[str, Any], expected: object) -> None:
    assert compile_filters(given, [SCHEMA]) == expected


def test_groups_nest() -> None:
    given = {
        "type": "or",
        "filters": [
            of("eq", "year", 2020),
            {"type": "and", "filters": [of("eq", "company", "Acme"), of("lte", "price", 3)]},
        ],
    }
    company = Match(key="attributes.company", values=("Acme",))
    assert compile_filters(given, [SCHEMA]) == AnyOf(
        filters=(
            Match(key="attributes.year", values=(2020,)),
            AllOf(filters=(company, Range(key="attributes.price", lte=3))),
        )
    )


def nested(depth: int) -> dict[str, Any]:
    node = of("eq", "year", 1)
    for _ in range(depth - 1):
        node = {"type": "and", "filters": [node]}
    return node


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "filters.type"),
        ({"type": "like", "key": "company", "value": "x"}, "filters.type"),
        ({"type": ["eq"], "key": "company", "value": "x"}, "filters.type"),
        ({"type": "eq", "value": "x"}, "filters.key"),
        ({"type": "eq", "key": "company"}, "filters.value"),
        ({"type": "eq", "key": "company", "value": "x", "boost": 2}, "filters"),
        ({"type": "and", "filters": []}, "filters.filters"),
        ({"type": "and", "filters": "eq"}, "filters.filters"),
        ({"type": "and", "filters": [of("eq", "year", 1), "x"]}, "filters.filters[1]"),
        (of("eq", "year", "2022"), "filters.value"),
        (of("eq", "year", 20.5), "filters.value"),
        (of("eq", "year", True), "filters.value"),
        (of("eq", "final", 1), "filters.value"),
        (of("eq", "price", float("nan")), "filters.value"),
        (of("eq", "filed", "31.12.2024"), "filters.value"),
        (of("eq", "filed", "2024-02-30"), "filters.value"),
        (of("eq", "company", None), "filters.value"),
        (of("eq", "company", "x" * 3000), "filters.value"),
        (of("gt", "company", "A"), "filters.value"),
        (of("gt", "final", True), "filters.value"),
        (of("in", "year", []), "filters.value"),
        (of("in", "year", 2022), "filters.value"),
        (of("in", "year", [2022, "x"]), "filters.value[1]"),
        (of("in", "year", list(range(MAX_VALUES + 1))), "filters.value"),
    ],
)
def test_what_is_wrong_is_refused_and_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        compile_filters(given, [SCHEMA])
    assert caught.value.field == field


def test_an_attribute_that_no_collection_has_is_unknown() -> None:
    with pytest.raises(UnknownField) as caught:
        compile_filters({"type": "and", "filters": [of("eq", "tenant", "other")]}, [SCHEMA])
    assert caught.value.field == "filters.filters[0].key"
    with pytest.raises(UnknownField):
        compile_filters(of("eq", "year", 1), [])


def test_one_of_the_collections_may_have_the_attribute() -> None:
    assert compile_filters(of("eq", "year", 1), [{}, SCHEMA]) == Match(key="attributes.year", values=(1,))


def test_an_attribute_of_two_types_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="different types"):
        compile_filters(of("eq", "year", 1), [{"year": "string"}, SCHEMA])


def test_depth_and_size_are_limited() -> None:
    compile_filters(nested(MAX_DEPTH), [SCHEMA])
    with pytest.raises(InvalidQuery, match="nested"):
        compile_filters(nested(MAX_DEPTH + 1), [SCHEMA])
    with pytest.raises(InvalidQuery, match="conditions"):
        compile_filters({"type": "or", "filters": [of("eq", "year", 1)] * MAX_CONDITIONS}, [SCHEMA])
