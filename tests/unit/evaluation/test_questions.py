"""Question sets are read strictly: every fault is told with its file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.questions import UNTYPED, Gold, read_questions

WHOLE: dict[str, Any] = {
    "id": 7,
    "query": "How much?",
    "type": "table",
    "answer": "12",
    "gold": [{"document": "a.pdf", "page": 2, "span": {"start": 3, "end": 9}, "quote": "x y"}],
    "answerable": True,
    "request": {"mode": "dense"},
    "metadata": {"by": "hand"},
}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_everything_that_a_question_may_have(tmp_path: Path) -> None:
    bare = {"id": "b", "query": "?"}
    first, second = read_questions(written(tmp_path, "", WHOLE, bare))
    assert first.id == "7"
    assert first.gold == (Gold(document="a.pdf", page=2, span=(3, 9), quote="x y"),)
    assert (first.line, first.type, first.request, first.answerable) == (2, "table", {"mode": "dense"}, True)
    assert (second.type, second.answerable, second.gold) == (UNTYPED, False, ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not valid JSON"),
        ("[1]", "one JSON object"),
        ({"id": "1"}, "'query' is a text"),
        ({"id": "1", "query": " "}, "'query' is a text"),
        ({"query": "?"}, "'id' is a text"),
        (WHOLE | {"golds": []}, "no field 'golds'"),
        (WHOLE | {"gold": {}}, "'gold' is a list"),
        (WHOLE | {"gold": ["a.pdf"]}, "a place in 'gold' is a JSON object"),
        (WHOLE | {"gold": [{"doc": "a"}]}, "no field 'doc'"),
        (WHOLE | {"gold": [{"document": "a", "page": 0}]}, "'page' is a whole number"),
        (WHOLE | {"gold": [{"document": "a", "page": True}]}, "'page' is a whole number"),
        (WHOLE | {"gold": [{"document": "a", "span": {"start": 4, "end": 4}}]}, "'span' is"),
        (WHOLE | {"gold": [{"document": "a", "span": [1, 2]}]}, "'span' is"),
        (WHOLE | {"answerable": False}, "answerable when it has gold"),
        (WHOLE | {"request": "dense"}, "'request' is a JSON object"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(row: object, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, {"id": "good", "query": "?"}, row)
    with pytest.raises(UnreadableSet, match="line 2") as caught:
        read_questions(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_id_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSet, match="that of line 1 already"):
        read_questions(written(tmp_path, WHOLE, WHOLE))


def test_files_that_hold_no_questions(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSet, match="no question"):
        read_questions(written(tmp_path, ""))
    with pytest.raises(UnreadableSet, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b'{"id": "1", "query": "a"}\n\xff\xfe\n')
    with pytest.raises(UnreadableSet, match="not UTF-8"):
        read_questions(tmp_path / "binary")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(WHOLE)), value=JSON)
def test_whatever_a_field_holds_it_is_read_or_refused(
    name: str, value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("set"), WHOLE | {name: value})
    try:
        (question,) = read_questions(path)
    except UnreadableSet as error:
        assert error.line == 1
    else:
        assert question.answerable is bool(question.gold)
