"""A worker: takes jobs from the catalog one at a time, and keeps house when there are none."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from errno import EDQUOT, ENOSPC

from ingestion.catalog.queue import ALL_QUEUES, LEASE_SECONDS
from ingestion.errors import (
    BlobMissing,
    BlobStoreUnavailable,
    CatalogBusy,
    IngestionError,
    LeaseLost,
    SecretUnreadable,
    StorageFull,
    Superseded,
)
from ingestion.housekeeping import HouseKeeper
from ingestion.leases import HeldLease, JobStopped, StopRequest, WorkerStopping
from ingestion.model import ClaimedJob, JobError, JobState, WorkQueue
from ingestion.pipeline import PipelineParts, Run, run_job, run_step
from parsers.errors import ParseCancelled, ParseError
from retrieval.errors import IndexUnavailable, RetrievalError

MAX_ATTEMPTS = 5
MAX_WAITS = 2880
"""A day of waiting for the same thing; then somebody should know."""

LONGEST_DELAY = 30.0
HOUSEKEEPING_SECONDS = 3.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 1.0

_STORE_CODES: Mapping[type[Exception], str] = {BlobMissing: "blob_missing", SecretUnreadable: "password_unreadable"}
_OUTAGES: Mapping[type[Exception], str] = {
    IndexUnavailable: "index_unavailable",
    CatalogBusy: "catalog_busy",
    BlobStoreUnavailable: "blob_store_unavailable",
    StorageFull: "storage_full",
}
_FULL_DISK = frozenset({ENOSPC, EDQUOT})
_SPACE_LOG_SECONDS = 60.0

Drive = Callable[[Run], JobState | WorkQueue]

_log = logging.getLogger(__name__)


class Worker:
    """Drives jobs until told to stop. `worker_id` says in the catalog who has a job."""

    def __init__(self, parts: PipelineParts, worker_id: str, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._parts = parts
        self._id = worker_id
        self._lease_seconds = lease_seconds
        self._house_keeper = HouseKeeper(parts.catalog, parts.blobs, parts.index, parts.other_indexes)
        self._kept_house = 0.0
        self._told_of_space = float("-inf")

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

    def step(self, stop: StopRequest) -> bool:
        """One look around: house-keeping if it is time, then at most one job. True if there was something to do."""
        kept = False
        if time.monotonic() - self._kept_house >= HOUSEKEEPING_SECONDS:
            kept = self.keep_house()
            self._kept_house = time.monotonic()
        return self._take(ALL_QUEUES, run_job, stop) or kept

    def take_turn(self, queue: WorkQueue, stop: StopRequest) -> bool:
        """Bring the job of this queue whose turn it is through the stages of the queue; False where there is none."""
        return self._take(frozenset({queue}), run_step, stop)

    def serves_live_index(self) -> bool:
        """False once another index has become the live one: then these parts may publish nothing more."""
        return self._parts.switches is None or self._parts.catalog.indexes.switches() == self._parts.switches

    def keep_house(self) -> bool:
        return self._house_keeper.keep_house()

    def _take(self, queues: Collection[WorkQueue], drive: Drive, stop: StopRequest) -> bool:
        if not self._has_space():
            return False
        job = self._parts.catalog.queue.claim(self._id, self._lease_seconds, queues)
        if job is None:
            return False
        self._work_on(job, drive, stop)
        return True

    def _has_space(self) -> bool:
        """Nothing is begun on a disk that is nearly full: catalog and index need the rest."""
        try:
            self._parts.blobs.check_space(0)
        except StorageFull:
            if time.monotonic() - self._told_of_space >= _SPACE_LOG_SECONDS:
                _log.warning("There is too little disk space left to work on documents; jobs wait.")
                self._told_of_space = time.monotonic()
            return False
        return True

    def _work_on(self, job: ClaimedJob, drive: Drive, stop: StopRequest) -> None:
        """Bring one job on, or to an end, or back to the queue."""
        with HeldLease(self._parts.catalog, job, self._lease_seconds, stop) as lease:
            run = Run(job=job, parts=self._parts, sign=lease, cost=job.cost)
            try:
                reached = drive(run)
                if isinstance(reached, WorkQueue):
                    self._parts.catalog.queue.hand_over(job, reached, cost=run.cost)
                _log.info("Job %s: %s, %.2f CPU s.", job.id, reached.value, run.cost.total_cpu_seconds)
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
        elif (outage := _outage(error)) is not None:
            waits = queue.waits(job)
            reason = JobError(code=outage, message=f"{job.name}: {_sentence(error)}", stage=run.stage)
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


def _reason_to_stop(lease: HeldLease, error: Exception) -> Exception:
    """The parser only knows that it was told to stop."""
    try:
        lease.check()
    except (LeaseLost, JobStopped, WorkerStopping) as reason:
        return reason
    return error


def _outage(error: Exception) -> str | None:
    """The code of what is not there now and will be again: a job waits for it, and has not failed."""
    if isinstance(error, OSError) and error.errno in _FULL_DISK:
        return "storage_full"
    return next((code for kind, code in _OUTAGES.items() if isinstance(error, kind)), None)


def _delay(times: int) -> float:
    return min(LONGEST_DELAY, 2.0 ** min(times, 10))


def _code(error: Exception) -> str:
    if isinstance(error, OSError):
        return "io_error"
    return "index_error" if isinstance(error, RetrievalError) else "internal_error"


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"Reading or writing failed ({error.strerror or type(error).__name__})."
    if isinstance(error, RetrievalError | IngestionError):
        return str(error)
    return f"The service made an error ({type(error).__name__})."
