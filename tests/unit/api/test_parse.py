"""POST /v1/parse: what is asked of the parser, what comes back, and how everything that goes wrong is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from parsers import errors
from parsers.model import Child, Measurements, ParseOutcome
from parsers.policy import ParsePolicy
from parsers.tree import ParsedChild, ParseTree
from services.api.app import ApiParts, create_app
from services.api.parts import PoolBusy
from tests.unit.api.fakes import PDF, Parses, make_document

Key = Callable[..., dict[str, str]]


def a_tree() -> ParseTree:
    """A document with a child that was read, and one that was not."""
    inner = ParseTree(outcome=ParseOutcome(document=make_document("1" * 64), measurements=Measurements()), children=())
    read = Child(name="a.pdf", media_type="application/pdf", sha256="1" * 64, size=3)
    lost = Child(name="b.pdf", media_type="application/pdf", sha256="2" * 64, size=3)
    document = make_document()
    listed = type(document)(
        **{name: getattr(document, name) for name in document.__dataclass_fields__ if name != "children"},
        children=(read, lost),
    )
    return ParseTree(
        outcome=ParseOutcome(document=listed, measurements=Measurements()),
        children=(
            ParsedChild(child=read, tree=inner),
            ParsedChild(child=lost, error=errors.EncryptedDocument("It is locked.")),
        ),
    )


@pytest.fixture
def parses(parts: ApiParts) -> Parses:
    assert isinstance(parts.parses, Parses)
    parts.parses.tree = a_tree()
    return parts.parses


def _send(client: TestClient, content: bytes = PDF, name: str = "x.pdf", **fields: str) -> Any:
    return client.post("/v1/parse", files={"file": (name, content)}, data=fields)


def test_the_answer_is_the_parse_contract(client: TestClient, parses: Parses) -> None:
    answer = _send(client)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["document"]["sha256"] == "0" * 64
    read, lost = body["children"]
    assert read["parse"]["document"]["sha256"] == "1" * 64 and "error" not in read
    assert lost["error"] == {"code": "encrypted_document", "message": "It is locked."} and "parse" not in lost
    assert parses.asked[0]["content"] == PDF


def test_the_answer_fits_its_description(client: TestClient, anonymous: TestClient, parses: Parses) -> None:
    description = anonymous.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/ParsedDocument", "components": description["components"]}
    Draft202012Validator(schema).validate(_send(client).json())
    assert parses.asked


def test_options_reach_the_parser(client: TestClient, parses: Parses) -> None:
    answer = _send(client, policy="budget:2.5", languages="de, en", password="s3cret", children="false")
    assert answer.status_code == 200
    asked = parses.asked[0]
    assert (asked["options"].page_budget, asked["options"].languages, asked["options"].password) == (
        2.5,
        ("de", "en"),
        "s3cret",
    )
    assert asked["children"] is False and asked["name"] == "x.pdf" and asked["media_type"] == "application/pdf"
    _send(client)
    assert parses.asked[1]["options"].policy is ParsePolicy.FAST and parses.asked[1]["children"] is True


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [({"policy": "slow"}, "policy"), ({"languages": "english!"}, "languages"), ({"children": "maybe"}, "children")],
)
def test_values_that_do_not_fit(client: TestClient, parses: Parses, fields: dict[str, str], at_fault: str) -> None:
    answer = _send(client, **fields)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == at_fault
    assert not parses.asked


def test_forms_that_are_not_right(client: TestClient, parses: Parses) -> None:
    assert client.post("/v1/parse", files={"other": ("x.pdf", PDF)}).status_code == 422
    assert client.post("/v1/parse", data={"policy": "fast"}, files={}).status_code in (415, 422)
    two = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    assert client.post("/v1/parse", files=two).json()["type"].endswith("too-many-files")
    assert client.post("/v1/parse", json={}).status_code == 415
    assert not parses.asked


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (errors.EncryptedDocument("It is locked."), 422, "encrypted-document"),
        (errors.DamagedDocument("It is damaged."), 422, "damaged-document"),
        (errors.NoPages("It has no pages."), 422, "no-pages"),
        (errors.LimitExceeded("It is too large."), 422, "limit-exceeded"),
        (errors.ParserCrashed("It crashed."), 422, "parser-crashed"),
        (errors.ParseError("It failed."), 422, "parse-failed"),
        (PoolBusy(), 503, "parsers-busy"),
        (RuntimeError("secret"), 500, "internal"),
    ],
)
def test_every_error_has_its_problem(
    client: TestClient, parses: Parses, error: Exception, status: int, slug: str
) -> None:
    parses.error = error
    answer = _send(client)
    assert answer.status_code == status and answer.json()["type"].endswith(":" + slug)
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)


def test_kinds_that_nothing_reads_are_named(client: TestClient, parses: Parses) -> None:
    assert _send(client, b"", "x.pdf").json()["type"].endswith(":empty-file")
    refused = _send(client, b"\x7fELF\x02\x01\x01", "x.pdf")
    assert refused.status_code == 415 and "a program" in refused.json()["detail"]
    assert not parses.asked


def test_a_key_is_needed_and_reading_is_enough(
    anonymous: TestClient, parts: ApiParts, parses: Parses, key: Key
) -> None:
    assert _send(anonymous).status_code == 401
    reader = TestClient(create_app(parts), headers=key("read"))
    assert _send(reader).status_code == 200
    assert len(parses.asked) == 1


def test_too_large_a_file_is_refused_before_it_is_read(client: TestClient, parses: Parses) -> None:
    assert _send(client, PDF + bytes(3 * 1024 * 1024)).status_code == 413
    assert not parses.asked


def test_nothing_stays_on_disk(client: TestClient, parts: ApiParts, parses: Parses) -> None:
    _send(client)
    parses.error = errors.DamagedDocument("It is damaged.")
    _send(client)
    assert list(parts.blobs.incoming.iterdir()) == []


def test_a_client_that_leaves_stops_the_parse(parts: ApiParts, parses: Parses, key: Key) -> None:
    """Spoken to in ASGI itself: no test client hangs up in the middle."""
    parses.tree = None
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n' + PDF + b"\r\n--b--\r\n"
    headers = [
        (b"authorization", key("read")["Authorization"].encode()),
        (b"content-type", b"multipart/form-data; boundary=b"),
        (b"content-length", str(len(body)).encode()),
    ]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/v1/parse",
        "raw_path": b"/v1/parse", "root_path": "", "scheme": "http", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        while not parses.asked:
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(create_app(parts)(scope, receive, send))
    assert len(parses.asked) == 1
    assert sent[0]["status"] == 422
    assert json.loads(sent[1]["body"])["type"].endswith("parse-failed")
