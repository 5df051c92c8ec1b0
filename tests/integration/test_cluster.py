"""The cluster as processes, on real Redis, PostgreSQL and S3: nothing is lost, whatever is taken away meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from services.cli.ingest_progress import FINISHED
from services.parts import make_embedder
from services.settings import Settings
from tests.support import pdfs, postgres, redis
from tests.support.cluster import Cluster, cluster
from tests.support.serving import wait_until

pytestmark = pytest.mark.skipif(
    redis.program() is None or postgres.programs() is None,
    reason="Redis or PostgreSQL is not installed: sudo apt-get install redis-server postgresql",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    settings = Settings(data_dir=folder / "checked", url=None, api_key=None)
    make_embedder(settings)
    with cluster(folder, settings.embedding_dir) as world:
        world.start_api()
        world.start("worker-1", "--concurrency", "1")
        world.start("scheduler")
        world.client.create_collection("reports", "", {}, {"policy": None, "languages": []})
        yield world


def upload(world: Cluster, *names: str, pages: int = 1) -> list[str]:
    """The ids of their jobs."""
    files = []
    for name in names:
        path = world.folder / f"{name}.pdf"
        path.write_bytes(pdfs.plain(f"The harbour of {name} has a lighthouse.", pages=pages))
        files.append((path.name, path))
    answer = world.client.upload("reports", files, attributes=None, idempotency_key=str(uuid.uuid4()))
    assert answer["rejected"] == []
    return [accepted["job"]["id"] for accepted in answer["accepted"]]


def finished(world: Cluster, jobs: list[str]) -> bool:
    return all(world.client.job(job)["state"] in FINISHED for job in jobs)


def found(world: Cluster, name: str) -> list[str]:
    answer = world.client.retrieve({"query": f"harbour of {name}", "collections": ["reports"], "top_k": 3})
    return [result["document"]["title"] for result in answer["results"]]


def test_a_document_goes_through_three_queues_and_is_found(world: Cluster) -> None:
    jobs = upload(world, "Antwerp")
    wait_until(lambda: finished(world, jobs), "the job of Antwerp")
    job = world.client.job(jobs[0])
    assert job["state"] == "succeeded", job
    assert set(job["cost"]["cpu_seconds"]) >= {"parse", "chunk", "embed", "index"}
    assert "Antwerp" in found(world, "Antwerp")[0]


def test_a_worker_killed_at_work_costs_seconds(world: Cluster) -> None:
    jobs = upload(world, "Bergen", pages=60)
    wait_until(lambda: world.client.job(jobs[0])["state"] == "running", "the job to begin", look_every=0.02)
    world.kill("worker-1")
    assert not finished(world, jobs)
    world.start("worker-2", "--concurrency", "2")
    wait_until(lambda: finished(world, jobs), "the job of Bergen on another worker")
    assert world.client.job(jobs[0])["state"] == "succeeded"
    assert "Bergen" in found(world, "Bergen")[0]


def test_a_child_killed_at_work_costs_seconds(world: Cluster) -> None:
    jobs = upload(world, "Calais", pages=60)
    wait_until(lambda: world.client.job(jobs[0])["state"] == "running", "the job to begin", look_every=0.02)
    for child in world.children("worker-2"):
        child.kill()
    wait_until(lambda: finished(world, jobs), "the job of Calais in another child")
    assert world.client.job(jobs[0])["state"] == "succeeded"


def test_a_queue_that_is_emptied_loses_nothing(world: Cluster) -> None:
    world.client.pause_collection("reports")
    jobs = upload(world, *(f"Dover{number}" for number in range(6)))
    assert world.client.job(jobs[0])["waiting"]["code"] == "collection_paused"
    assert world.stop("worker-2") == 0
    world.client.pause_collection("reports", paused=False)
    wait_until(lambda: world.redis.client.llen("parse") == len(jobs), "their messages")
    world.redis.client.flushall()
    world.start("worker-2", "--concurrency", "2")
    wait_until(lambda: finished(world, jobs), "jobs whose messages were thrown away")
    assert {world.client.job(job)["state"] for job in jobs} == {"succeeded"}


def test_redis_may_be_away_and_forget_everything(world: Cluster) -> None:
    world.redis.kill()
    jobs = upload(world, "Esbjerg", "Flekke")
    assert "Antwerp" in found(world, "Antwerp")[0]
    waiting = world.client.job(jobs[0])
    assert waiting["state"] == "queued" and waiting["waiting"] is not None
    world.redis.start()
    wait_until(lambda: finished(world, jobs), "jobs that were accepted while Redis was away")
    assert {world.client.job(job)["state"] for job in jobs} == {"succeeded"}


def test_a_worker_asked_to_end_gives_its_job_back(world: Cluster) -> None:
    jobs = upload(world, "Genoa", pages=200)
    wait_until(lambda: world.client.job(jobs[0])["state"] == "running", "the job to begin", look_every=0.02)
    assert world.stop("worker-2") == 0
    job = world.client.job(jobs[0])
    assert (job["state"], job["attempts"], job["error"]) in {("queued", 0, None), ("succeeded", 0, None)}
    world.start("worker-3", "--concurrency", "1")
    wait_until(lambda: finished(world, jobs), "the job of Genoa")
    assert world.stop("scheduler") == 0
