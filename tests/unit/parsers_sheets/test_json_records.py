"""JSON and NDJSON as blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.backends import json_records
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Document
from parsers.plain_text import clean_text
from tests.support.in_process import parse_in_process
from tests.support.sheets_and_slides import JSON, NDJSON


def parse(path: Path, content: str, media_type: str = JSON) -> Document:
    path.write_text(content, encoding="utf-8")
    return parse_in_process(path, media_type).document


def test_numbers_and_words_stay_as_written(tmp_path: Path) -> None:
    written = '{"a": 1.50, "b": 12345678901234567890, "c": 1E5, "d": null, "e": true, "f": "null"}'
    assert parse(tmp_path / "t.json", written).text.split("\n\n") == [
        "a: 1.50", "b: 12345678901234567890", "c: 1E5", "d: null", "e: true", "f: null",
    ]  # fmt: skip


def test_records_with_plain_values_are_a_table(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.json", '[{"a": 1, "b": "x"}, {"b": "y", "c": {}}]')
    (element,) = document.elements
    assert element.text == "a\tb\tc\n1\tx\t\n\ty\t{}"
    assert element.table is not None
    assert [cell.text for cell in element.table.cells if cell.header] == ["a", "b", "c"]


def test_nested_values_stand_under_their_path(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.json", '{"address": {"city": "Rome", "geo": {"lat": 1.0}}, "name": "Ann"}')
    assert [(item.text, item.section_path) for item in document.elements] == [
        ("name: Ann", ()),
        ("address", ()),
        ("city: Rome", ("address",)),
        ("geo", ("address",)),
        ("lat: 1.0", ("address", "geo")),
    ]


def test_records_of_different_kinds_are_numbered(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.json", '[{"a": {"b": 1}}, {"c": [1, 2]}]')
    assert [item.text for item in document.elements] == ["[0]", "a", "b: 1", "[1]", "c", "1", "2"]


def test_a_key_that_comes_twice_is_kept_twice(tmp_path: Path) -> None:
    assert parse(tmp_path / "t.json", '{"a": 1, "a": 2}').text == "a: 1\n\na: 2"


def test_lines_of_records_are_a_table_over_pages(tmp_path: Path) -> None:
    lines = "".join(f'{{"id": {number}, "name": "n{number}"}}\n' for number in range(json_records.RECORDS_PER_PAGE + 5))
    document = parse(tmp_path / "t.ndjson", lines, NDJSON)
    assert document.document.page_count == 2
    assert [element.table.rows for element in document.elements if element.table] == [1_001, 6]


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.ndjson", '{"a": 1}\nnot json\n{"a": 2}\n', NDJSON)
    assert [finding.code for finding in document.ledger.findings] == ["line_not_json"]
    assert "not json" in document.text
    assert "a: 2" in document.text


@pytest.mark.parametrize("written", ["{", '{"a": }', "[1, 2"])
def test_broken_json_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(DamagedDocument, match="line 1"):
        parse(tmp_path / "t.json", written)


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded):
        parse(tmp_path / "t.json", "[" * 100_000 + "]" * 100_000)


_KEYS = st.text(alphabet="abc é_", min_size=1, max_size=4).filter(lambda key: clean_text(key) != "")
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet="xyz \n1", max_size=6))
_JSON = st.recursive(_PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4))


def _words(value: object) -> list[str]:
    if isinstance(value, dict):
        return [word for key, item in value.items() for word in [*clean_text(key).split(), *_words(item)]]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return clean_text(value).split() if isinstance(value, str) else [json.dumps(value)]


@settings(max_examples=150, deadline=None)
@given(_JSON)
def test_every_key_and_value_is_in_the_text(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    document = parse(tmp_path_factory.getbasetemp() / "any.json", json.dumps(value))
    text = document.text
    assert all(word in text for word in _words(value))
    assert all(text[item.start : item.end] == item.text for item in document.elements)
