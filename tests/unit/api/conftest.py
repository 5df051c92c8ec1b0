from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from services.api.app import ApiParts, create_app
from tests.unit.api.fakes import TENANT, make_parts


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated catalog to copy: migrating one per test takes longer than the tests do."""
    folder = tmp_path_factory.mktemp("catalog")
    make_parts(folder).catalog.close()
    return folder / "catalog.db"


@pytest.fixture
def parts(tmp_path: Path, empty_catalog: Path) -> Iterator[ApiParts]:
    shutil.copy(empty_catalog, tmp_path / "catalog.db")
    made = make_parts(tmp_path)
    yield made
    made.catalog.close()


@pytest.fixture
def key(parts: ApiParts) -> Callable[..., dict[str, str]]:
    """`key("read")` gives the headers of a new key with those scopes."""

    def headers(*scopes: str, tenant: str = TENANT) -> dict[str, str]:
        secret, _ = parts.catalog.keys.create(tenant, "test", scopes)
        return {"Authorization": f"Bearer {secret}"}

    return headers


@pytest.fixture
def anonymous(parts: ApiParts) -> TestClient:
    return TestClient(create_app(parts), raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def client(parts: ApiParts, key: Callable[..., dict[str, str]]) -> TestClient:
    """A client with an administrator's key, and a collection `demo` with two attributes."""
    made = TestClient(create_app(parts), raise_server_exceptions=False, follow_redirects=False, headers=key("admin"))
    answer = made.post("/v1/collections", json={"name": "demo", "attributes": {"company": "string", "year": "integer"}})
    assert answer.status_code == 201, answer.text
    return made
