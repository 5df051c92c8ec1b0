"""/v1/collections/{name}/profile and /glossary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import typer
from starlette.testclient import TestClient

from services.api.schemas.profiles import GLOSSARY_EXAMPLE, PROFILE_EXAMPLE
from services.cli import profiles
from services.client import Client
from services.failures import WrongUsage

Key = Callable[..., dict[str, str]]

KINDS = [("profile", PROFILE_EXAMPLE), ("glossary", GLOSSARY_EXAMPLE)]


@pytest.mark.parametrize(("kind", "content"), KINDS)
def test_set_read_replace_and_remove(client: TestClient, kind: str, content: dict[str, object]) -> None:
    path = f"/v1/collections/demo/{kind}"
    assert client.get(path).json() == {
        "collection": "demo",
        "kind": kind,
        "version": None,
        "content": None,
        "versions": [],
    }
    first = client.put(path, json=content).json()
    assert (first["version"], first["content"]) == (1, content)
    assert first["versions"][0]["created_by"].startswith("key_")
    assert client.put(path, json=content).json() == first
    assert client.put(path, json={"name": "another"}).json()["version"] == 2
    assert client.get(path, params={"version": 1}).json()["content"] == content
    assert client.delete(path).status_code == 204
    after = client.get(path).json()
    assert (after["version"], after["content"]) == (None, None)
    assert [(item["number"], item["removed"]) for item in after["versions"]] == [(3, True), (2, False), (1, False)]


def test_what_is_wrong_is_named(client: TestClient) -> None:
    hints = [{"phrases": ["secret words"], "looks_for": []}]
    answer = client.put("/v1/collections/demo/profile", json={"name": "x", "source_hints": hints})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:sourcespan:problem:invalid-profile"
    assert problem["errors"][0]["field"] == "source_hints[0].looks_for"
    assert "secret" not in answer.text
    assert client.put("/v1/collections/demo/glossary", json=[]).status_code == 422
    assert client.get("/v1/collections/demo/glossary").json()["versions"] == []


def test_what_is_not_there_is_404(client: TestClient) -> None:
    assert client.get("/v1/collections/none/profile").json()["type"].endswith("unknown-collection")
    assert client.put("/v1/collections/none/profile", json={"name": "x"}).status_code == 404
    missing = client.get("/v1/collections/demo/profile", params={"version": 1})
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:sourcespan:problem:unknown-profile")


def test_another_tenant_neither_reads_nor_changes_it(client: TestClient, anonymous: TestClient, key: Key) -> None:
    path = "/v1/collections/demo/glossary"
    client.put(path, json=GLOSSARY_EXAMPLE)
    other = key("admin", tenant="other")
    assert anonymous.get(path, headers=other).status_code == 404
    assert anonymous.put(path, headers=other, json={"name": "x"}).status_code == 404
    assert anonymous.delete(path, headers=other).status_code == 404
    assert client.get(path).json()["content"] == GLOSSARY_EXAMPLE


def test_readers_may_read_and_not_write(client: TestClient, anonymous: TestClient, key: Key) -> None:
    path, reader = "/v1/collections/demo/profile", key("read")
    assert anonymous.get(path, headers=reader).status_code == 200
    assert anonymous.put(path, headers=reader, json={"name": "x"}).status_code == 403
    assert anonymous.delete(path, headers=reader).status_code == 403
    assert anonymous.get(path).status_code == 401


def test_the_commands_set_a_file_or_a_shipped_one(
    client: TestClient, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = key("admin")["Authorization"].removeprefix("Bearer ")

    def forward(request: httpx.Request) -> httpx.Response:
        answer = client.request(
            request.method, str(request.url), content=request.content, headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, content=answer.content)

    transport = httpx.MockTransport(forward)
    monkeypatch.setattr(profiles, "client_of", lambda *_: Client("http://testserver", secret, transport=transport))
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"name": "mine"}))

    def run(app: typer.Typer, *arguments: str) -> str:
        app([*arguments], standalone_mode=False)
        return capsys.readouterr().out

    assert json.loads(run(profiles.profile_app, "set", "demo", str(file), "--json"))["content"] == {"name": "mine"}
    assert "Version 2" in run(profiles.profile_app, "set", "demo", "financial-filings")
    assert "Version 1" in run(profiles.glossary_app, "set", "demo", "financial-filings")
    shown = run(profiles.profile_app, "show", "demo")
    assert "financial-filings" in shown
    assert json.loads(run(profiles.profile_app, "show", "demo", "--version", "1", "--json"))["version"] == 1
    assert "no profile any more" in run(profiles.profile_app, "remove", "demo")
    file.write_text("[")
    for wrong in (str(file), "no-such-profile"):
        with pytest.raises(WrongUsage):
            run(profiles.profile_app, "set", "demo", wrong)
