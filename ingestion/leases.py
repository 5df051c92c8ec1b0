"""Holding a job: a thread keeps its lease and listens whether it should stop."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Protocol

from ingestion.catalog import Catalog
from ingestion.errors import CatalogBusy, LeaseLost
from ingestion.model import ClaimedJob

LISTEN_SECONDS = 0.5
"""How often the catalog is asked whether the job was called off: a cancelled job stops within a second or two."""

_log = logging.getLogger(__name__)


class JobStopped(Exception):
    """The job was cancelled, superseded, or its document deleted."""


class WorkerStopping(Exception):
    """The worker is to end: the job goes back to the queue."""


class StopRequest(Protocol):
    """What a `threading.Event` tells: whether the worker is to end."""

    def is_set(self) -> bool: ...


class HeldLease:
    """A context in which the lease on a job is kept. Implements `pipeline.StopSign`."""

    def __init__(self, catalog: Catalog, job: ClaimedJob, lease_seconds: float, stop: StopRequest) -> None:
        self._catalog = catalog
        self._job = job
        self._seconds = lease_seconds
        self._stop = stop
        self._ended = threading.Event()
        self._called_off = False
        self._lost = False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> HeldLease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def should_stop(self) -> bool:
        return self._lost or self._called_off or self._stop.is_set()

    def check(self) -> None:
        """Raises LeaseLost, JobStopped or WorkerStopping, in this order, if there is a reason to stop."""
        if self._lost:
            raise LeaseLost("Another worker has this job now.")
        if self._called_off:
            raise JobStopped
        if self._stop.is_set():
            raise WorkerStopping

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(LISTEN_SECONDS):
            try:
                if time.monotonic() - renewed >= self._seconds / 3:
                    self._called_off |= self._catalog.queue.heartbeat(self._job, self._seconds)
                    renewed = time.monotonic()
                else:
                    self._called_off |= self._catalog.queue.should_stop(self._job)
            except LeaseLost:
                # Also after the job has ended; then nobody asks any more.
                self._lost = True
                return
            except CatalogBusy:
                _log.warning("The catalog is busy; the lease of a job will be renewed a little later.")
