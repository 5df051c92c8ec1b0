"""A worker: takes jobs from the catalog one at a time, and keeps house when there are none."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Mapping

from ingestion.catalog.queue import LEASE_SECONDS
from ingestion.errors import BlobMissing, CatalogBusy, LeaseLost, SecretUnreadable, Superseded
from ingestion.leases import HeldLease, JobStopped, WorkerStopping
from ingestion.lifecycle.purge import run_purge
from ingestion.model import ClaimedJob, JobError, JobState
from ingestion.pipeline import PipelineParts, Run, run_job
from parsers.errors import ParseCancelled, ParseError
from retrieval.errors import IndexUnavailable, RetrievalError

MAX_ATTEMPTS = 5
MAX_WAITS = 60
LONGEST_DELAY = 30.0
HOUSEKEEPING_SECONDS = 3.0
SWEEP_SECONDS = 3600.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 1.0

_STORE_CODES: Mapping[type[Exception], str] = {BlobMissing: "blob_missing", SecretUnreadable: "password_unreadable"}

_log = logging.getLogger(__name__)


class Worker:
    """Drives jobs until told to stop. `worker_id` says in the catalog who has a job."""

    def __init__(self, parts: PipelineParts, worker_id: str, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._parts = parts
        self._id = worker_id
        self._lease_seconds = lease_seconds
        self._kept_house = 0.0
        # Not at once: at a start there is other work to do.
        self._swept = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Returns soon after `stop` is set; a job under way goes back to the queue with what it has done so far."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                busy = self.step(stop)
            except CatalogBusy:
                _log.warning("The catalog is busy; trying again.")
                busy = False
            pause = FIRST_PAUSE if busy else min(LONGEST_PAUSE, pause * 1.5)
            if not busy:
                stop.wait(pause)

    def step(self, stop: threading.Event) -> bool:
        """One look around: house-keeping if it is time, then at most one job. True if there was something to do."""
        kept = False
        if time.monotonic() - self._kept_house >= HOUSEKEEPING_SECONDS:
            kept = self.keep_house()
            self._kept_house = time.monotonic()
        job = self._parts.catalog.queue.claim(self._id, self._lease_seconds)
        if job is None:
            return kept
        self.work_on(job, stop)
        return True

    def work_on(self, job: ClaimedJob, stop: threading.Event) -> None:
        """Bring one job to an end, or back to the queue."""
        with HeldLease(self._parts.catalog, job, self._lease_seconds, stop) as lease:
            run = Run(job=job, parts=self._parts, sign=lease, cost=job.cost)
            try:
                state = run_job(run)
                _log.info("Job %s: %s, %.2f CPU s.", job.id, state.value, run.cost.total_cpu_seconds)
            except LeaseLost:
                _log.warning("Job %s: another worker has it now.", job.id)
            except Exception as error:  # noqa: BLE001 - the one place where a job's fate is decided; see _end
                try:
                    self._end(run, lease, error)
                except LeaseLost:
                    _log.warning("Job %s: another worker has it now.", job.id)

    def _end(self, run: Run, lease: HeldLease, error: Exception) -> None:
        """Cancelled, failed, or back to the queue, by what went wrong."""
        queue, job = self._parts.catalog.queue, run.job
        if isinstance(error, ParseCancelled):
            error = _reason_to_stop(lease, error)
            if isinstance(error, LeaseLost):
                raise error
        if isinstance(error, JobStopped | Superseded):
            queue.finish(job, JobState.CANCELLED, cost=run.cost)
        elif isinstance(error, WorkerStopping):
            queue.release(job, cost=run.cost)
        elif isinstance(error, ParseError | BlobMissing | SecretUnreadable):
            code = error.code if isinstance(error, ParseError) else _STORE_CODES[type(error)]
            self._fail(run, JobError(code=code, message=f"{job.name}: {error}", stage=run.stage))
        elif isinstance(error, IndexUnavailable | CatalogBusy):
            waits = queue.waits(job)
            reason = JobError(code="index_unavailable", message=f"{job.name}: {error}", stage=run.stage)
            if waits + 1 >= MAX_WAITS:
                self._fail(run, reason)
            else:
                queue.release(job, cost=run.cost, delay=_delay(waits), error=reason)
        else:
            self._try_again(run, error)

    def _try_again(self, run: Run, error: Exception) -> None:
        """Disk errors and the like pass; what does not is a failure after a few attempts."""
        job = run.job
        # Neither the message nor the values: they may hold text of the document.
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("Job %s, %s: %s\n%s", job.id, run.stage.value, type(error).__name__, frames)
        reason = JobError(code=_code(error), message=f"{job.name}: {_sentence(error)}", stage=run.stage)
        if job.attempts + 1 >= MAX_ATTEMPTS:
            self._fail(run, reason)
        else:
            delay = _delay(job.attempts)
            self._parts.catalog.queue.release(job, cost=run.cost, delay=delay, error=reason, failed=True)

    def _fail(self, run: Run, error: JobError) -> None:
        _log.info("Job %s failed in %s: %s.", run.job.id, run.stage.value, error.code)
        self._parts.catalog.queue.finish(run.job, JobState.FAILED, cost=run.cost, error=error)

    def keep_house(self) -> bool:
        """Queue jobs again whose worker is gone, and do the purges that are due. True if there was any."""
        busy = self._parts.catalog.queue.reconcile() > 0
        if time.monotonic() - self._swept >= SWEEP_SECONDS:
            self._parts.blobs.sweep(self._parts.catalog.documents.names_bytes)
            self._swept = time.monotonic()
        while (plan := self._parts.catalog.purging.claim()) is not None:
            busy = True
            parts = self._parts
            if not run_purge(plan, parts.catalog.purging, parts.blobs, parts.index, parts.other_indexes):
                break
        return busy


def _reason_to_stop(lease: HeldLease, error: Exception) -> Exception:
    """The parser only knows that it was told to stop."""
    try:
        lease.check()
    except (LeaseLost, JobStopped, WorkerStopping) as reason:
        return reason
    return error


def _delay(times: int) -> float:
    return float(min(LONGEST_DELAY, 2.0**times))


def _code(error: Exception) -> str:
    if isinstance(error, OSError):
        return "io_error"
    return "index_error" if isinstance(error, RetrievalError) else "internal_error"


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"Reading or writing failed ({error.strerror or type(error).__name__})."
    if isinstance(error, RetrievalError):
        return str(error)
    return f"The service made an error ({type(error).__name__})."
