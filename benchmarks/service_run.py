"""The service under test: a real `sourcespan serve` on a scratch folder, driven over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus import BenchDocument
from services.client import Client, ClientError
from services.serve_lock import read_serving
from services.settings import Settings

COLLECTION = "benchmark"
SECONDS_TO_START = 300.0
SECONDS_TO_STOP = 60.0
ACTIVE = {"queued", "running"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """`pid` is the supervisor's: the root of the tree of processes."""

    pid: int
    settings: Settings
    client: Client

    def another_client(self) -> Client:
        return Client.of(self.settings)


@contextmanager
def serving(data_dir: Path) -> Iterator[RunningService]:
    """Start it on a free port, wait until it is ready, stop it at the end. `RuntimeError` if it does not come up."""
    settings = Settings(data_dir=data_dir, url=None, api_key=None)
    data_dir.mkdir(parents=True, exist_ok=True)
    log = (data_dir.parent / f"{data_dir.name}-serve.log").open("wb")
    command = [Path(sys.executable).with_name("sourcespan"), "serve", "--data-dir", data_dir, "--port", "0"]
    process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=subprocess.STDOUT, env=_environment())
    try:
        _wait_until_ready(process, settings, Path(log.name))
        with Client.of(settings) as client:
            client.create_collection(COLLECTION)
            yield RunningService(pid=process.pid, settings=settings, client=client)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _environment() -> dict[str, str]:
    """The defaults are measured: no setting of the shell that starts the benchmark reaches the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SOURCESPAN_")}


def _wait_until_ready(process: subprocess.Popen[bytes], settings: Settings, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        state = read_serving(settings.lock_file)
        if state is not None and state.url is not None and settings.admin_key_file.exists():
            with Client(state.url, settings.admin_key_file.read_text(encoding="utf-8").strip()) as client:
                try:
                    if client.health()["status"] == "ready":
                        return
                except ClientError:
                    pass  # it is listed before it answers
        time.sleep(0.25)
    raise RuntimeError(f"the service did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def upload(client: Client, documents: Sequence[BenchDocument]) -> list[str]:
    """Ids of the jobs. Raises `RuntimeError` for a document that is not accepted."""
    jobs: list[str] = []
    for document in documents:
        answer = client.upload(
            COLLECTION, [(document.path.name, document.path)], attributes=None, idempotency_key=uuid.uuid4().hex
        )
        if answer["rejected"]:
            raise RuntimeError(f"{document.path.name} was refused: {answer['rejected']}")
        jobs += [item["job"]["id"] for item in answer["accepted"]]
    return jobs


def finished(client: Client, jobs: Sequence[str]) -> bool:
    wanted = set(jobs)
    return not any(job["id"] in wanted and job["state"] in ACTIVE for job in client.jobs(collection=COLLECTION))


def wait_for(client: Client, jobs: Sequence[str], *, every_seconds: float = 2.0) -> list[Json]:
    """The jobs when all have ended."""
    while not finished(client, jobs):
        time.sleep(every_seconds)
    wanted = set(jobs)
    return [job for job in client.jobs(collection=COLLECTION) if job["id"] in wanted]
