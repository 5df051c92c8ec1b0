"""The shapes of others, and many questions in one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

from retrieval.errors import IndexUnavailable, RetrievalError
from retrieval.formats import anthropic_search_results, dify_records, openai_search_page
from retrieval.model import Principal
from retrieval.options import RetrieveQuery
from retrieval.results import RetrieveResult
from services.api.app import ApiParts
from services.api.schemas.retrieve import BatchAnswer
from tests.unit.api.fakes import make_document, make_result


def result() -> RetrieveResult:
    return make_result(make_document(), passages=2)


def test_anthropics_search_result_blocks() -> None:
    passage = result().results[0]
    body = anthropic_search_results(result())
    assert list(body) == ["content"] and len(body["content"]) == 2
    block = body["content"][0]
    assert set(block) == {"type", "source", "title", "content", "citations"}
    assert (block["type"], block["citations"]) == ("search_result", {"enabled": True})
    assert block["title"] == "Annual report > Results"
    assert block["source"] == f"upload:///report.pdf#page=1&citation={passage.citation_id}"
    assert block["content"] == [{"type": "text", "text": passage.content[1].text}]


def test_openais_page_of_search_results() -> None:
    passage = result().results[0]
    body = openai_search_page(result(), "How did sales go?")
    assert set(body) == {"object", "search_query", "data", "has_more", "next_page"}
    assert (body["object"], body["search_query"]) == ("vector_store.search_results.page", ["How did sales go?"])
    assert (body["has_more"], body["next_page"]) == (False, None)
    found = body["data"][0]
    assert set(found) == {"file_id", "filename", "score", "attributes", "content"}
    assert (found["file_id"], found["filename"], found["score"]) == (passage.document.id, "Annual report", 0.87)
    assert found["content"] == [{"type": "text", "text": passage.content[1].text}]
    assert found["attributes"]["year"] == 2024 and found["attributes"]["citation_id"] == passage.citation_id


def test_openais_attributes_keep_their_bounds() -> None:
    whole = result()
    many = {f"key{number}": "x" * 1000 for number in range(40)} | {"k" * 100: 1}
    view = replace(whole.results[0].document, attributes=many)
    page = openai_search_page(replace(whole, results=(replace(whole.results[0], document=view),)), "q")
    attributes = page["data"][0]["attributes"]
    assert len(attributes) <= 16
    assert all(len(key) <= 64 and len(str(value)) <= 512 for key, value in attributes.items())


def test_difys_records() -> None:
    passage = result().results[0]
    body = dify_records(result())
    assert list(body) == ["records"]
    record = body["records"][0]
    assert set(record) == {"content", "score", "title", "metadata"}
    assert (record["content"], record["score"], record["title"]) == (passage.content[1].text, 0.87, "Annual report")
    assert record["metadata"]["path"] == "upload:///report.pdf" and record["metadata"]["year"] == 2024


def test_a_format_is_the_whole_body_and_what_is_missing_is_in_a_header(client: TestClient) -> None:
    for name, member in (("anthropic_search_result", "content"), ("openai_vector_store", "data"), ("dify", "records")):
        answer = client.post("/v1/retrieve", json={"query": "q", "output_format": name})
        assert answer.status_code == 200 and member in answer.json()
        assert "request_id" not in answer.json()
        assert answer.headers["x-sourcespan-degraded"] == "no_dense"


class Many:
    """Answers a batch with what it was told to."""

    def __init__(self, answers: list[RetrieveResult | RetrievalError]) -> None:
        self.answers = answers
        self.asked: list[list[RetrieveQuery]] = []

    def retrieve_many(self, queries: list[RetrieveQuery], principal: Principal) -> list[Any]:
        self.asked.append(queries)
        return self.answers


def test_each_question_of_a_batch_has_its_own_answer_or_problem(
    client: TestClient, parts: ApiParts, monkeypatch: Any
) -> None:
    many = Many([result(), IndexUnavailable("The index is away."), result()])
    monkeypatch.setattr(parts.retriever, "retrieve_many", many.retrieve_many, raising=False)
    queries = [{"query": "a"}, {"query": "b", "topk": 3}, {"query": "c"}, 7, {"query": "d", "output_format": "dify"}]
    answer = client.post("/v1/retrieve/batch", json={"queries": queries})
    assert answer.status_code == 200, answer.text
    BatchAnswer.model_validate(answer.json())
    items = answer.json()["answers"]
    assert [item["status"] for item in items] == [200, 422, 503, 422, 200]
    assert [query.query for query in many.asked[0]] == ["a", "c", "d"]
    assert items[0]["answer"]["results"] and "records" in items[4]["answer"]
    assert items[1]["problem"]["errors"][0]["field"] == "topk"
    assert items[2]["problem"]["type"].endswith("index-unavailable")
    assert "problem" not in items[0] and "answer" not in items[1]


def test_a_batch_has_bounds_and_needs_a_key(client: TestClient, anonymous: TestClient) -> None:
    for queries in ([], [{"query": "q"}] * 65, "q"):
        assert client.post("/v1/retrieve/batch", json={"queries": queries}).status_code == 422
    assert anonymous.post("/v1/retrieve/batch", json={"queries": [{"query": "q"}]}).status_code == 401
