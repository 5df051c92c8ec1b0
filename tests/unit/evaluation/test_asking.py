"""Asking a question set over HTTP: what is measured, what fails, and what is kept when it is stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from retrieval.evaluation.questions import Gold, Question
from services.client import Client, NoService
from services.evaluation import asking
from services.evaluation.ablation import variants
from services.evaluation.asking import Asked, ask_all, unknown_documents
from services.evaluation.options import laid_over, read_options
from services.failures import Failure, WrongUsage

QUESTIONS = [
    Question(id=f"q{number}", query=f"question {number}", gold=(Gold(document="a.pdf", page=number),), line=number)
    for number in range(1, 6)
]
RESULT = {
    "document": {"id": "doc_1", "sha256": "0" * 64, "source_uri": "upload:///a.pdf"},
    "spans": [{"page": 2, "start": 0, "end": 4, "quote": "text"}],
}
ANSWER = {
    "results": [RESULT],
    "answerability": {"score": 0.7, "reason": ""},
    "timings_ms": {"total": 3.0},
    "usage": {"cpu_seconds": 0.002},
    "index_version": "model-1",
}
Handler = Callable[[dict[str, Any]], httpx.Response]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PAUSES_SECONDS", (0.0, 0.0))


def ask(handler: Handler, questions: Sequence[Question] = QUESTIONS, **options: Any) -> tuple[Asked, list[int]]:
    seen: list[int] = []
    transport = httpx.MockTransport(lambda request: handler(json.loads(request.content)))
    with Client("http://service", "key", transport=transport) as client:
        return ask_all(client, questions, options, show=seen.append), seen


def test_each_question_is_asked_and_measured() -> None:
    requests: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=ANSWER)

    own = Question(id="own", query="?", request={"mode": "lexical"})
    asked, seen = ask(answer, [*QUESTIONS, own], mode="dense", collections=["c"])
    assert [request["query"] for request in requests] == [question.query for question in [*QUESTIONS, own]]
    assert requests[0] == {"top_k": 20, "mode": "dense", "collections": ["c"], "query": "question 1"}
    assert requests[-1]["mode"] == "lexical"
    assert [outcome.id for outcome in asked.outcomes] == ["q1", "q2", "q3", "q4", "q5", "own"]
    assert [outcome.measures["hit@1"] for outcome in asked.outcomes[:5]] == [0, 1, 0, 0, 0]
    last = asked.outcomes[-1]
    assert (last.answerable, last.measures, last.answerability) == (False, {}, 0.7)
    assert (last.service_ms, last.cpu_seconds, last.error) == (3.0, 0.002, None)
    assert (asked.stopped, asked.index_version, seen[-1]) == (None, "model-1", 6)
    assert asked.results["q1"] == ["upload:///a.pdf"]


def test_a_request_that_fails_counts_as_no_hits_and_one_that_is_busy_is_repeated() -> None:
    tried: dict[str, int] = {}

    def answer(request: dict[str, Any]) -> httpx.Response:
        tried[request["query"]] = tried.get(request["query"], 0) + 1
        if request["query"] == "question 2":
            return httpx.Response(500, json={"type": "urn:sourcespan:problem:internal"})
        if request["query"] == "question 3" and tried["question 3"] == 1:
            return httpx.Response(503, json={"type": "urn:sourcespan:problem:index-unavailable"})
        return httpx.Response(200, json=ANSWER)

    asked, _ = ask(answer)
    assert [outcome.error for outcome in asked.outcomes] == [None, "internal", None, None, None]
    assert asked.outcomes[1].measures["hit@5"] == 0
    assert (tried["question 3"], asked.stopped) == (2, None)


def test_a_request_that_is_refused_names_the_line() -> None:
    def answer(request: dict[str, Any]) -> httpx.Response:
        if request["query"] == "question 3":
            return httpx.Response(422, json={"detail": "There is no list 'x'.", "type": "urn:x:invalid-query"})
        return httpx.Response(200, json=ANSWER)

    with pytest.raises(Failure, match=r"line 3 .*There is no list 'x'"):
        ask(answer, QUESTIONS[2:])
    asked, _ = ask(answer)
    assert [outcome.id for outcome in asked.outcomes][:2] == ["q1", "q2"]
    assert "line 3" in str(asked.stopped)


def test_what_was_asked_until_ctrl_c_is_kept() -> None:
    def interrupted(done: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWER))
    with Client("http://service", "key", transport=transport) as client:
        asked = ask_all(client, QUESTIONS * 1, {}, show=interrupted)
    assert asked.stopped == "interrupted"
    assert 3 <= len(asked.outcomes) <= len(QUESTIONS)


def test_a_service_that_goes_away_stops_the_run_and_keeps_it() -> None:
    def answer(request: dict[str, Any]) -> httpx.Response:
        if request["query"] == "question 4":
            raise httpx.ConnectError("gone")
        return httpx.Response(200, json=ANSWER)

    asked, _ = ask(answer)
    assert [outcome.id for outcome in asked.outcomes][:3] == ["q1", "q2", "q3"]
    assert "No service answers" in str(asked.stopped)
    with pytest.raises(NoService):
        ask(answer, QUESTIONS[3:4])


def test_gold_documents_that_are_not_there_are_named() -> None:
    document = {"id": "doc_1", "sha256": "0" * 64, "source_uri": "upload:///2024/A.pdf"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": [document], "next": None}))
    gold = tuple(Gold(document=name) for name in ("a", "2024/a.pdf", "DOC_1", "b.pdf"))
    with Client("http://service", "key", transport=transport) as client:
        assert unknown_documents(client, [Question(id="1", query="?", gold=gold)], ["c"]) == {"b.pdf"}


def test_options_are_laid_over_each_other_member_by_member() -> None:
    base = {"fusion": {"weights": {"dense": 1, "lexical": 2}}, "filters": {"type": "eq", "key": "a"}, "top_k": 5}
    upper = {"fusion": {"weights": {"dense": 0}}, "filters": {"type": "and"}}
    assert laid_over(base, upper) == {
        "fusion": {"weights": {"dense": 0, "lexical": 2}},
        "filters": {"type": "and"},
        "top_k": 5,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("no-such-file", "no file that can be read"),
        ('{"query": "x"}', "sets 'query'"),
        ('{"output_format": "dify"}', "output_format"),
    ],
)
def test_options_that_cannot_be_used(text: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        read_options(text, "--request")


def test_lists_and_stages_are_switched_off_one_by_one() -> None:
    schemas = {
        "RetrieveRequest": {
            "properties": {"stages": {"anyOf": [{"$ref": "#/components/schemas/S"}, {"type": "null"}]}}
        },
        "S": {
            "properties": {
                "boost": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                "hints": {"type": "boolean"},
                "glossary": {"$ref": "#/components/schemas/Switch"},
                "name": {"type": "string"},
            }
        },
        "Switch": {"properties": {"enabled": {"type": "boolean"}, "weight": {"type": "number"}}},
    }
    found = {
        variant.name: variant.options
        for variant in variants({"components": {"schemas": schemas}}, {"fusion": {"weights": {"dense": 0}}})
    }
    assert found["without the list lexical"] == {"fusion": {"weights": {"lexical": 0}}}
    assert "without the list dense" not in found
    assert found["without the stage boost"] == {"stages": {"boost": 0}}
    assert found["without the stage hints"] == {"stages": {"hints": False}}
    assert found["without the stage glossary"] == {"stages": {"glossary": {"enabled": False}}}
    assert "without the stage name" not in found
