"""Every route needs a key with the right scope; the list of routes is the application's, so new ones are tested too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from services.api.app import ApiParts
from services.api.auth import PUBLIC_PATHS
from services.api.problems import URI_PREFIX

Key = Callable[..., dict[str, str]]

OPEN = {"/", "/health", "/docs", "/openapi.json"}


def routes(client: TestClient) -> list[tuple[str, str]]:
    found = []
    for path, methods in client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        found += [(method.upper(), path) for method in methods]
    return found


def filled(path: str) -> str:
    return path.replace("{number}", "1").replace("{", "").replace("}", "")


def closed_routes(client: TestClient) -> list[tuple[str, str]]:
    return [(method, filled(path)) for method, path in routes(client) if path not in OPEN]


def test_the_public_paths_are_these_and_no_more() -> None:
    assert set(PUBLIC_PATHS) == OPEN


def test_every_route_is_in_the_description(anonymous: TestClient) -> None:
    described = {path for _, path in routes(anonymous)}
    registered = {route.path for route in _flat(anonymous.app.routes) if isinstance(route, APIRoute)}  # type: ignore[attr-defined]
    assert registered - described == {"/", "/docs"}
    assert len(closed_routes(anonymous)) >= 20


def _flat(found: list[Any]) -> list[Any]:
    """Routes, also those of included routers (which newer FastAPI keeps as one entry each)."""
    flat: list[Any] = []
    for route in found:
        inner = getattr(route, "original_router", None)
        flat += [route] if inner is None else _flat(inner.routes)
    return flat


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer ssk_wrong"},
        {"Authorization": "Basic ssk_wrong"},
        {"Authorization": "Bearer "},
        {"X-API-Key": "ssk_wrong"},
        {"X-API-Key": "x" * 10_000},
    ],
)
def test_no_route_answers_without_a_valid_key(anonymous: TestClient, headers: dict[str, str]) -> None:
    for method, path in closed_routes(anonymous):
        answer = anonymous.request(method, path, headers=headers, content=b"{not json")
        assert answer.status_code == 401, (method, path)
        assert answer.json()["type"] == URI_PREFIX + "unauthenticated"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_address_tells_strangers_nothing(anonymous: TestClient, key: Key) -> None:
    assert anonymous.get("/v1/nothing").status_code == 401
    answer = anonymous.get("/v1/nothing", headers=key("read"))
    assert (answer.status_code, answer.json()["type"]) == (404, URI_PREFIX + "route-not-found")


def test_a_key_opens_what_its_scopes_say_and_nothing_else(anonymous: TestClient, key: Key) -> None:
    needed = {
        (method.upper(), filled(path)): operation["security"][0]["bearer"]
        for path, methods in anonymous.app.openapi()["paths"].items()  # type: ignore[attr-defined]
        for method, operation in methods.items()
        if path not in OPEN
    }
    assert {scope for scopes in needed.values() for scope in scopes} == {"read", "write", "admin"}
    headers = {scope: key(scope) for scope in ("read", "write", "admin")}
    for (method, path), scopes in needed.items():
        assert len(scopes) == 1, (method, path)
        for scope, given in headers.items():
            status = anonymous.request(method, path, headers=given).status_code
            allowed = scope in {scopes[0], "admin"}
            assert (status != 403) is allowed, (method, path, scope, status)
            assert status not in {401, 500}, (method, path, scope)


ONLY_ASKS = {"/v1/retrieve", "/v1/retrieve/batch", "/v1/answers", "/v1/parse"}


def test_writing_routes_need_write_and_keys_need_admin(anonymous: TestClient) -> None:
    for path, methods in anonymous.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        for method, operation in methods.items():
            if path in OPEN:
                continue
            expected = "admin" if path.startswith("/v1/keys") else "read"
            if method in {"post", "put", "patch", "delete"} and path not in ONLY_ASKS and expected != "admin":
                expected = "write"
            assert operation["security"][0]["bearer"] == [expected], (method, path)


def test_both_headers_work_and_a_revoked_key_ends_at_once(anonymous: TestClient, parts: ApiParts, key: Key) -> None:
    secret, record = parts.catalog.keys.create("default", "one", ["read"])
    for headers in ({"Authorization": f"bearer {secret}"}, {"X-API-Key": secret}):
        assert anonymous.get("/v1/jobs", headers=headers).status_code == 200
    assert anonymous.delete(f"/v1/keys/{record.id}", headers=key("admin")).status_code == 204
    assert anonymous.get("/v1/jobs", headers={"X-API-Key": secret}).status_code == 401


def test_tenants_do_not_see_each_other(client: TestClient, key: Key) -> None:
    stranger = key("admin", tenant="other")
    assert client.get("/v1/collections/demo", headers=stranger).status_code == 404
    assert client.get("/v1/collections", headers=stranger).json()["items"] == []
    assert client.delete("/v1/collections/demo", headers=stranger).status_code == 404
    assert client.get("/v1/collections/demo").status_code == 200


def test_the_secret_of_a_key_is_shown_once(client: TestClient) -> None:
    made = client.post("/v1/keys", json={"name": "agent", "scopes": ["read", "write"]})
    assert made.status_code == 201
    secret, shown = made.json()["secret"], made.json()["key"]
    assert shown["scopes"] == ["read", "write"]
    assert client.get("/v1/jobs", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    listed = client.get("/v1/keys")
    assert shown["id"] in {key["id"] for key in listed.json()["items"]}
    assert secret not in listed.text


@pytest.mark.parametrize("body", [{"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}, {"scopes": ["read"]}])
def test_a_key_needs_a_name_and_known_scopes(client: TestClient, body: dict[str, object]) -> None:
    assert client.post("/v1/keys", json=body).status_code == 422
