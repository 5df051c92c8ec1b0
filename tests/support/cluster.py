"""The processes of a cluster for tests, on real Redis, PostgreSQL and S3 (moto).

No Qdrant server is to be had everywhere: unless SOURCESPAN_QDRANT_URL names one, an index owner on a socket stands in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from retrieval.index.edge import EdgeIndex
from retrieval.index.owner import serve
from services.client import Client
from services.settings import Settings
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.redis import RedisServer, redis_server
from tests.support.s3 import s3_server
from tests.support.serving import wait_until

DIMENSION = 384


@dataclass(slots=True, kw_only=True)
class Cluster:
    folder: Path
    checked_embedding: Path
    redis: RedisServer
    postgres: PostgresServer
    environment: dict[str, str]
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        key = (self.folder / "api" / "admin.key").read_text().strip()
        return Client.of(Settings(data_dir=self.folder, url=f"http://127.0.0.1:{self.port}", api_key=key))

    def start(self, name: str, *arguments: str) -> None:
        """`name`: a role, and what tells several of it apart: `worker-1`."""
        role = name.partition("-")[0]
        folder = self.folder / name
        if not folder.exists():
            shutil.copytree(self.checked_embedding, folder / "run" / "embedding")
        command = [sys.executable, "-m", "services.cli.main", role, "--data-dir", str(folder), *arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def start_api(self) -> None:
        self.start("api", "--port", str(self.port))
        wait_until(self._answers, "the API to be ready", look_every=0.3)

    def _answers(self) -> bool:
        assert self.processes["api"].poll() is None, self.log("api")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def children(self, name: str) -> list[psutil.Process]:
        """The processes of a worker that do its work."""
        return [
            child
            for child in psutil.Process(self.processes[name].pid).children()
            if "services.cluster" in " ".join(child.cmdline())
        ]

    def kill(self, name: str) -> None:
        """kill -9, with all that it has started."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(60)


@contextmanager
def cluster(folder: Path, checked_embedding: Path, **settings: str) -> Iterator[Cluster]:
    with ExitStack() as opened:
        redis = opened.enter_context(redis_server())
        postgres = opened.enter_context(postgres_server())
        s3 = opened.enter_context(s3_server())
        qdrant = os.environ.get("SOURCESPAN_QDRANT_URL") or opened.enter_context(_index_owner(folder))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOURCESPAN_")}
        chosen = {
            "catalog_url": postgres.new_database(),
            "redis_url": redis.url,
            "qdrant_url": qdrant,
            "blob_bucket": s3.new_bucket(),
            "blob_endpoint": s3.url,
            "blob_access_key": "test",
            "blob_secret_key": "test",
            "secret": "a secret that only tests know, and long",
            "lease_seconds": "4",
            "parse_policy": "fast",
        }
        environment |= {f"SOURCESPAN_{name.upper()}": value for name, value in (chosen | settings).items()}
        world = Cluster(
            folder=folder,
            checked_embedding=checked_embedding,
            redis=redis,
            postgres=postgres,
            environment=environment,
            port=_free_port(),
        )
        try:
            yield world
        finally:
            for name in list(world.processes):
                world.kill(name)


@contextmanager
def _index_owner(folder: Path) -> Iterator[str]:
    stop = threading.Event()
    path = folder / "index.sock"
    index = EdgeIndex(folder / "index", DIMENSION, create=True)
    owner = threading.Thread(target=serve, args=(index, path, stop))
    owner.start()
    try:
        yield f"unix://{path}"
    finally:
        stop.set()
        owner.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
