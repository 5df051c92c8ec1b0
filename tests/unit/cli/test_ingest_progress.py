from typing import Any

from services.cli.ingest_progress import IngestProgress, refresh


def _job(
    identity: str, state: str, *, stage: str | None = None, done: int = 0, total: int | None = None
) -> dict[str, Any]:
    times = {"created_at": "2026-01-01T00:00:00Z", "finished_at": None}
    return {"id": identity, "state": state, "stage": stage, "pages_done": done, "pages_total": total} | times


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_time_left_follows_the_share_that_is_done() -> None:
    clock = _Clock()
    progress = IngestProgress(clock=clock)
    progress.track(_job("a", "queued"), size=100)
    progress.track(_job("b", "queued"), size=300)
    assert progress.standing().seconds_left is None
    clock.now = 10.0
    progress.update([_job("a", "succeeded", total=50)])
    standing = progress.standing()
    assert standing.share_done == 0.25
    assert standing.seconds_left == 30.0
    assert (standing.files, standing.files_finished, standing.pages_done) == (2, 1, 50)
    assert standing.pages_per_second == 5.0


def test_share_grows_through_the_stages_and_never_falls() -> None:
    progress = IngestProgress()
    progress.track(_job("a", "queued"), size=1)
    steps = [
        _job("a", "running"),
        _job("a", "running", stage="fetch"),
        _job("a", "running", stage="parse", done=5, total=10),
        _job("a", "running", stage="parse", done=10, total=10),
        _job("a", "running", stage="chunk", done=0, total=10),
        _job("a", "running", stage="embed", done=4, total=10),
        _job("a", "running", stage="index", done=0, total=10),
        _job("a", "running", stage="publish", done=10, total=10),
        _job("a", "succeeded", done=10, total=10),
    ]
    shares = []
    for step in steps:
        progress.update([step])
        shares.append(progress.standing().share_done)
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0


def test_jobs_of_others_are_not_counted() -> None:
    progress = IngestProgress()
    progress.track(_job("a", "queued"), size=1)
    progress.update([_job("other", "failed")])
    assert progress.unfinished() == ["a"]


def test_every_end_counts_as_finished() -> None:
    progress = IngestProgress()
    for state in ("succeeded", "partial", "failed", "quarantined", "cancelled"):
        progress.track(_job(state, state), size=1)
    assert progress.unfinished() == []


class _Service:
    """Says of its jobs what a service would, and keeps what it was asked."""

    def __init__(self, jobs: dict[str, dict[str, Any]]) -> None:
        self.known = jobs
        self.asked: list[tuple[str | None, str | None]] = []

    def job(self, identity: str) -> dict[str, Any]:
        return self.known[identity]

    def jobs(
        self, collection: str | None = None, state: str | None = None, finished_since: str | None = None
    ) -> list[dict[str, Any]]:
        self.asked.append((state, finished_since))
        if state is not None:
            return [job for job in self.known.values() if job["state"] == state]
        return [job for job in self.known.values() if (job["finished_at"] or "") >= (finished_since or "")]


def test_of_many_jobs_only_those_that_moved_are_asked_for() -> None:
    service = _Service({f"j{number}": _job(f"j{number}", "queued") for number in range(100)})
    progress = IngestProgress()
    for job in service.known.values():
        progress.track(job, size=1)
    service.known["j1"] = _job("j1", "running")
    service.known["j2"] = _job("j2", "succeeded", total=1) | {"finished_at": "2026-01-01T00:00:05Z"}
    refresh(service, progress, "reports")  # type: ignore[arg-type]
    service.known["j1"] = _job("j1", "succeeded", total=1) | {"finished_at": "2026-01-01T00:00:05Z"}
    refresh(service, progress, "reports")  # type: ignore[arg-type]
    assert len(progress.unfinished()) == 98
    assert service.asked == [
        ("running", None),
        (None, "2026-01-01T00:00:00Z"),
        ("running", None),
        (None, "2026-01-01T00:00:05Z"),
    ]
