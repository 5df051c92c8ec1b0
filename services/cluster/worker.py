"""`sourcespan worker`: a Celery worker whose children take turns at the queues."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

from celery import Celery
from celery.signals import task_received, worker_process_shutdown, worker_shutting_down
from celery.worker import state

from ingestion.model import WorkQueue
from ingestion.worker import Worker
from services.cluster.broker import CeleryBroker, make_app, queue_name
from services.cluster.flag import SharedFlag
from services.cluster.start import open_catalog_when_there, say_alive
from services.cluster.tasks import register_tasks
from services.cluster.watchdog import Watchdog
from services.index_parts import LiveIndex
from services.parts import make_embedder, worker_parts
from services.settings import Settings

_CHATTY = ("celery.app.trace", "celery.worker.strategy")
_SECONDS_TO_STOP = 60.0
_STALLED = 70


class Child:
    """The work of one child process. What it works with is opened at its first turn, and anew when another index is the
    live one."""

    def __init__(self, settings: Settings, stopping: SharedFlag) -> None:
        self._settings = settings
        self._stopping = stopping
        self._opened: ExitStack | None = None
        self._worker: Worker | None = None

    def take_turn(self, queue: WorkQueue) -> bool:
        """False where there was nothing to do."""
        if self._stopping.is_set():
            return False
        return self._current_worker().take_turn(queue, self._stopping)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = self._worker = None

    def _current_worker(self) -> Worker:
        if self._worker is not None and self._worker.serves_live_index():
            return self._worker
        self.close()
        with ExitStack() as opening:
            parts = opening.enter_context(worker_parts(self._settings))
            name = f"{socket.gethostname()}-{os.getpid()}"
            self._worker = Worker(parts, name, lease_seconds=self._settings.lease_seconds)
            self._opened = opening.pop_all()
        return self._worker


def run(settings: Settings, stop: threading.Event) -> int:
    """Until asked to end; jobs under way then go back to their queues."""
    if settings.redis_url is None:
        raise ValueError("a worker of the cluster needs redis_url")
    os.nice(settings.worker_nice)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    open_catalog_when_there(settings, stop).close()
    if not settings.embedding_dir.exists():
        # In a process of its own: what loads a model must not be forked. The children find the verdict.
        subprocess.run([sys.executable, "-m", "services.cluster", "check"], check=True)
    app = make_app(settings.redis_url)
    app.conf.worker_max_memory_per_child = settings.worker_memory_bytes // 1024
    stopping = SharedFlag()
    child = Child(settings, stopping)
    register_tasks(app, child.take_turn)
    watchdog = _watchdog(settings, settings.redis_url)

    def on_stop(**_: object) -> None:
        stopping.set()

    def on_turn(**_: object) -> None:
        watchdog.note_turn()

    def on_child_end(**_: object) -> None:
        child.close()

    worker_shutting_down.connect(on_stop)
    task_received.connect(on_turn)
    worker_process_shutdown.connect(on_child_end)
    watchdog.start()
    return _serve(app, settings)


def check_embedding(settings: Settings, stop: threading.Event) -> int:
    """Choose the runtime of the embedder on this machine, and write it down."""
    with open_catalog_when_there(settings, stop) as catalog:
        make_embedder(LiveIndex.of(catalog).lay_over(settings))
    return 0


def _serve(app: Celery, settings: Settings) -> int:
    worker = app.Worker(
        queues=[queue_name(queue) for queue in settings.queues],
        concurrency=settings.workers,
        pool="prefork",
        hostname=f"sourcespan-{os.getpid()}@{socket.gethostname()}",
        loglevel=settings.log_level,
        optimization="fair",
        quiet=True,
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _watchdog(settings: Settings, redis_url: str) -> Watchdog:
    def is_idle() -> bool:
        say_alive(settings, "worker")
        return len(state.active_requests) < settings.workers

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_SECONDS_TO_STOP)
        os._exit(_STALLED)

    return Watchdog(CeleryBroker(redis_url), settings.queues, is_idle, end)
