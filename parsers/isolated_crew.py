"""The workers of one document: started when there is work, replaced when they die or grow, ended together.

One thread drives them all: it gives each its job and waits for whichever answers first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from parsers.errors import ParseCancelled
from parsers.isolated_process import CallLost, ForkServer, Loss, Worker, wait_for_any
from parsers.isolated_wire import Answer
from parsers.policy import ParseLimits

_CALLS_PER_WORKER = 64
_RESIDENT_SHARE = 0.5
"""A worker is replaced when it holds this share of its memory limit: caches and leaks grow, documents stay."""

_TREE_BYTES = 3 * 1024**3
_LEAST_BYTES = 1024**3
"""Workers side by side share this much memory, none getting less than that: a job that this is too little for is to be
done again by a worker that has the machine, and the whole limit, to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One task. `step` is what its CPU seconds are counted as; `alone`: with no other job beside it."""

    task: str
    arguments: object
    seconds: float
    step: str
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    job: Job
    crashed_before: bool


class Crew:
    """At most `size` workers, all sealed for reading `path`. `cpu_seconds` has the steps, and `overhead`."""

    def __init__(
        self,
        server: ForkServer,
        limits: ParseLimits,
        path: Path,
        modules: tuple[str, ...],
        *,
        size: int,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.cpu_seconds = {"open": 0.0, "read": 0.0, "overhead": 0.0}
        self.lost_seconds = 0.0
        """Wall time of jobs that came to nothing."""
        self._server = server
        self._limits = limits
        self._path = path
        self._modules = modules
        self._size = size
        self._should_stop = should_stop
        self._running: dict[Worker, _Running] = {}
        self._idle: list[Worker] = []
        self._accounted: dict[Worker, float] = {}

    @property
    def busy(self) -> int:
        return len(self._running)

    def has_room(self, *, alone: bool = False) -> bool:
        """Whether another job can be started now."""
        if any(running.job.alone for running in self._running.values()):
            return False
        return not self._running if alone else len(self._running) < self._size

    def call(self, job: Job) -> Answer:
        """Do one job while there is no other. Raises `CallLost`, `ParseCancelled`, `ParserCrashed`."""
        self.start(replace(job, alone=True))
        while True:
            for _, answer in self.finished():
                if isinstance(answer, CallLost):
                    raise answer
                return answer

    def start(self, job: Job) -> None:
        """Give a job to a worker that has nothing to do, or to a new one. Raises `ParserCrashed`."""
        self._start(job, crashed_before=False)

    def finished(self) -> list[tuple[Job, Answer | CallLost]]:
        """Wait for some jobs to end; what became of them. Raises `ParseCancelled`, `ParserCrashed`.

        None may have ended: a job for which modules were missing is started again by a worker that has them. So is one
        whose worker died, once: it may have been killed from outside (by the system short of memory, by a person), and
        one death proves nothing against the document.
        """
        if not wait_for_any(tuple(self._running), self._should_stop):
            self.end()
            raise ParseCancelled("The parse was cancelled.")
        done: list[tuple[Job, Answer | CallLost]] = []
        for worker in tuple(self._running):
            try:
                answer = worker.take_answer()
            except CallLost as lost:
                running = self._running.pop(worker)
                self._end_worker(worker)
                self._after_loss(running, lost, done)
            else:
                if answer is not None:
                    self._after_answer(worker, answer, done)
        return done

    def end(self) -> None:
        """End every worker, busy or not; what they used beyond their answers is overhead."""
        for worker in (*self._running, *self._idle):
            self._end_worker(worker)
        self._running.clear()
        self._idle.clear()

    def _start(self, job: Job, *, crashed_before: bool) -> None:
        worker = self._worker(job)
        try:
            worker.begin(job.task, job.arguments, seconds=job.seconds)
        except CallLost:  # it died while it had nothing to do: no fault of the job
            self._end_worker(worker)
            worker = self._worker(job)
            worker.begin(job.task, job.arguments, seconds=job.seconds)
        self._running[worker] = _Running(job=job, crashed_before=crashed_before)

    def _after_loss(self, running: _Running, lost: CallLost, done: list[tuple[Job, Answer | CallLost]]) -> None:
        self.lost_seconds += lost.seconds
        if lost.loss is Loss.CRASH and not running.crashed_before:
            self._start(running.job, crashed_before=True)
        else:
            done.append((running.job, lost))

    def _after_answer(self, worker: Worker, answer: Answer, done: list[tuple[Job, Answer | CallLost]]) -> None:
        running = self._running.pop(worker)
        self.cpu_seconds[running.job.step] += answer.cpu_seconds
        self._accounted[worker] += answer.cpu_seconds
        if answer.needs:
            missing = tuple(module for module in answer.needs if module not in self._modules)
            self._modules += missing
            self._end_worker(worker)
            if missing or worker.modules != self._modules:
                self._start(running.job, crashed_before=running.crashed_before)
            else:
                done.append((running.job, CallLost(Loss.FAILED, 0.0)))
            return
        grown = answer.resident_bytes > _RESIDENT_SHARE * worker.memory_bytes
        if grown or worker.calls >= _CALLS_PER_WORKER:
            self._end_worker(worker)
        else:
            self._idle.append(worker)
        done.append((running.job, answer))

    def _worker(self, job: Job) -> Worker:
        """An idle worker with the memory that the job may have, or a new one."""
        shared = min(self._limits.memory_bytes, max(_LEAST_BYTES, _TREE_BYTES // self._size))
        memory = self._limits.memory_bytes if job.alone or self._size == 1 else shared
        if job.alone:
            self._end_idle(keep=memory)
        while self._idle:
            worker = self._idle.pop()
            if worker.memory_bytes == memory and worker.modules == self._modules:
                return worker
            self._end_worker(worker)
        worker = self._server.spawn(memory_bytes=memory, readable=(self._path,), modules=self._modules)
        self.cpu_seconds["overhead"] += worker.loading_seconds
        self._accounted[worker] = 0.0
        return worker

    def _end_idle(self, *, keep: int) -> None:
        """End the idle workers but one with `keep` bytes: what runs alone has the machine to itself."""
        kept = [worker for worker in self._idle if worker.memory_bytes == keep][:1]
        for worker in self._idle:
            if worker not in kept:
                self._end_worker(worker)
        self._idle = kept

    def _end_worker(self, worker: Worker) -> None:
        self.cpu_seconds["overhead"] += max(0.0, worker.end().cpu_seconds - self._accounted.pop(worker, 0.0))
