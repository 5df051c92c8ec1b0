"""How far an ingestion is: pages done, pages a second and the time that is left, out of what the jobs say."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.client import Client, Json

FINISHED = frozenset({"succeeded", "partial", "failed", "quarantined", "cancelled"})
SEARCHABLE = frozenset({"succeeded", "partial"})

# Share of a job's work that is done when a stage begins, and the stage's own share. Embedding is nearly the whole bill;
# the shares only steer the estimate of the time left.
_STAGES = {
    "fetch": (0.0, 0.0),
    "parse": (0.0, 0.2),
    "chunk": (0.2, 0.02),
    "embed": (0.22, 0.7),
    "index": (0.92, 0.06),
    "publish": (0.98, 0.02),
}
_RATE_WINDOW_SECONDS = 60.0
_FEW_JOBS = 20


@dataclass(slots=True, kw_only=True)
class Tracked:
    """A job that is waited for; `weight` stands for its work until its pages are counted: its size in bytes."""

    job: Json
    weight: int

    @property
    def finished(self) -> bool:
        return self.job["state"] in FINISHED

    @property
    def share_done(self) -> float:
        if self.finished:
            return 1.0
        if self.job["state"] != "running" or self.job["stage"] is None:
            return 0.0
        before, own = _STAGES[self.job["stage"]]
        total = self.job["pages_total"]
        return before + own * (min(1.0, self.job["pages_done"] / total) if total else 0.0)

    @property
    def pages(self) -> float:
        """Pages whose work is done, by share."""
        return (self.job["pages_total"] or 0) * self.share_done


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`seconds_left` is None until there is a rate to tell it from."""

    files: int
    files_finished: int
    share_done: float
    pages_done: int
    pages_per_second: float
    seconds_left: float | None


@dataclass(slots=True, kw_only=True)
class IngestProgress:
    """Collects what is known of the jobs and tells how far they are together."""

    clock: Callable[[], float] = time.monotonic
    _tracked: dict[str, Tracked] = field(default_factory=dict)
    _opened: set[str] = field(default_factory=set)
    _history: deque[tuple[float, float, float]] = field(default_factory=deque)

    def track(self, job: Json, size: int) -> None:
        self._tracked[job["id"]] = Tracked(job=job, weight=max(1, size))

    def update(self, jobs: Iterable[Json]) -> None:
        for job in jobs:
            if job["id"] in self._tracked:
                self._tracked[job["id"]].job = job

    @property
    def jobs(self) -> list[Json]:
        return [tracked.job for tracked in self._tracked.values()]

    @property
    def known_until(self) -> str | None:
        """The latest end of a job that is known, else the earliest beginning; None where nothing is waited for."""
        ends = [job["finished_at"] for job in self.jobs if job["finished_at"] is not None]
        return max(ends, default=None) or min((job["created_at"] for job in self.jobs), default=None)

    def unfinished(self) -> list[str]:
        return [identity for identity, tracked in self._tracked.items() if not tracked.finished]

    def unopened(self) -> list[Json]:
        """Finished jobs with documents inside, each given once."""
        found = [job for job in self.jobs if job["state"] in SEARCHABLE and job["children"]]
        found = [job for job in found if job["id"] not in self._opened]
        self._opened.update(job["id"] for job in found)
        return found

    def standing(self) -> Standing:
        """Rates are over the last minute, so that they follow what other jobs leave of the machine."""
        everything = list(self._tracked.values())
        weight = sum(tracked.weight for tracked in everything) or 1
        share = sum(tracked.weight * tracked.share_done for tracked in everything) / weight
        pages = sum(tracked.pages for tracked in everything)
        now = self.clock()
        self._history.append((now, share, pages))
        while len(self._history) > 2 and now - self._history[0][0] > _RATE_WINDOW_SECONDS:
            self._history.popleft()
        then, share_then, pages_then = self._history[0]
        elapsed = now - then
        share_rate = (share - share_then) / elapsed if elapsed > 0 else 0.0
        return Standing(
            files=len(everything),
            files_finished=sum(tracked.finished for tracked in everything),
            share_done=share,
            pages_done=round(pages),
            pages_per_second=max(0.0, (pages - pages_then) / elapsed) if elapsed > 0 else 0.0,
            seconds_left=(1.0 - share) / share_rate if share_rate > 0 else None,
        )


def refresh(client: Client, progress: IngestProgress, collection: str) -> None:
    """Ask for the jobs that are not finished: one by one when they are few, else for those that have moved."""
    wanted = progress.unfinished()
    if len(wanted) <= _FEW_JOBS:
        progress.update(client.job(identity) for identity in wanted)
        return
    known_until = progress.known_until
    progress.update(client.jobs(collection, state="running"))
    progress.update(client.jobs(collection, finished_since=known_until))


def follow_children(client: Client, progress: IngestProgress) -> None:
    """Also wait for the documents that were found inside those that are done: attachments, members of archives."""
    for job in progress.unopened():
        for child in client.documents(parent=job["document_id"]):
            progress.track(client.job(child["job_id"]), child["size"])
