"""The API over real HTTP with real parts: from a file to the box on the page, and what happens to hostile requests."""

from __future__ import annotations

import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from ingestion.artefacts import Artefacts, ChunkFileStore
from ingestion.blobs import FolderBlobStore
from ingestion.catalog import Catalog
from ingestion.pipeline import PipelineParts
from ingestion.secrets import SecretBox
from ingestion.visibility import CatalogVisibility
from ingestion.worker import Worker
from parsers.isolation import IsolatedParser
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from parsers.rendering import IsolatedRenderer
from retrieval.answers.answerer import Answerer
from retrieval.embedding import TokenCounter, load_embedder
from retrieval.engine import Retriever
from retrieval.index.edge import EdgeIndex
from services.answers import StoredDocuments
from services.api.app import ApiParts, create_app
from services.parse_pool import ParsePool
from tests.support import pdfs

UPLOAD_LIMIT = 4 * 1024 * 1024
FORM_ALLOWANCE = 2 * 1024 * 1024
LONG_ENOUGH = 120.0


@dataclass(frozen=True)
class Settings:
    max_upload_bytes: int = UPLOAD_LIMIT
    max_files_per_request: int = 50
    max_queued_jobs: int = 1000
    max_queued_jobs_per_tenant: int = 500
    parse_options: ParseOptions = field(default=ParseOptions(policy=ParsePolicy.FAST))


@dataclass(frozen=True)
class Api:
    http: httpx.Client
    host: str
    port: int
    secret: str
    incoming: Path

    def upload(self, *files: tuple[str, bytes], collection: str) -> dict[str, Any]:
        answer = self.http.post(
            "/v1/documents", data={"collection": collection}, files=[("files", file) for file in files]
        )
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def finished(self, job_id: str) -> dict[str, Any]:
        """The job at its end, as its stream of events tells it."""
        with self.http.stream("GET", f"/v1/jobs/{job_id}/events") as answer:
            lines = [line for line in answer.iter_lines() if line]
        assert lines[-2] == "event: finished"
        job: dict[str, Any] = json.loads(lines[-1].removeprefix("data: "))
        return job


@contextmanager
def running(parts: ApiParts) -> Iterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(parts), log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(LONG_ENOUGH)
        listening.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, checked_embedding: Path) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api")
    with ExitStack() as stack:
        catalog = stack.enter_context(Catalog.open(f"sqlite:///{folder / 'catalog.db'}"))
        blobs = FolderBlobStore(folder / "blobs", free_bytes=0)
        embedder = load_embedder(None, "auto", threads=1, cache_dir=checked_embedding)
        index = stack.enter_context(closing(EdgeIndex(folder / "index", embedder.dimension, create=True)))
        parser = stack.enter_context(IsolatedParser(ParseLimits(seconds_per_page=1.0)))
        secrets = SecretBox.of_file(folder / "secrets.key")
        pipeline = PipelineParts(
            catalog=catalog, blobs=blobs, index=index, embedder=embedder, parser=parser, secrets=secrets
        )
        stop = threading.Event()
        worker = threading.Thread(target=Worker(pipeline, "worker-test").run, args=(stop,), daemon=True)
        worker.start()
        stack.callback(worker.join, LONG_ENOUGH)
        stack.callback(stop.set)
        parses = ParsePool(ParseLimits(), parsers=1, waiting=1, seconds=60, scratch=blobs.incoming)
        stack.callback(parses.close)
        artefacts = Artefacts(blobs)
        retriever = Retriever(
            index, embedder, CatalogVisibility(catalog), ChunkFileStore(blobs), count_tokens=TokenCounter(None)
        )
        parts = ApiParts(
            settings=Settings(),
            catalog=catalog,
            blobs=blobs,
            artefacts=artefacts,
            retriever=retriever,
            answerer=Answerer(retriever, embedder, StoredDocuments(artefacts)),
            parses=parses,
            renderer=stack.enter_context(closing(IsolatedRenderer())),
            secrets=secrets,
            index=index,
        )
        port = stack.enter_context(running(parts))
        secret, _ = catalog.keys.create("default", "test", ["admin"])
        http = stack.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {secret}"},
                timeout=LONG_ENOUGH,
                trust_env=False,
            )
        )
        yield Api(http, "127.0.0.1", port, secret, blobs.incoming)


def test_from_a_file_to_the_box_on_the_page_and_away_again(api: Api) -> None:
    created = api.http.post("/v1/collections", json={"name": "harbour", "attributes": {"year": "integer"}})
    assert created.status_code == 201
    taken = api.upload(
        ("reports/harbour.pdf", pdfs.plain("The harbour of Aldmouth handled 4,711 containers in May.", pages=2)),
        ("headings.pdf", pdfs.SAMPLES["headings"]()),
        ("program.pdf", b"\x7fELF" + bytes(range(256))),
        collection="harbour",
    )
    assert [item["name"] for item in taken["rejected"]] == ["program.pdf"]
    jobs = [api.finished(item["job"]["id"]) for item in taken["accepted"]]
    assert [job["state"] for job in jobs] == ["succeeded", "succeeded"], jobs
    assert [job["ledger"]["pages_parsed"] for job in jobs] == [job["pages_total"] for job in jobs]
    document_id = taken["accepted"][0]["document"]["id"]

    question = {"query": "How many containers did Aldmouth handle?", "collections": ["harbour"]}
    found = api.http.post("/v1/retrieve", json=question).json()
    best = found["results"][0]
    assert "4,711 containers" in best["content"][-1]["text"]
    assert best["document"]["id"] == document_id

    citation = api.http.get(f"/v1/citations/{best['citation_id']}").json()
    assert citation["state"] == "valid"
    assert citation["spans"] == best["spans"]
    span = citation["spans"][0]
    page = api.http.get(f"/v1/documents/{document_id}/pages/{span['page']}").json()
    assert span["quote"] in page["text"]
    assert span["boxes"][0] in [box for element in page["elements"] for box in element["boxes"]]
    marked = api.http.get(f"/v1/citations/{best['citation_id']}/image")
    plain = api.http.get(page["image"])
    for image in (marked, plain):
        assert (image.status_code, image.headers["content-type"]) == (200, "image/png")
        assert image.content.startswith(b"\x89PNG")
    assert marked.content != plain.content

    deleted = api.http.delete(f"/v1/documents/{document_id}")
    assert deleted.status_code == 200
    assert api.http.get(deleted.headers["location"]).json()["id"] == deleted.json()["id"]
    after = api.http.post("/v1/retrieve", json=question)
    assert "4,711" not in after.text
    assert api.http.get(f"/v1/citations/{best['citation_id']}").status_code == 404
    assert api.http.get(f"/v1/citations/{best['citation_id']}/image").status_code == 404


def test_bad_files_fail_with_a_code_of_their_own_and_good_ones_do_not(api: Api) -> None:
    api.http.post("/v1/collections", json={"name": "mixed"})
    bad = {
        "encrypted": "encrypted_document",
        "truncated": "damaged_document",
        "zero_pages": "no_pages",
    }
    taken = api.upload(
        *[(f"{name}.pdf", pdfs.SAMPLES[name]()) for name in bad],
        ("good.pdf", pdfs.plain("A lighthouse stands on the cape.")),
        collection="mixed",
    )
    ended = {job["document_name"]: job for job in (api.finished(item["job"]["id"]) for item in taken["accepted"])}
    assert ended.pop("good.pdf")["state"] == "succeeded"
    assert {name: job["state"] for name, job in ended.items()} == {f"{name}.pdf": "failed" for name in bad}
    assert {name: job["error"]["code"] for name, job in ended.items()} == {
        f"{name}.pdf": code for name, code in bad.items()
    }
    found = api.http.post("/v1/retrieve", json={"query": "lighthouse", "collections": ["mixed"]}).json()
    assert [result["document"]["source_uri"] for result in found["results"]] == ["upload:///good.pdf"]
    unread = next(item["document"]["id"] for item in taken["accepted"])
    answer = api.http.get(f"/v1/documents/{unread}/pages/1")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sourcespan:problem:document-not-ready")


@pytest.mark.parametrize(
    ("change", "status", "problem", "field"),
    [
        ({"filters": {"type": "eq", "key": "colour", "value": "red"}}, 422, "unknown-field", "filters.key"),
        ({"filters": {"type": "eq", "key": "year", "value": "red"}}, 422, "invalid-query", "filters.value"),
        ({"filters": {"type": "and", "filters": []}}, 422, "invalid-query", "filters.filters"),
        ({"collections": ["nowhere"]}, 404, "unknown-collection", None),
        ({"top_k": 0}, 422, "invalid-request", "top_k"),
        ({"top_k": 1_000_000}, 422, "invalid-request", "top_k"),
        ({"rerank": {"enabled": True}}, 422, "invalid-query", "rerank.enabled"),
    ],
)
def test_questions_that_cannot_be_answered(
    api: Api, change: dict[str, object], status: int, problem: str, field: str | None
) -> None:
    api.http.post("/v1/collections", json={"name": "typed", "attributes": {"year": "integer"}})
    answer = api.http.post("/v1/retrieve", json={"query": "q", "collections": ["typed"]} | change)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sourcespan:problem:{problem}")
    assert [fault["field"] for fault in answer.json().get("errors", [])] == ([field] if field else [])


def head_of_upload(api: Api, *headers: str) -> bytes:
    lines = (
        "POST /v1/documents HTTP/1.1",
        f"Host: {api.host}",
        f"Authorization: Bearer {api.secret}",
        "Content-Type: multipart/form-data; boundary=x",
        *headers,
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer_of(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or pytest.fail("the connection ended without an answer")
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.decode().lower().split(": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields["content-length"]):
        body += connection.recv(65536)
    return int(head.split()[1]), json.loads(body)


def test_an_upload_of_two_gigabytes_is_refused_before_it_is_sent(api: Api) -> None:
    with socket.create_connection((api.host, api.port), timeout=LONG_ENOUGH) as connection:
        connection.sendall(head_of_upload(api, f"Content-Length: {2 * 1024**3}", "Expect: 100-continue"))
        status, problem = answer_of(connection)
    assert (status, problem["type"]) == (413, "urn:sourcespan:problem:body-too-large")
    assert problem["limit_bytes"] == UPLOAD_LIMIT + FORM_ALLOWANCE
    assert list(api.incoming.iterdir()) == []


def test_a_client_that_sends_two_gigabytes_all_the_same_is_told_and_cut_off(api: Api) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2 * 1024):
            sent += 1024**2
            yield bytes(1024**2)

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(2 * 1024**3)}
    answer = api.http.post("/v1/documents", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:sourcespan:problem:body-too-large")
    assert sent < 1024**3


def test_an_upload_that_hides_its_length_is_cut_off_at_the_limit(api: Api) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.pdf"\r\n\r\n%PDF-1.7\n'
    block = b"10000\r\n" + bytes(65536) + b"\r\n"
    sent = 0
    with socket.create_connection((api.host, api.port), timeout=LONG_ENOUGH) as connection:
        connection.sendall(head_of_upload(api, "Transfer-Encoding: chunked"))
        connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        try:
            while sent < 64 * UPLOAD_LIMIT:
                connection.sendall(block)
                sent += 65536
        except OSError:
            pass  # cut off while sending, as wanted
    assert sent < 64 * UPLOAD_LIMIT
    assert list(api.incoming.iterdir()) == []
    assert api.http.get("/health").json()["status"] == "ready"


def test_a_client_with_an_endless_body_gets_an_answer_and_is_cut_off(api: Api) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1_000_000):
            yield bytes(65536)
        pytest.fail("65 GB were taken")

    answer = api.http.post(
        "/v1/documents", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in {400, 413}  # NUL bytes are no form: refused by whichever is noticed first
    assert answer.json()["type"].startswith("urn:sourcespan:problem:")


def test_a_key_is_asked_for_before_the_body_is_read(api: Api) -> None:
    with socket.create_connection((api.host, api.port), timeout=LONG_ENOUGH) as connection:
        connection.sendall(head_of_upload(api, "Content-Length: 1000000").replace(api.secret.encode(), b"wrong"))
        status, problem = answer_of(connection)
    assert (status, problem["type"]) == (401, "urn:sourcespan:problem:unauthenticated")


def test_a_file_is_parsed_with_what_is_inside_it_and_leaves_nothing(api: Api) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("plans/harbour.pdf", pdfs.plain())
        archive.writestr("tool.exe", b"\x7fELF\x02\x01\x01")
    answer = api.http.post("/v1/parse", files={"file": ("set.zip", packed.getvalue())}, data={"policy": "fast"})
    assert answer.status_code == 200, answer.text
    read, refused = answer.json()["children"]
    assert read["name"] == "plans/harbour.pdf" and read["parse"]["ledger"]["state"] == "complete"
    inside = read["parse"]
    assert all(inside["document"]["text"][e["start"] : e["end"]] == e["text"] for e in inside["elements"])
    assert refused["error"]["code"] == "unsupported_media_type"
    assert list(api.incoming.iterdir()) == []
