"""Priorities, pauses, and uploads that are turned away while too much waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from starlette.testclient import TestClient

from ingestion.model import Priority
from services.api.app import ApiParts, create_app
from tests.unit.api.fakes import PDF, TENANT, Settings


def upload(client: TestClient, name: str, **fields: str) -> httpx.Response:
    return client.post("/v1/documents", data={"collection": "demo", **fields}, files=[("files", (name, PDF))])


def test_a_priority_is_kept_and_an_unknown_one_refused(client: TestClient, parts: ApiParts) -> None:
    job = upload(client, "a.pdf", priority="bulk").json()["accepted"][0]["job"]["id"]
    assert parts.catalog.jobs.get(TENANT, job).priority == Priority.BULK
    refused = upload(client, "b.pdf", priority="at once")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "priority"
    assert client.post(f"/v1/jobs/{job}/priority", json={"priority": "interactive"}).status_code == 200
    assert parts.catalog.jobs.get(TENANT, job).priority == Priority.INTERACTIVE


def test_a_paused_collection_says_so_and_its_jobs_why_they_wait(client: TestClient) -> None:
    assert client.post("/v1/collections/demo/pause").json()["paused"] is True
    job = upload(client, "a.pdf").json()["accepted"][0]["job"]["id"]
    assert client.get(f"/v1/jobs/{job}").json()["waiting"]["code"] == "collection_paused"
    assert client.post("/v1/collections/demo/resume").json()["paused"] is False
    assert client.get(f"/v1/jobs/{job}").json()["waiting"]["code"] == "waits_for_worker"
    assert client.post("/v1/collections/none/pause").status_code == 404


@pytest.mark.parametrize(
    ("settings", "status"), [(Settings(max_queued_jobs_per_tenant=1), 429), (Settings(max_queued_jobs=1), 503)]
)
def test_no_more_is_taken_in_while_too_much_waits(
    client: TestClient, parts: ApiParts, key: Callable[..., dict[str, str]], settings: Settings, status: int
) -> None:
    limited = TestClient(create_app(replace(parts, settings=settings)), headers=key("admin"))
    assert upload(limited, "a.pdf").status_code == 202
    answer = upload(limited, "b.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "30")
    assert client.get("/v1/documents").json()["items"][0]["name"] == "a.pdf"
