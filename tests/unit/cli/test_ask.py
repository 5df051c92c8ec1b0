"""`sourcespan ask` for a person: the answer, then what it cites."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from services.cli import ask
from services.cli.ask import print_answer

DOCUMENT = {"id": "doc_1", "title": "Annual report\x1b[31m", "source_uri": "upload:a.pdf"}
CELL = {"row": 2, "column": 1, "row_header": "Revenue", "column_headers": ["Year", "2022"], "value": "1,577"}
CITATION: dict[str, Any] = {
    "citation_id": "cit_abc",
    "document": DOCUMENT,
    "page": 4,
    "quote": "Revenue\t1,577\t1,301",
    "cell": CELL,
}
ANSWER: dict[str, Any] = {
    "found": True,
    "model": None,
    "degraded": [],
    "answerability": {"score": 0.91, "reason": "The best passages have every word of the question."},
    "sentences": [
        {"text": "Revenue, Year, 2022: 1,577", "citations": [CITATION], "supported": True},
        {"text": "It doubled.", "citations": [], "supported": False},
    ],
    "timings_ms": {"total": 12.3},
}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(record=True, width=200, highlight=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    monkeypatch.setattr(ask, "out", console)
    return console


def test_sentences_then_numbered_citations(printed: Console) -> None:
    print_answer(ANSWER)
    lines = printed.export_text().splitlines()
    assert lines[:2] == ["Revenue, Year, 2022: 1,577 [1]", "It doubled. (unsupported)"]
    assert lines[3] == "[1] Annual report�[31m  ·  page 4  ·  cell 2,1 (Revenue / Year / 2022)"
    assert lines[4:6] == ["    “Revenue | 1,577 | 1,301”", "    cit_abc"]
    assert lines[-1] == "answerability 0.91: The best passages have every word of the question. (12 ms)"


def test_not_found_is_said_with_its_reason(printed: Console) -> None:
    reason = "The question names 'Zorvex'."
    print_answer(ANSWER | {"found": False, "sentences": [], "answerability": {"score": 0.05, "reason": reason}})
    said = printed.export_text()
    assert "Not found" in said and reason in said and "[1]" not in said


def test_one_place_cited_twice_has_one_number(printed: Console) -> None:
    twice = [ANSWER["sentences"][0], ANSWER["sentences"][0]]
    print_answer(ANSWER | {"sentences": twice, "model": "test-model", "degraded": [{"message": "Late."}]})
    said = printed.export_text()
    assert said.count("cit_abc") == 1 and said.count("[1]") == 3
    assert "Note: Late." in said and "written by test-model" in said
