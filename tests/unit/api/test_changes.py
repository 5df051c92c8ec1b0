"""PATCH changes what is said of a document; `as_of` reads what was live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.api.fakes import PDF
from tests.unit.api.test_uploads import kind, upload

Headers = Callable[..., dict[str, str]]


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = upload(client, ("drafts/a.pdf", PDF)).json()["accepted"][0]["document"]
    return found


def test_a_document_is_renamed_and_described(client: TestClient, document: dict[str, Any]) -> None:
    address = f"/v1/documents/{document['id']}"
    change = {"name": "../final/Annual_report.pdf", "attributes": {"company": "Example AG", "year": 2024}}
    changed = client.patch(address, json=change).json()
    assert (changed["id"], changed["name"], changed["title"]) == (
        document["id"],
        "final/Annual_report.pdf",
        "Annual report",
    )
    assert client.patch(address, json={"attributes": {"year": None}}).json()["attributes"] == {"company": "Example AG"}
    assert client.patch(address, json={"title": "Yearly report"}).json()["title"] == "Yearly report"
    assert client.get(address).json()["attributes"] == {"company": "Example AG"}


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"attributes": {"colour": "red"}}, 422, "invalid-attributes"),
        ({"attributes": {"year": "late"}}, 422, "invalid-attributes"),
        ({"name": "/"}, 422, "invalid-name"),
        ({"name": "b.pdf"}, 409, "name-taken"),
        ({"sha256": "0" * 64}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_is_told(
    client: TestClient, document: dict[str, Any], change: dict[str, Any], status: int, problem: str
) -> None:
    upload(client, ("b.pdf", PDF))
    answer = client.patch(f"/v1/documents/{document['id']}", json=change)
    assert (answer.status_code, kind(answer.json())) == (status, problem)
    assert client.get(f"/v1/documents/{document['id']}").json()["name"] == "drafts/a.pdf"


def test_who_may_change_a_document(client: TestClient, key: Headers, document: dict[str, Any]) -> None:
    address = f"/v1/documents/{document['id']}"
    assert client.patch(address, json={"title": "Mine"}, headers=key("read")).status_code == 403
    assert client.patch(address, json={"title": "Mine"}, headers=key("admin", tenant="rival")).status_code == 404


def test_as_of_is_a_moment_with_a_time_zone(client: TestClient, document: dict[str, Any]) -> None:
    address = f"/v1/documents/{document['id']}"
    moment = {"as_of": "2020-01-01T00:00:00Z"}
    assert client.get("/v1/documents", params=moment).json()["items"] == []
    assert client.get(address, params=moment).status_code == 404
    assert client.get(f"{address}/pages/1", params=moment).status_code == 404
    assert client.get(f"{address}/versions", params=moment).json()["items"] == []
    assert client.get(address, params={"as_of": "2020-01-01T00:00:00"}).status_code == 422
