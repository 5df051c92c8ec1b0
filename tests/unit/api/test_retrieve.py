"""A question in, the contract out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from retrieval.options import GroupBy, Include, Mode, RetrieveQuery, StageOptions
from services.api.app import ApiParts
from services.api.encoding import encode_retrieve_answer
from services.api.request_context import RequestContext
from services.api.schemas.retrieve import RetrieveAnswer, RetrieveRequest, StagesSchema
from tests.unit.api.fakes import make_document, make_result


def test_the_answer_is_the_contract(client: TestClient, parts: ApiParts) -> None:
    answer = client.post("/v1/retrieve", json={"query": "How did sales go?"}, headers={"X-Request-ID": "mine"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    RetrieveAnswer.model_validate(body)
    assert body["request_id"] == "mine"
    assert (body["index_version"], body["epoch"], body["timings_ms"]) == ("all-MiniLM-L6-v2", 7, {"total": 11.0})
    result = body["results"][0]
    assert result["document"]["sha256"] == result["document"]["version"] == "d" * 64
    assert result["attributes"] == {"year": 2024}
    of_page = {"page_dense": None, "page_lexical": None}
    assert (
        result["scores"] == {"dense": 0.61, "lexical": None, "document": 0.2, "fused": 0.87, "rerank": None} | of_page
    )
    assert result["trust"] == {"untrusted": True, "flags": ["invisible_text"]}
    text = make_document().text
    assert [span["page"] for span in result["spans"]] == [1, 2]
    for span in result["spans"]:
        assert text[span["start"] : span["end"]] == span["quote"]
        assert span["boxes"]


def test_the_quick_encoding_and_the_models_agree() -> None:
    """Nothing is lost or renamed between what is sent and what OpenAPI says is sent."""
    context = RequestContext(request_id="r", trace_id="t")
    sent = encode_retrieve_answer(make_result(make_document(), passages=3), RetrieveQuery(query="q"), context)
    model = RetrieveAnswer.model_validate_json(sent)
    import json

    assert json.loads(model.model_dump_json()) == json.loads(sent)


def test_the_trace_of_the_caller_is_taken_up(client: TestClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert client.post("/v1/retrieve", json={"query": "q"}, headers=headers).json()["trace_id"] == trace
    fresh = client.post("/v1/retrieve", json={"query": "q"}, headers={"traceparent": "junk"}).json()["trace_id"]
    assert len(fresh) == 32
    assert fresh != trace


def test_the_question_reaches_the_engine_as_it_was_asked(client: TestClient, parts: ApiParts) -> None:
    filters = {"type": "and", "filters": [{"type": "in", "key": "year", "value": [2023, 2024]}]}
    answer = client.post(
        "/v1/retrieve",
        json={
            "query": "q",
            "collections": ["demo"],
            "document_ids": [],
            "top_k": 3,
            "mode": "lexical",
            "fusion": {"method": "rrf", "weights": {"dense": 2}},
            "rerank": {"enabled": False},
            "context": {"neighbours": 0, "parent": False},
            "filters": filters,
            "element_types": ["table"],
            "min_score": 0.5,
            "group_by": "page",
            "include": ["scores"],
            "output_format": "native",
        },
    )
    assert answer.status_code == 200, answer.text
    query, principal = parts.retriever.asked[-1]  # type: ignore[attr-defined]
    assert (query.collections, query.document_ids, query.top_k) == (("demo",), (), 3)
    assert (query.mode, query.group_by, query.include) == (Mode.LEXICAL, GroupBy.PAGE, frozenset({Include.SCORES}))
    assert (query.fusion.method, query.fusion.weights) == ("rrf", {"dense": 2})
    assert (query.filters, query.element_types, query.min_score) == (filters, ("table",), 0.5)
    assert principal.tenant == "default"


def test_what_is_left_out_or_null_has_the_contracts_default() -> None:
    assert RetrieveRequest(query="q").to_query() == RetrieveQuery(query="q")
    nothing = dict.fromkeys(set(RetrieveRequest.model_fields) - {"query", "top_k"})
    assert RetrieveRequest(query="q", **nothing).to_query() == RetrieveQuery(query="q")
    assert set(RetrieveRequest.model_fields) == set(RetrieveQuery.__dataclass_fields__)
    assert set(StagesSchema.model_fields) == set(StageOptions.__dataclass_fields__)


@pytest.mark.parametrize("stage", StageOptions.__dataclass_fields__)
def test_each_stage_of_the_ranking_can_be_left_out(stage: str) -> None:
    query = RetrieveRequest.model_validate({"query": "q", "stages": {stage: False}}).to_query()
    assert query.stages == StageOptions(**{stage: False})


def test_a_filter_keeps_false_zero_and_null() -> None:
    for value in (False, 0, None, "", [0, False]):
        request = RetrieveRequest.model_validate({"query": "q", "filters": {"type": "eq", "key": "a", "value": value}})
        filters = request.to_query().filters
        assert filters is not None
        assert repr(filters["value"]) == repr(value)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    from services.api.app import create_app
    from tests.unit.api.fakes import make_parts

    parts = make_parts(tmp_path_factory.mktemp("parts"))
    secret, _ = parts.catalog.keys.create("default", "test", ["read"])
    headers = {"X-API-Key": secret}
    return TestClient(create_app(parts), raise_server_exceptions=False, headers=headers)


@given(field=st.sampled_from(sorted(RetrieveRequest.model_fields)), value=json_values)
def test_any_value_in_any_field_is_answered_or_refused(asking: TestClient, field: str, value: Any) -> None:
    answer = asking.post("/v1/retrieve", json={"query": "q"} | {field: value})
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["field"].split(".")[0].split("[")[0] == field
