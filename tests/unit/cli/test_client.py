import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from services import client as client_module
from services.client import Client, ClientError, ConnectionBroke, NoKey, NoService, Refused, service_key, service_url
from services.serve_lock import ServeLock
from services.settings import Settings

Handler = Callable[[httpx.Request], httpx.Response]


def _client(handler: Handler) -> Client:
    return Client("http://service", "secret", transport=httpx.MockTransport(handler))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_PAUSES_SECONDS", (0.0, 0.0))


def test_the_key_is_sent_and_a_problem_becomes_a_sentence() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        problem = {
            "type": "urn:sourcespan:problem:invalid-query",
            "detail": "top_k is 0; it goes from 1 to 100.",
            "errors": [{"in": "body", "field": "top_k", "message": "too small"}],
        }
        return httpx.Response(422, json=problem)

    with _client(refuse) as client, pytest.raises(Refused, match="top_k is 0") as caught:
        client.retrieve({"query": "x", "top_k": 0})
    assert caught.value.kind == "invalid-query"
    assert caught.value.hint == "top_k: too small"


def test_a_listing_follows_its_cursor() -> None:
    pages = {None: {"items": [{"id": 1}, {"id": 2}], "next": "c1"}, "c1": {"items": [{"id": 3}], "next": None}}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["state"] == "failed"
        assert "collection" not in request.url.params
        return httpx.Response(200, json=pages[request.url.params.get("after")])

    with _client(answer) as client:
        assert [job["id"] for job in client.jobs(state="failed")] == [1, 2, 3]


def test_reading_is_tried_again_while_the_service_is_away() -> None:
    answers = [httpx.Response(503, json={}), None, httpx.Response(200, json={"id": "j"})]

    def answer(_: httpx.Request) -> httpx.Response:
        response = answers.pop(0)
        if response is None:
            raise httpx.ReadError("gone")
        return response

    with _client(answer) as client:
        assert client.job("j") == {"id": "j"}
    assert answers == []


def test_what_may_not_be_repeated_is_sent_once() -> None:
    calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        raise httpx.ReadError("gone")

    with _client(answer) as client, pytest.raises(ConnectionBroke):
        client.create_key("k", ["read"])
    assert calls == ["POST"]


def test_an_upload_is_repeated_with_the_same_idempotency_key_and_whole_bodies(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-the-bytes")
    seen: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["idempotency-key"], b"%PDF-the-bytes" in request.read()))
        if len(seen) == 1:
            raise httpx.ReadError("gone")
        return httpx.Response(202, json={"accepted": [], "rejected": []})

    with _client(answer) as client:
        client.upload("c", [("a.pdf", tmp_path / "a.pdf")], attributes={"year": 2024}, idempotency_key="once")
    assert seen == [("once", True), ("once", True)]


def test_files_that_were_all_rejected_are_an_answer_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    rejected = [{"name": "a.pdf", "problem": {"detail": "The file is empty."}}]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"detail": "No file was accepted.", "rejected": rejected})

    with _client(answer) as client:
        got = client.upload("c", [("a.pdf", tmp_path / "a.pdf")], attributes=None, idempotency_key="k")
    assert got == {"accepted": [], "rejected": rejected}


def test_nobody_there_says_what_to_do() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with _client(refuse) as client, pytest.raises(NoService, match="No service answers at http://service") as caught:
        client.job("x")
    assert "sourcespan serve" in str(caught.value.hint)


def test_something_else_at_the_address_is_told_apart() -> None:
    with (
        _client(lambda _: httpx.Response(200, text="<html>")) as client,
        pytest.raises(ClientError, match="not a Sourcespan service"),
    ):
        client.job("x")


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    paths = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={})

    with _client(answer) as client:
        client.document("../keys?x=1")
    assert paths == [b"/v1/documents/..%2Fkeys%3Fx%3D1"]


def test_address_is_as_set_or_of_the_running_service_or_the_default(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=8123)
    assert service_url(settings) == "http://127.0.0.1:8123"
    with ServeLock(tmp_path / "serve.lock", tmp_path / "children.lock") as lock:
        assert service_url(settings) == "http://127.0.0.1:8123"
        lock.say("http://127.0.0.1:9999")
        assert service_url(settings) == "http://127.0.0.1:9999"
    assert service_url(settings) == "http://127.0.0.1:8123"
    assert service_url(Settings(data_dir=tmp_path, url="http://elsewhere/")) == "http://elsewhere"


def test_key_is_as_set_or_the_administrators(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(NoKey):
        service_key(settings)
    settings.admin_key_file.write_text("ssk_file\n")
    assert service_key(settings) == "ssk_file"
    assert service_key(Settings(data_dir=tmp_path, api_key="ssk_given")) == "ssk_given"


def test_bodies_are_the_contract() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(201, json={})

    with _client(answer) as client:
        client.create_collection("filings", "d", {"year": "integer"})
    assert bodies == [{"name": "filings", "description": "d", "attributes": {"year": "integer"}}]
