"""Uploading: many files, each on its own, told apart by content, stored before the answer, once per idempotency key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ingestion.errors import CatalogBusy, StorageFull
from services.api.app import ApiParts, create_app
from services.api.multipart import MultipartReceiver
from services.api.problems import URI_PREFIX, ApiProblem
from services.api.source_keys import source_key
from tests.unit.api.fakes import PDF, Settings

Key = Callable[..., dict[str, str]]


def upload(client: TestClient, *files: tuple[str, bytes], collection: str = "demo", **options: Any) -> httpx.Response:
    data = {"collection": collection}
    if "attributes" in options:
        data["attributes"] = options.pop("attributes")  # type: ignore[assignment]
    return client.post("/v1/documents", data=data, files=[("files", file) for file in files], **options)  # type: ignore[arg-type]


def kind(problem: dict[str, object]) -> str:
    return str(problem["type"]).removeprefix(URI_PREFIX)


def scratch(parts: ApiParts) -> list[Path]:
    return list(parts.blobs.incoming.iterdir())


def test_files_are_stored_and_get_a_document_and_a_job_each(client: TestClient, parts: ApiParts) -> None:
    other = PDF + b"2"
    answer = upload(client, ("a.pdf", PDF), ("2024/b.pdf", other), attributes='{"year": 2024}')
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert [item["document"]["name"] for item in body["accepted"]] == ["a.pdf", "2024/b.pdf"]
    assert body["rejected"] == []
    for item, content in zip(body["accepted"], (PDF, other), strict=True):
        document, job = item["document"], item["job"]
        assert document["sha256"] == hashlib.sha256(content).hexdigest()
        assert parts.blobs.path(document["sha256"]).read_bytes() == content
        assert document["attributes"] == {"year": 2024}
        assert (job["state"], job["document_id"], item["unchanged"]) == ("queued", document["id"], False)
        read = client.get(f"/v1/jobs/{job['id']}").json()
        assert read.pop("waiting")["code"] == "waits_for_worker"
        assert read | {"waiting": None} == job
        assert client.get(f"/v1/documents/{document['id']}").json() == document
    assert scratch(parts) == []


def test_the_same_bytes_under_the_same_name_are_no_work(client: TestClient) -> None:
    first = upload(client, ("a.pdf", PDF)).json()["accepted"][0]
    again = upload(client, ("a.pdf", PDF)).json()["accepted"][0]
    assert again["unchanged"] is True
    assert again["document"]["id"] == first["document"]["id"]
    assert again["job"]["id"] == first["job"]["id"]
    versions = client.get(f"/v1/documents/{first['document']['id']}/versions").json()["items"]
    assert len(versions) == 1


def test_new_bytes_under_the_same_name_are_a_new_version(client: TestClient) -> None:
    first = upload(client, ("a.pdf", PDF)).json()["accepted"][0]["document"]
    second = upload(client, ("a.pdf", PDF + b"2")).json()["accepted"][0]["document"]
    assert second["id"] == first["id"]
    versions = client.get(f"/v1/documents/{first['id']}/versions").json()["items"]
    assert [version["sha256"] for version in versions] == [second["sha256"], first["sha256"]]


def test_a_bad_file_does_not_spoil_the_others(client: TestClient, parts: ApiParts) -> None:
    answer = upload(
        client,
        ("good.pdf", PDF),
        ("empty.pdf", b""),
        ("program.pdf", b"\x7fELF\x02\x01\x01 under a name that lies"),
        ("archive.pdf", b"7z\xbc\xaf\x27\x1c" + bytes(50)),
        ("good.pdf", PDF + b"another"),
    )
    assert answer.status_code == 202
    body = answer.json()
    assert [item["document"]["name"] for item in body["accepted"]] == ["good.pdf"]
    refusals = {(item["name"], kind(item["problem"])) for item in body["rejected"]}
    assert refusals == {
        ("empty.pdf", "empty-file"),
        ("program.pdf", "unsupported-media-type"),
        ("archive.pdf", "unsupported-media-type"),
        ("good.pdf", "duplicate-name"),
    }
    assert scratch(parts) == []


def test_the_content_decides_and_not_the_name(client: TestClient) -> None:
    accepted = upload(client, ("notes.txt", PDF)).json()["accepted"]
    assert accepted[0]["document"]["media_type"] == "application/pdf"


def test_if_no_file_can_be_taken_the_problem_lists_each(client: TestClient) -> None:
    answer = upload(client, ("empty.pdf", b""), ("program.pdf", b"\x7fELF\x02"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert kind(problem) == "nothing-accepted"
    assert [(item["name"], kind(item["problem"])) for item in problem["rejected"]] == [
        ("empty.pdf", "empty-file"),
        ("program.pdf", "unsupported-media-type"),
    ]
    assert client.get("/v1/documents").json()["items"] == []


def test_an_unknown_collection_takes_nothing(client: TestClient, parts: ApiParts) -> None:
    answer = upload(client, ("a.pdf", PDF), collection="nowhere")
    assert (answer.status_code, kind(answer.json())) == (404, "unknown-collection")
    assert scratch(parts) == []
    assert not [path for path in parts.blobs.incoming.parent.glob("sha256/*/*") if path.is_file()]


@pytest.mark.parametrize(
    ("attributes", "problem", "field"),
    [
        ('{"year": "last"}', "invalid-attributes", "attributes.year"),
        ('{"colour": "red"}', "invalid-attributes", "attributes.colour"),
        ("{year: 2024}", "invalid-request", "attributes"),
        ("[1]", "invalid-request", "attributes"),
        ("[" * 50_000, "invalid-request", "attributes"),
    ],
)
def test_attributes_are_checked_before_anything_is_taken(
    client: TestClient, attributes: str, problem: str, field: str
) -> None:
    answer = upload(client, ("a.pdf", PDF), attributes=attributes)
    assert (answer.status_code, kind(answer.json())) == (422, problem)
    assert answer.json()["errors"][0]["field"] == field
    assert client.get("/v1/documents").json()["items"] == []


IN_FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> dict[str, object]:
    content = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end
    return {"content": content, "headers": IN_FORM}


def field(name: str, value: str = "demo", more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}'.encode()


FILE = field("files", more='; filename="a.pdf"').removesuffix(b"demo") + PDF


@pytest.mark.parametrize(
    ("request_", "status", "problem"),
    [
        (form(FILE), 422, "invalid-request"),  # no collection
        (form(field("collection")), 422, "invalid-request"),  # no file
        (form(field("collection"), field("collection"), FILE), 422, "invalid-request"),
        (form(field("collection"), field("colour"), FILE), 422, "invalid-request"),
        (form(field("collection", more='; filename="a"'), FILE), 422, "invalid-request"),
        (form(field("collection"), field("files")), 422, "invalid-request"),
        (form(field("collection", value="x" * 70_000), FILE), 422, "invalid-request"),
        (form(field("collection"), b"X: y\r\n\r\nnameless"), 400, "invalid-multipart"),
        (form(field("collection"), FILE, end=b""), 400, "invalid-multipart"),
        (
            {"content": b"junk", "headers": IN_FORM},
            400,
            "invalid-multipart",
        ),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, 400, "invalid-multipart"),
        ({"content": b"", "headers": IN_FORM}, 400, "invalid-multipart"),
        ({"json": {"collection": "demo"}}, 415, "unsupported-content-type"),
        ({"content": PDF, "headers": {"Content-Type": "application/pdf"}}, 415, "unsupported-content-type"),
    ],
)
def test_forms_that_are_not_right(
    client: TestClient, parts: ApiParts, request_: dict[str, object], status: int, problem: str
) -> None:
    answer = client.post("/v1/documents", **request_)  # type: ignore[arg-type]
    assert (answer.status_code, kind(answer.json())) == (status, problem), answer.text
    assert scratch(parts) == []


def test_too_many_files(client: TestClient, parts: ApiParts) -> None:
    answer = upload(client, *[(f"{number}.pdf", PDF) for number in range(Settings.max_files_per_request + 1)])
    assert (answer.status_code, kind(answer.json())) == (413, "too-many-files")
    assert answer.json()["limit_files"] == Settings.max_files_per_request
    assert scratch(parts) == []


def test_an_idempotency_key_gives_the_same_answer_once_more(client: TestClient) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    first = upload(client, ("a.pdf", PDF), headers=headers)
    client.delete(f"/v1/documents/{first.json()['accepted'][0]['document']['id']}")
    again = upload(client, ("a.pdf", PDF), headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert client.get("/v1/documents").json()["items"] == []  # the second request did nothing


@pytest.mark.parametrize("change", ["content", "name", "attributes"])
def test_an_idempotency_key_is_for_one_request(client: TestClient, change: str) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    upload(client, ("a.pdf", PDF), headers=headers)
    other = (
        "b.pdf" if change == "name" else "a.pdf",
        PDF + (b"2" if change == "content" else b""),
    )
    more = {"attributes": '{"year": 2024}'} if change == "attributes" else {}
    answer = upload(client, other, headers=headers, **more)
    assert (answer.status_code, kind(answer.json())) == (409, "idempotency-conflict")


def test_keys_of_two_callers_are_two(client: TestClient, key: Key) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    upload(client, ("a.pdf", PDF), headers=headers)
    answer = upload(client, ("b.pdf", PDF), headers=headers | key("write"))
    assert answer.status_code == 202


def test_a_request_that_failed_leaves_its_idempotency_key_free(client: TestClient) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    assert upload(client, ("a.pdf", b""), headers=headers).status_code == 422
    assert upload(client, ("a.pdf", PDF), headers=headers).status_code == 202


def test_a_first_request_that_still_runs_is_a_conflict_to_wait_for(client: TestClient, parts: ApiParts) -> None:
    answer = client.post("/v1/collections", json={"name": "other"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    key_id = parts.catalog.keys.list("default")[0].id
    same = upload(client, ("a.pdf", PDF), headers={"Idempotency-Key": "k"})
    assert same.status_code == 409
    assert "Retry-After" not in same.headers
    parts.catalog.idempotency.begin(key_id, "running", _fingerprint_of_other())
    running = client.post("/v1/collections", json={"name": "other"}, headers={"Idempotency-Key": "running"})
    assert (running.status_code, kind(running.json())) == (409, "idempotency-conflict")
    assert int(running.headers["Retry-After"]) > 0


def _fingerprint_of_other() -> str:
    from services.api.idempotency import fingerprint

    return fingerprint(
        "POST /v1/collections",
        {"name": "other", "description": "", "attributes": {}, "parsing": {"policy": None, "languages": []}},
    )


def test_a_collection_is_made_once_per_idempotency_key(client: TestClient) -> None:
    headers = {"Idempotency-Key": "make"}
    first = client.post("/v1/collections", json={"name": "other"}, headers=headers)
    again = client.post("/v1/collections", json={"name": "other"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert client.post("/v1/collections", json={"name": "other"}).status_code == 409


def test_no_room_left_is_said_before_and_while_reading(
    client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(size: int) -> None:
        raise StorageFull("There is too little disk space left.")

    with monkeypatch.context() as patch:
        patch.setattr(parts.blobs, "check_space", full)
        answer = upload(client, ("a.pdf", PDF))
        assert (answer.status_code, kind(answer.json())) == (507, "storage-full")

    def no_space(self: object, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MultipartReceiver, "feed", no_space)
    answer = upload(client, ("a.pdf", PDF))
    assert (answer.status_code, kind(answer.json())) == (507, "storage-full")


def test_a_busy_catalog_keeps_what_was_accepted(
    client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, calls = parts.catalog.documents.accept, iter([False, True, True])

    def sometimes(*given: object, **named: object) -> object:
        if next(calls):
            raise CatalogBusy("The catalog is busy; try again in a moment.")
        return accept(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(parts.catalog.documents, "accept", sometimes)
    answer = upload(client, ("a.pdf", PDF), ("b.pdf", PDF))
    assert answer.status_code == 202
    assert [kind(item["problem"]) for item in answer.json()["rejected"]] == ["catalog-busy"]
    alone = upload(client, ("c.pdf", PDF))
    assert (alone.status_code, kind(alone.json())) == (503, "catalog-busy")
    assert alone.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("2024/q1/report.pdf", "2024/q1/report.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a\\b\\c.pdf", "a/b/c.pdf"),
        ("./a//b/./c.pdf", "a/b/c.pdf"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        ("e\u0301.pdf", "\u00e9.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("..", ""),
        (" / ", ""),
    ],
)
def test_a_name_is_a_name_and_no_path(given_name: str, kept: str) -> None:
    assert source_key(given_name) == kept


@given(st.text())
def test_a_kept_name_never_leads_up_or_out_and_is_kept_as_it_is(name: str) -> None:
    kept = source_key(name)
    assert not kept.startswith("/")
    assert not {"", ".", ".."} & set(kept.split("/")) or kept == ""
    assert source_key(kept) == kept


def test_a_file_without_a_usable_name_is_rejected(client: TestClient) -> None:
    answer = upload(client, ("a.pdf", PDF), ("..", PDF))
    assert [kind(item["problem"]) for item in answer.json()["rejected"]] == ["invalid-name"]
    long = upload(client, ("a.pdf", PDF), ("x" * 600 + ".pdf", PDF))
    assert [kind(item["problem"]) for item in long.json()["rejected"]] == ["invalid-name"]


def test_names_and_fields_may_be_any_unicode(client: TestClient) -> None:
    answer = upload(client, ("Geschäftsbericht 日本.pdf", PDF), attributes=json.dumps({"company": "Ünïcode"}))
    document = answer.json()["accepted"][0]["document"]
    assert document["name"] == "Geschäftsbericht 日本.pdf"
    assert document["attributes"] == {"company": "Ünïcode"}


def pieces(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    position = 0
    for size in sizes:
        yield content[position : position + size]
        position += size
    yield content[position:]


@given(
    contents=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    sizes=st.lists(st.integers(min_value=0, max_value=60), max_size=30),
)
def test_files_arrive_whole_however_the_body_is_cut(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], sizes: list[int]
) -> None:
    contents = [content.replace(b"--bnd", b"") for content in contents]
    body = b"".join(
        b"--bnd\r\n" + field("files", "", more=f'; filename="{number}"') + content + b"\r\n"
        for number, content in enumerate(contents)
    )
    folder = tmp_path_factory.mktemp("scratch")
    receiver = MultipartReceiver(b"bnd", directory=folder, known_fields=frozenset(), max_files=3)
    for piece in pieces(body + b"--bnd--\r\n", sizes):
        receiver.feed(piece)
    _, files = receiver.finish()
    assert [file.path.read_bytes() for file in files] == contents
    assert [file.sha256 for file in files] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [file.size for file in files] == [len(content) for content in contents]
    receiver.discard()
    assert list(folder.iterdir()) == []


@given(st.binary(max_size=400))
def test_junk_is_a_problem_and_leaves_nothing_behind(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    folder = tmp_path_factory.mktemp("scratch")
    receiver = MultipartReceiver(b"x", directory=folder, known_fields=frozenset({"a"}), max_files=2)
    try:
        receiver.feed(b"--x\r\n" + junk)
        receiver.finish()
    except ApiProblem:
        pass
    finally:
        receiver.discard()
    assert list(folder.iterdir()) == []


def test_a_client_that_goes_away_leaves_nothing_behind(parts: ApiParts, key: Key) -> None:
    import anyio

    body = b"--x\r\n" + field("collection") + b"\r\n--x\r\n" + FILE
    messages = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    async def send(message: object) -> None:
        sent.append(message)

    headers = {"content-type": "multipart/form-data; boundary=x"} | key("admin")
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/documents",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    anyio.run(create_app(parts), scope, receive, send)
    assert sent == []
    assert scratch(parts) == []
