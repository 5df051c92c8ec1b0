"""Bad input gets a problem document of its own kind that names the field at fault, and nothing else is disturbed."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

import ingestion.errors
import parsers.errors
import retrieval.errors
from services.api.app import ApiParts, create_app
from services.api.auth import AuthenticationMiddleware
from services.api.problems import BY_ERROR, INTERNAL, TYPES, URI_PREFIX, problem_of, type_of
from tests.unit.api.test_uploads import kind

Key = Callable[..., dict[str, str]]
SECRET_TEXT = "the merger is planned for May"


def every_error(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(error for child in root.__subclasses__() for error in every_error(child))]


NEVER_SEEN_BY_A_CALLER = {
    ingestion.errors.BackupUnusable,
    ingestion.errors.IndexBehind,
    ingestion.errors.IndexConflict,
    ingestion.errors.IndexNotFound,
    ingestion.errors.IndexSwitched,
    ingestion.errors.LeaseLost,
    ingestion.errors.Superseded,
    parsers.errors.ParseCancelled,
}


@pytest.mark.parametrize(
    "root", [parsers.errors.ParseError, retrieval.errors.RetrievalError, ingestion.errors.IngestionError]
)
def test_every_error_class_has_its_line_in_the_table(root: type[Exception]) -> None:
    module = root.__module__
    missing = {error for error in every_error(root) if error.__module__ == module and error not in BY_ERROR}
    assert missing <= NEVER_SEEN_BY_A_CALLER


def test_problem_types_are_stable_names() -> None:
    for slug, known in TYPES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", slug)
        assert known.uri == URI_PREFIX + slug
        assert 400 <= known.status < 600
    assert len({known.title for known in TYPES.values()}) == len(TYPES)


def test_an_internal_error_keeps_its_sentence_to_itself() -> None:
    problem = problem_of(ingestion.errors.LeaseLost(SECRET_TEXT))
    assert problem.type is INTERNAL
    assert SECRET_TEXT not in str(problem.document("req_1"))
    assert type_of(ValueError()) is INTERNAL


@pytest.mark.parametrize(
    ("body", "problem", "field"),
    [
        ({}, "invalid-request", "query"),
        ({"query": ""}, "invalid-request", "query"),
        ({"query": "   "}, "invalid-query", "query"),
        ({"query": 7}, "invalid-request", "query"),
        ({"query": "x" * 9000}, "invalid-request", "query"),
        ({"query": "q", "top_k": 0}, "invalid-request", "top_k"),
        ({"query": "q", "top_k": 1_000_000}, "invalid-request", "top_k"),
        ({"query": "q", "top_k": "5"}, "invalid-request", "top_k"),
        ({"query": "q", "top_k": True}, "invalid-request", "top_k"),
        ({"query": "q", "topk": 5}, "invalid-request", "topk"),
        ({"query": "q", "mode": "magic"}, "invalid-request", "mode"),
        ({"query": "q", "min_score": 7}, "invalid-request", "min_score"),
        ({"query": "q", "element_types": ["tabel"]}, "invalid-request", "element_types.0"),
        ({"query": "q", "filters": {"type": "like", "key": "a", "value": 1}}, "invalid-request", "filters.type"),
        ({"query": "q", "filters": {"type": "eq", "field": "a"}}, "invalid-request", "filters.field"),
        ({"query": "q", "fusion": {"weights": {"magic": 1}}}, "invalid-query", "fusion.weights"),
        ({"query": "q", "rerank": {"enabled": True, "top_n": 3}}, "invalid-query", "rerank.top_n"),
        ({"query": "q", "context": {"neighbours": 100}}, "invalid-request", "context.neighbours"),
        ({"query": "q", "context": {"max_tokens": 3}}, "invalid-request", "context.max_tokens"),
        ({"query": "q", "deadline_ms": 0}, "invalid-request", "deadline_ms"),
        ({"query": "q", "include": ["everything"]}, "invalid-request", "include.0"),
        ({"query": "q", "output_format": "xml"}, "invalid-request", "output_format"),
    ],
)
def test_a_question_that_cannot_be_asked(client: TestClient, body: dict[str, object], problem: str, field: str) -> None:
    answer = client.post("/v1/retrieve", json=body)
    assert answer.status_code == 422, answer.text
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (kind(document), document["errors"][0]["field"]) == (problem, field)
    assert document["status"] == 422
    assert document["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("error", "status", "problem", "field"),
    [
        (
            retrieval.errors.UnknownField("No attribute 'colour'.", field="filters.key"),
            422,
            "unknown-field",
            "filters.key",
        ),
        (retrieval.errors.InvalidQuery("No.", field="filters.value"), 422, "invalid-query", "filters.value"),
        (retrieval.errors.UnknownCollection("nowhere"), 404, "unknown-collection", None),
        (retrieval.errors.IndexUnavailable("The index is being started again."), 503, "index-unavailable", None),
        (retrieval.errors.IndexFault("The index failed."), 502, "index-fault", None),
        (retrieval.errors.EmbeddingFailed("No model."), 503, "embedding-failed", None),
        (ingestion.errors.CatalogBusy("Busy."), 503, "catalog-busy", None),
        (RuntimeError(SECRET_TEXT), 500, "internal", None),
    ],
)
def test_what_goes_wrong_in_retrieval_has_a_kind(
    client: TestClient, parts: ApiParts, error: Exception, status: int, problem: str, field: str | None
) -> None:
    parts.retriever.error = error  # type: ignore[attr-defined]
    answer = client.post("/v1/retrieve", json={"query": SECRET_TEXT})
    assert (answer.status_code, kind(answer.json())) == (status, problem)
    assert [fault["field"] for fault in answer.json().get("errors", [])] == ([field] if field else [])
    assert ("Retry-After" in answer.headers) is (status == 503)
    parts.retriever.error = None  # type: ignore[attr-defined]
    assert client.post("/v1/retrieve", json={"query": "next"}).status_code == 200


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"query": "x",\n  "top_k" 5}', {"line": 2, "column": 11, "position": 25}),
        (b"{", {"line": 1, "column": 2, "position": 1}),
        (b"not json", {"line": 1, "column": 1, "position": 0}),
    ],
)
def test_json_that_is_broken_is_shown_where(client: TestClient, content: bytes, where: dict[str, int]) -> None:
    answer = client.post("/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, kind(answer.json())) == (400, "invalid-json")
    assert {name: answer.json()[name] for name in where} == where


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{}", b"[" * 100_000, b'{"query": ' + b"9" * 5000 + b"}", b'{"query": "\xff"}']
)
def test_json_that_cannot_be_read_at_all(client: TestClient, content: bytes) -> None:
    answer = client.post("/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert kind(answer.json()) in {"bad-request", "invalid-json"}


def test_json_with_numbers_that_json_does_not_have(client: TestClient) -> None:
    content = b'{"query": "q", "min_score": NaN}'
    answer = client.post("/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "min_score")


def test_a_body_of_another_kind(client: TestClient) -> None:
    answer = client.post("/v1/retrieve", content=b'{"query": "q"}', headers={"Content-Type": "text/plain"})
    assert (answer.status_code, kind(answer.json())) == (415, "unsupported-content-type")
    empty = client.post("/v1/retrieve")
    assert (empty.status_code, kind(empty.json())) == (422, "invalid-request")


def test_addresses_and_methods_that_are_not_there(client: TestClient) -> None:
    assert kind(client.get("/v2/anything").json()) == "route-not-found"
    wrong = client.put("/v1/jobs")
    assert (wrong.status_code, kind(wrong.json())) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/v1/documents/doc_nothing", "unknown-document"),
        ("/v1/documents/doc_nothing/versions", "unknown-document"),
        ("/v1/documents/doc_nothing/content", "unknown-document"),
        ("/v1/documents/doc_nothing/pages/1", "unknown-document"),
        ("/v1/documents/doc_nothing/pages/1/image", "unknown-document"),
        ("/v1/documents?collection=nowhere", "unknown-collection"),
        ("/v1/collections/nowhere", "unknown-collection"),
        ("/v1/jobs/job_nothing", "unknown-job"),
        ("/v1/jobs/job_nothing/events", "unknown-job"),
        ("/v1/citations/cit_nothing", "unknown-citation"),
        ("/v1/citations/cit_nothing/image", "unknown-citation"),
    ],
)
def test_things_that_are_not_there(client: TestClient, path: str, problem: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, kind(answer.json())) == (404, problem)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/documents?limit=0", "limit"),
        ("/v1/documents?limit=100000", "limit"),
        ("/v1/jobs?state=sleeping", "state"),
        ("/v1/documents/doc_1/pages/0", "number"),
        ("/v1/documents/doc_1/pages/one", "number"),
    ],
)
def test_parameters_that_are_out_of_range(client: TestClient, path: str, field: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, kind(answer.json())) == (422, "invalid-request")
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/jobs", "/v1/collections"])
def test_a_cursor_that_no_listing_gave(client: TestClient, path: str) -> None:
    answer = client.get(path, params={"after": "made-up"})
    assert (answer.status_code, kind(answer.json())) == (422, "invalid-cursor")
    assert answer.json()["errors"][0] | {"message": ""} == {"in": "query", "field": "after", "message": ""}


@pytest.mark.parametrize(
    ("body", "problem", "field"),
    [
        ({"name": ""}, "invalid-request", "name"),
        ({"name": "../etc"}, "invalid-name", "name"),
        ({"name": "ok", "attributes": {"year": "text"}}, "invalid-request", "attributes.year"),
        ({"name": "ok", "attributes": {"a b": "string"}}, "invalid-attributes", "attributes.a b"),
        ({"name": "ok", "colour": "red"}, "invalid-request", "colour"),
    ],
)
def test_collections_that_cannot_be(client: TestClient, body: dict[str, object], problem: str, field: str) -> None:
    answer = client.post("/v1/collections", json=body)
    assert (answer.status_code, kind(answer.json()), answer.json()["errors"][0]["field"]) == (422, problem, field)


def test_a_body_over_the_limit_is_refused_by_its_length_and_by_counting(client: TestClient) -> None:
    big = b'{"query": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    declared = client.post("/v1/retrieve", content=big, headers={"Content-Type": "application/json"})

    def streamed() -> Iterator[bytes]:
        yield from (big[start : start + 65536] for start in range(0, len(big), 65536))

    counted = client.post("/v1/retrieve", content=streamed(), headers={"Content-Type": "application/json"})
    for answer in (declared, counted):
        assert (answer.status_code, kind(answer.json())) == (413, "body-too-large")
        assert "1,048,576" in answer.json()["detail"]


@pytest.mark.parametrize("length", ["-1", "ten", "9" * 5000, "²"])
def test_a_content_length_that_is_none(client: TestClient, length: str) -> None:
    answer = client.post("/v1/retrieve", content=b"{}", headers={"Content-Length": length.encode()})  # type: ignore[dict-item]
    assert answer.status_code in {400, 413}


def test_a_stray_error_is_logged_without_what_it_says(
    client: TestClient, parts: ApiParts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    parts.retriever.error = RuntimeError(SECRET_TEXT)  # type: ignore[attr-defined]
    answer = client.post("/v1/retrieve", json={"query": SECRET_TEXT})
    assert answer.status_code == 500
    assert SECRET_TEXT not in answer.text
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("sourcespan"))
    assert answer.headers["X-Request-ID"] in logged
    assert "RuntimeError" in logged
    assert SECRET_TEXT not in caplog.text


def test_the_access_log_has_no_question_and_no_key(
    client: TestClient, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="sourcespan.api.access")
    headers = key("admin")
    client.post("/v1/retrieve", json={"query": SECRET_TEXT}, headers=headers)
    client.get("/v1/documents", params={"after": SECRET_TEXT}, headers=headers)
    lines = [record.getMessage() for record in caplog.records if record.name == "sourcespan.api.access"]
    assert [line.split()[:3] for line in lines] == [["POST", "/v1/retrieve", "200"], ["GET", "/v1/documents", "422"]]
    assert all("key=key_" in line for line in lines)
    assert "merger" not in caplog.text
    assert headers["Authorization"].split()[1] not in caplog.text


def test_a_request_id_goes_in_and_out(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"
    for bad in ("a b", "x" * 200, "<script>"):
        assert client.get("/health", headers={"X-Request-ID": bad}).headers["X-Request-ID"].startswith("req_")


def test_values_of_a_request_are_not_repeated_in_a_problem(client: TestClient) -> None:
    answer = client.post("/v1/retrieve", json={"query": SECRET_TEXT, "mode": SECRET_TEXT, "top_k": SECRET_TEXT})
    assert answer.status_code == 422
    assert SECRET_TEXT not in answer.text


def test_a_fault_of_our_own_does_not_go_on_taking_the_body(parts: ApiParts, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError(SECRET_TEXT)

    monkeypatch.setattr(AuthenticationMiddleware, "__call__", fail)
    client = TestClient(create_app(parts), raise_server_exceptions=False)
    answer = client.post("/v1/documents", content=iter([b"a body of", b"no declared length"]))
    assert answer.status_code == 500
    assert answer.headers["connection"] == "close"
    assert SECRET_TEXT not in answer.text
