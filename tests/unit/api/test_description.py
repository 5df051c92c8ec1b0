"""OpenAPI is complete, its examples are valid, and nothing that is served makes a browser ask another host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from ingestion.errors import CatalogBusy
from retrieval.errors import IndexUnavailable
from services.api.app import ApiParts
from services.api.problems import MEDIA_TYPE, TYPES
from tests.unit.api.test_auth import OPEN


@pytest.fixture
def description(anonymous: TestClient) -> dict[str, Any]:
    answer = anonymous.get("/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_says_what_it_is(description: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in description["tags"]}
    for name, operation in operations(description):
        assert operation["summary"], name
        assert set(operation["tags"]) <= tags, name
        assert operation["security"] if name.split()[1] not in OPEN else "security" not in operation, name
    ids = [operation["operationId"] for _, operation in operations(description)]
    assert len(ids) == len(set(ids))


def test_every_closed_route_documents_its_problems(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        if name.split()[1] in OPEN:
            continue
        responses = operation["responses"]
        needed = {"401", "403", "422", "503"} | ({"404"} if "{" in name else set())
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            needed |= {"400", "413"}
        assert needed <= set(responses), name
        for status, response in responses.items():
            if status.startswith(("4", "5")):
                examples = response["content"][MEDIA_TYPE]["examples"]
                assert all(TYPES[slug].status == int(status) for slug in examples), (name, status)
        assert any(status.startswith("2") for status in responses), name


def test_every_answer_has_a_shape(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        if "204" not in operation["responses"]:
            assert all(media.get("schema") for media in success["content"].values()), name
    answer = description["paths"]["/v1/retrieve"]["post"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": "#/components/schemas/RetrieveAnswer"}


def test_the_upload_form_is_described(description: dict[str, Any]) -> None:
    form = description["paths"]["/v1/documents"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"collection", "attributes", "password", "priority", "files"}


def test_all_examples_are_valid(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    checked = 0
    for name, schema in schemas.items():
        for example in schema.get("examples", []):
            whole = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
            Draft202012Validator(whole).validate(example)
            checked += 1
    assert checked >= 7
    problem = {"$ref": "#/components/schemas/ProblemDocument", "components": description["components"]}
    for _, operation in operations(description):
        for response in operation["responses"].values():
            for example in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}).values():
                Draft202012Validator(problem).validate(example["value"])


def test_schemas_take_nothing_that_they_do_not_name(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        if schema.get("type") == "object" and name != "ProblemDocument":
            assert schema["additionalProperties"] is False, name


def test_a_real_problem_fits_the_schema(description: dict[str, Any], anonymous: TestClient) -> None:
    problem = {"$ref": "#/components/schemas/ProblemDocument", "components": description["components"]}
    Draft202012Validator(problem).validate(anonymous.get("/v1/jobs").json())


def test_the_reference_lists_every_route_and_loads_nothing(anonymous: TestClient, description: dict[str, Any]) -> None:
    answer = anonymous.get("/docs")
    assert answer.status_code == 200
    for path in description["paths"]:
        assert f"<code>{path}</code>" in answer.text
    assert all(f"<code>{known.uri}</code>" in answer.text for known in TYPES.values())
    assert "<script" not in answer.text
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    assert not re.search(r"url\(|@import", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_the_style_of_the_reference_is_the_one_its_policy_allows(anonymous: TestClient) -> None:
    import base64
    import hashlib

    answer = anonymous.get("/docs")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_the_root_leads_to_the_reference(anonymous: TestClient) -> None:
    answer = anonymous.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_every_answer_has_the_security_headers(anonymous: TestClient, client: TestClient) -> None:
    for answer in (anonymous.get("/v1/jobs"), client.get("/v1/jobs"), client.get("/docs"), client.get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]


def test_health_says_which_part_is_away(
    anonymous: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.routes.health._KEEP_SECONDS", -1.0)
    assert anonymous.get("/health").json() == {"status": "ready", "parts": {"catalog": "ready", "index": "ready"}}
    parts.index.error = IndexUnavailable("away")  # type: ignore[attr-defined]
    answer = anonymous.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "parts": {"catalog": "ready", "index": "not_ready"}}

    def busy(*given: object, **named: object) -> None:
        raise CatalogBusy("busy")

    monkeypatch.setattr(parts.catalog.collections, "list", busy)
    assert anonymous.get("/health").json()["parts"] == {"catalog": "not_ready", "index": "not_ready"}


def test_health_is_asked_of_the_parts_once_a_second_at_most(anonymous: TestClient, parts: ApiParts) -> None:
    anonymous.get("/health")
    parts.index.error = IndexUnavailable("away")  # type: ignore[attr-defined]
    assert [anonymous.get("/health").status_code for _ in range(3)] == [200, 200, 200]
