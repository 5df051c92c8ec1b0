"""Jobs: read, cancel, retry, and their progress as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingestion.errors import CatalogBusy, JobNotFound
from ingestion.model import JobRecord, JobState, Stage
from services.api.app import ApiParts
from services.api.routes import jobs
from tests.unit.api.fakes import PDF, make_ledger
from tests.unit.api.test_uploads import kind, upload


def events(text: str) -> list[dict[str, str]]:
    """The events of a stream; comments are events with the field ''."""
    return [dict(line.partition(": ")[::2] for line in block.split("\n")) for block in text.strip().split("\n\n")]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.0)


def play(parts: ApiParts, monkeypatch: pytest.MonkeyPatch, *states: JobRecord | Exception) -> None:
    """The catalog gives these, one after the other, and the last for ever."""
    left: Iterator[JobRecord | Exception] = iter(states)
    last: list[JobRecord | Exception] = []

    def get(tenant: str, job_id: str) -> JobRecord:
        state = next(left, None) or last[-1]
        last.append(state)
        if isinstance(state, Exception):
            raise state
        return state

    monkeypatch.setattr(parts.catalog.jobs, "get", get)


@pytest.fixture
def queued(client: TestClient, parts: ApiParts) -> JobRecord:
    job_id = upload(client, ("a.pdf", PDF)).json()["accepted"][0]["job"]["id"]
    return parts.catalog.jobs.get("default", job_id)


def test_a_job_is_watched_to_its_end(
    client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch, queued: JobRecord
) -> None:
    running = replace(queued, state=JobState.RUNNING, stage=Stage.PARSE, pages_done=16, pages_total=64)
    further = replace(running, pages_done=32, pages_per_second=40.0)
    ended = replace(further, state=JobState.SUCCEEDED, stage=None, ledger=make_ledger())
    play(parts, monkeypatch, queued, running, running, running, further, ended)
    answer = client.get(f"/v1/jobs/{queued.id}/events", headers={"Last-Event-ID": "17"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    seen = events(answer.text)
    assert [event["event"] for event in seen] == ["progress", "progress", "progress", "finished"]
    assert [event["id"] for event in seen] == ["1", "2", "3", "4"]
    shown: list[dict[str, Any]] = [json.loads(event["data"]) for event in seen]
    assert [(job["stage"], job["pages_done"], job["pages_per_second"]) for job in shown[:3]] == [
        (None, 0, None),
        ("parse", 16, None),
        ("parse", 32, 40.0),
    ]
    assert shown[-1]["ledger"]["pages_total"] == 2


def test_a_finished_job_ends_at_once(
    client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch, queued: JobRecord
) -> None:
    for state in (JobState.FAILED, JobState.PARTIAL, JobState.CANCELLED, JobState.QUARANTINED):
        play(parts, monkeypatch, replace(queued, state=state))
        seen = events(client.get(f"/v1/jobs/{queued.id}/events").text)
        assert [event["event"] for event in seen] == ["finished"]


def test_a_quiet_job_is_kept_awake_with_comments(
    client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch, queued: JobRecord
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", -1.0)
    play(parts, monkeypatch, queued, queued, queued, replace(queued, state=JobState.CANCELLED))
    text = client.get(f"/v1/jobs/{queued.id}/events").text
    assert text.count(": still here\n\n") == 2


@pytest.mark.parametrize(
    ("error", "problem"), [(JobNotFound("job_1"), "unknown-job"), (CatalogBusy("Busy."), "catalog-busy")]
)
def test_a_job_that_goes_away_ends_with_a_problem(
    client: TestClient,
    parts: ApiParts,
    monkeypatch: pytest.MonkeyPatch,
    queued: JobRecord,
    error: Exception,
    problem: str,
) -> None:
    play(parts, monkeypatch, queued, error)
    seen = events(client.get(f"/v1/jobs/{queued.id}/events").text)
    assert [event["event"] for event in seen] == ["progress", "problem"]
    assert kind(json.loads(seen[-1]["data"])) == problem


def test_cancel_and_retry(client: TestClient, queued: JobRecord) -> None:
    assert client.post(f"/v1/jobs/{queued.id}/cancel").json()["state"] == "cancelled"
    assert [job["id"] for job in client.get("/v1/jobs?state=cancelled").json()["items"]] == [queued.id]
    assert client.post(f"/v1/jobs/{queued.id}/retry").json()["state"] == "queued"
    again = client.post(f"/v1/jobs/{queued.id}/retry")
    assert (again.status_code, kind(again.json())) == (409, "job-state-conflict")
    assert client.post("/v1/jobs/job_nothing/cancel").status_code == 404
