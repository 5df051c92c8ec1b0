"""Profiles and glossaries are checked field by field; the shipped ones pass; periods are read and written one way."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import InvalidProfile
from retrieval.facts import MAX_LINE, DocumentFacts, one_line
from retrieval.periods import GENERIC_PATTERNS, find_periods, period_places
from retrieval.profile import GlossaryEntry, Profile, parse_glossary, parse_profile
from retrieval.shipped import shipped_glossary, shipped_names, shipped_profile

PROFILE: dict[str, Any] = {
    "schema_version": 1,
    "name": "tests",
    "document_kinds": [{"name": "log", "aliases": ["log book"]}],
    "period_patterns": ["week of {month} {day}, {year}"],
    "source_hints": [{"phrases": ["in the log"], "looks_for": ["log book", "entries"]}],
    "organisations": [{"name": "Example AG"}],
}
GLOSSARY: dict[str, Any] = {"name": "words", "entries": [{"terms": ["a  b"], "expansions": ["c"], "weight": 1}]}


def test_what_is_right_is_read() -> None:
    profile = parse_profile(PROFILE)
    assert profile.document_kinds[0].aliases == ("log book",)
    assert profile.organisations[0].aliases == ()
    assert parse_glossary(GLOSSARY).entries == (GlossaryEntry(terms=("a b",), expansions=("c",), weight=1.0),)
    assert parse_profile({"name": "nothing"}) == Profile(name="nothing")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["name"], "", "name"),
        (["name"], None, "name"),
        (["name"], "a\nb", "name"),
        (["schema_version"], 2, "schema_version"),
        (["schema_version"], True, "schema_version"),
        (["description"], "x" * 2001, "description"),
        (["unknown"], 1, "unknown"),
        (["document_kinds"], {}, "document_kinds"),
        (["document_kinds", 0], "log", "document_kinds[0]"),
        (["document_kinds", 0, "alias"], ["x"], "document_kinds[0].alias"),
        (["document_kinds", 0, "aliases"], ["x"] * 65, "document_kinds[0].aliases"),
        (["document_kinds", 0, "aliases"], ["x", 4], "document_kinds[0].aliases[1]"),
        (["period_patterns", 0], "week {week}", "period_patterns[0]"),
        (["period_patterns", 0], "month {month}", "period_patterns[0]"),
        (["period_patterns", 0], "{year} {year}", "period_patterns[0]"),
        (["source_hints", 0, "phrases"], [], "source_hints[0].phrases"),
        (["source_hints", 0, "looks_for"], ["x" * 201], "source_hints[0].looks_for[0]"),
        (["organisations"], [{"name": "x"}] * 2001, "organisations"),
    ],
)
def test_what_is_wrong_is_named(path: list[str | int], value: object, field: str) -> None:
    wrong = copy.deepcopy(PROFILE)
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidProfile) as caught:
        parse_profile(wrong)
    assert caught.value.field == field
    assert str(value) not in str(caught.value) or value in (1, 2, True, None, "")


@pytest.mark.parametrize("weight", [-0.1, 4.1, "1", True, None, float("nan"), float("inf")])
def test_weights_are_numbers_in_bounds(weight: object) -> None:
    wrong = {"name": "w", "entries": [{"terms": ["a"], "expansions": ["b"], "weight": weight}]}
    with pytest.raises(InvalidProfile) as caught:
        parse_glossary(wrong)
    assert caught.value.field == "entries[0].weight"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    JSON
    | st.fixed_dictionaries(
        {"name": JSON}, optional=dict.fromkeys(("entries", "document_kinds", "period_patterns", "source_hints"), JSON)
    )
)
def test_anything_else_is_refused_with_the_fields_name(data: object) -> None:
    for parse in (parse_profile, parse_glossary):
        try:
            parse(data)
        except InvalidProfile as error:
            assert error.field


def test_what_is_shipped_is_right() -> None:
    assert shipped_names() == ("financial-filings",)
    for name in shipped_names():
        profile, glossary = parse_profile(shipped_profile(name)), parse_glossary(shipped_glossary(name))
        terms = [term.casefold() for entry in glossary.entries for term in entry.terms]
        assert profile.name == name
        assert profile.source_hints
        assert len(set(terms)) == len(terms)
    assert shipped_profile("../tokens") is None
    assert shipped_glossary("") is None


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("FY2022", ("2022",)),
        ("fy22 and 2Q23", ("2022", "2023-Q2")),
        ("Q4'21", ("2021-Q4",)),
        ("third quarter of 2020", ("2020-Q3",)),
        ("am 31. März 2021", ("2021-03-31",)),
        ("le 1 août 2020", ("2020-08-01",)),
        ("May 2019", ("2019-05",)),
        ("2023-06", ("2023-06",)),
        ("2019, part 2019-4711, March 12; 2019-13-01", ()),
        ("12 Q2-2023", ("2023-Q2",)),
    ],
)
def test_periods_as_they_are_written(text: str, periods: tuple[str, ...]) -> None:
    assert find_periods(text) == periods


@given(st.text(max_size=200), st.sampled_from(GENERIC_PATTERNS))
def test_places_of_periods_are_in_order_and_apart(text: str, pattern: str) -> None:
    written = pattern.format(year=2021, quarter=3, month="June", day=4)
    places = period_places(f"{written} {text}")
    assert places[0][:1] == (0,)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    assert all(start < end for start, end, _ in places)


@given(st.lists(st.text(max_size=80), max_size=8))
def test_one_line_is_short_and_says_every_word_it_has_room_for(parts: list[str]) -> None:
    line = one_line(*parts)
    assert len(line) <= MAX_LINE
    assert "\n" not in line
    assert line == line.strip()


def test_a_line_says_nothing_twice() -> None:
    facts = DocumentFacts(title="Example AG Annual Report 2022", organisation="Example AG", periods=("2022", "2022-Q1"))
    assert facts.line() == "Example AG Annual Report 2022 2022-Q1"
    assert DocumentFacts().line() == ""
