"""A real `sourcespan serve` for tests: its processes, its client, and what it holds in the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from retrieval.index.remote import RemoteIndex
from retrieval.model import AllOf, Match
from services.cli.ingest_progress import FINISHED
from services.client import Client, Json
from services.serve_lock import read_serving
from services.settings import Settings

SECONDS_TO_WAIT = 240
"""The longest wait for anything, on a machine under any load: it ends a run that hangs, it measures nothing."""


def wait_until(condition: Callable[[], bool], what: str, *, look_every: float = 0.1) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(look_every)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentState:
    """What the service holds of one document: its live parse, the ids of its points, and how many points there are."""

    state: str
    live_parse_id: str | None
    points: frozenset[str]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    process: subprocess.Popen[str]
    settings: Settings
    client: Client
    console: Path

    def processes(self, role: str) -> list[psutil.Process]:
        """The supervisor's children of a role (`api`, `index`, `worker`)."""
        children = [psutil.Process(pid) for pid in _child_pids(self.process.pid) if psutil.pid_exists(pid)]
        return [child for child in children if role in _command(child)]

    def pids(self, kind: str) -> list[int]:
        """The processes of a role, or of the kind `parser`."""
        return self.parser_pids() if kind == "parser" else [process.pid for process in self.processes(kind)]

    def parser_pids(self) -> list[int]:
        """The processes that have a document open: the children of the workers' forkservers."""
        workers = (process.pid for process in self.processes("worker"))
        return [pid for worker in workers for forkserver in _child_pids(worker) for pid in _child_pids(forkserver)]

    def upload(self, collection: str, files: Sequence[Path]) -> list[Json]:
        answer = self.client.upload(
            collection, [(file.name, file) for file in files], attributes=None, idempotency_key=str(uuid.uuid4())
        )
        assert answer["rejected"] == []
        return list(answer["accepted"])

    def wait_for(self, collection: str) -> None:
        def finished() -> bool:
            return all(job["state"] in FINISHED for job in self.client.jobs(collection))

        wait_until(finished, f"jobs of {collection}")

    def documents(self, collection: str) -> dict[str, DocumentState]:
        """By name."""
        index = RemoteIndex(self.settings.index_socket, connect_timeout=SECONDS_TO_WAIT)
        try:
            return {document["name"]: _state(document, index) for document in self.client.documents(collection)}
        finally:
            index.close()


def _state(document: Json, index: RemoteIndex) -> DocumentState:
    where = AllOf(filters=(Match(key="document", values=(document["id"],)),))
    return DocumentState(
        state=document["state"],
        live_parse_id=document["live_parse_id"],
        points=frozenset(index.ids(where)),
        count=index.count(where),
    )


def _child_pids(pid: int) -> list[int]:
    """Read where the kernel keeps them: quick enough to catch a process that lives for some milliseconds."""
    found: list[int] = []
    for children in Path("/proc", str(pid), "task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, children.read_text().split())
    return found


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def start(data_dir: Path, *arguments: str, checked_embedding: Path | None = None, **settings: str) -> Service:
    """Start `sourcespan serve` on a free port and wait until it is ready.

    `checked_embedding`: the embedding folder of an earlier start on this machine, so that the check is not done again.
    `settings` are given as `SOURCESPAN_<NAME>`. What it prints goes to `Service.console`.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    own = Settings(data_dir=data_dir, url=None, api_key=None)
    if checked_embedding is not None and not own.embedding_dir.exists():
        own.run_dir.mkdir(exist_ok=True)
        shutil.copytree(checked_embedding, own.embedding_dir)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOURCESPAN_")}
    environment |= {f"SOURCESPAN_{name.upper()}": value for name, value in settings.items()}
    console = data_dir.with_name(f"{data_dir.name}-console.log")
    command = [sys.executable, "-m", "services.cli.main", "serve", "--data-dir", str(data_dir), "--port", "0"]
    with console.open("a") as output:
        process = subprocess.Popen(
            [*command, *arguments], env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL, text=True
        )

    def is_ready() -> bool:
        assert process.poll() is None, console.read_text()
        serving = read_serving(own.lock_file)
        return serving is not None and serving.pid == process.pid and serving.url is not None

    try:
        wait_until(is_ready, "the service to be ready")
    except AssertionError:
        process.kill()
        raise
    return Service(process=process, settings=own, client=Client.of(own), console=console)


def stop(service: Service) -> int:
    """Ask it to stop as Ctrl-C does; its exit code."""
    service.client.close()
    service.process.send_signal(signal.SIGINT)
    try:
        return service.process.wait(SECONDS_TO_WAIT)
    finally:
        service.process.kill()


@contextmanager
def serving(
    data_dir: Path, *arguments: str, checked_embedding: Path | None = None, **settings: str
) -> Iterator[Service]:
    service = start(data_dir, *arguments, checked_embedding=checked_embedding, **settings)
    try:
        yield service
    finally:
        stop(service)
