"""/v1/answers: the contract, with the documents' own sentences and with a model's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from retrieval.answers.answerer import ModelUnavailable
from retrieval.answers.model import AnswerUsage
from retrieval.results import Answerability, RetrieveResult, Trust
from services.api.app import ApiParts, create_app
from services.api.schemas.answers import AnswerResponse
from tests.unit.api.fakes import AnswerModel, Retriever, make_answerer, make_document, make_result

QUESTION = {"query": "How did sales go in the first half?", "collections": ["demo"]}


def _result() -> RetrieveResult:
    result = make_result(make_document())
    seen = tuple(replace(passage, trust=Trust()) for passage in result.results)
    return replace(result, results=seen, answerability=Answerability(score=0.8, reason="good"), degraded=())


def _client(client: TestClient, parts: ApiParts, model: AnswerModel | None = None) -> TestClient:
    """The same key, on parts that find a passage without flags."""
    retriever = Retriever(result=_result())
    made = replace(parts, retriever=retriever, answerer=make_answerer(retriever, model))  # type: ignore[arg-type]
    return TestClient(create_app(made), raise_server_exceptions=False, headers=client.headers)


def _ask(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/answers", json=QUESTION | more)
    assert answer.status_code == 200, answer.text
    AnswerResponse.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    model = AnswerResponse.model_validate_json(answer.content)
    assert json.loads(model.model_dump_json(by_alias=True)) == body, "nothing is sent that is not described"
    return body


def test_an_answer_is_quoted_with_its_place(client: TestClient, parts: ApiParts) -> None:
    body = _ask(_client(client, parts))
    assert body["found"] is True and body["model"] is None
    assert body["answer"] == "Sales rose in the first half and fell later."
    (citation,) = body["sentences"][0]["citations"]
    text = make_document().text
    assert citation["quote"] == "Sales rose in the first half\nand fell later."
    assert all(text[span["start"] : span["end"]] == span["quote"] and span["boxes"] for span in citation["spans"])
    assert [span["page"] for span in citation["spans"]] == [1, 2] and citation["cell"] is None
    assert citation["document"]["title"] == "Annual report" and citation["result"] == 1
    assert body["results"] and body["usage"]["input_tokens"] == 0 and "answer" in body["timings_ms"]


def test_not_found_is_an_answer(client: TestClient) -> None:
    """The stand-in's passage is hidden text: nothing of it is quoted."""
    body = _ask(client)
    assert (body["found"], body["answer"], body["sentences"]) == (False, None, [])
    assert body["results"], "what was found is shown all the same"


def test_a_models_answer_is_checked_and_paid_for(client: TestClient, parts: ApiParts) -> None:
    model = AnswerModel(text='Sales rose. [1: "Sales rose"]\nThey rose by 7%. [1: "Sales rose"]')
    body = _ask(_client(client, parts, model))
    assert body["model"] == "test-model" and body["degraded"] == []
    assert [sentence["supported"] for sentence in body["sentences"]] == [True, False]
    assert body["sentences"][1]["citations"] == []
    usage = body["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["money_usd"]) == (900, 40, 0.002)
    assert "Sales rose in the first half" in str(model.asked[0])


def test_the_documents_own_sentences_can_be_asked_for(client: TestClient, parts: ApiParts) -> None:
    model = AnswerModel(text="x")
    body = _ask(_client(client, parts, model), model="extractive")
    assert body["model"] is None and body["found"] and model.asked == []


def test_a_model_that_fails_is_stood_in_for(client: TestClient, parts: ApiParts) -> None:
    error = ModelUnavailable("The answer endpoint took too long to answer.", usage=AnswerUsage(cost_usd=0.01))
    body = _ask(_client(client, parts, AnswerModel(error=error)))
    assert body["found"] and body["model"] is None and body["usage"]["money_usd"] == 0.01
    assert [degraded["code"] for degraded in body["degraded"]] == ["model_unavailable"]


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"model": "gpt-x"}, "invalid-query"),
        ({"output_format": "dify"}, "invalid-query"),
        ({"query": ""}, "invalid-request"),
        ({"unknown": 1}, "invalid-request"),
    ],
)
def test_what_cannot_be_is_refused(client: TestClient, more: dict[str, Any], slug: str) -> None:
    answer = client.post("/v1/answers", json=QUESTION | more)
    assert answer.status_code == 422 and answer.json()["type"].endswith(slug)


def test_a_key_is_needed(anonymous: TestClient) -> None:
    assert anonymous.post("/v1/answers", json=QUESTION).status_code == 401
