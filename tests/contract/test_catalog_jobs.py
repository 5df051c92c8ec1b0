"""Jobs under leases: order, fencing, lost workers, cancelling, retrying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ingestion.catalog import Catalog
from ingestion.catalog.queue import MAX_LOST_LEASES
from ingestion.errors import JobConflict, JobNotFound, LeaseLost, Superseded
from ingestion.model import Cost, JobError, JobState, Stage
from tests.unit.ingestion.support import LEDGER, TENANT, Clock, claim, open_catalog, publish, upload


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


def test_jobs_are_claimed_by_priority_and_then_age_once(catalog: Catalog) -> None:
    for name, priority in (("late.pdf", 1), ("first.pdf", 0), ("second.pdf", 0), ("urgent.pdf", -1)):
        catalog.documents.accept(TENANT, "reports", name, "1" * 64, 1, "application/pdf", priority=priority)
    names = [claim(catalog).name for _ in range(4)]
    assert names == ["urgent.pdf", "first.pdf", "second.pdf", "late.pdf"]
    assert catalog.queue.claim("worker") is None


def test_a_document_has_one_running_job(catalog: Catalog) -> None:
    upload(catalog, content="1")
    old = claim(catalog)
    upload(catalog, content="2")
    assert catalog.queue.claim("other") is None
    assert catalog.queue.should_stop(old)
    with pytest.raises(Superseded):
        publish(catalog, old, "prs_1")
    catalog.queue.finish(old, JobState.CANCELLED, cost=Cost())
    new = claim(catalog)
    assert new.version_number == 2
    publish(catalog, new, "prs_2")
    assert catalog.jobs.get(TENANT, old.id).error is not None


def test_a_lost_lease_is_queued_again_and_its_holder_fenced_off(catalog: Catalog, clock: Clock) -> None:
    upload(catalog)
    old = claim(catalog, "old")
    assert catalog.queue.reconcile() == 0
    clock.pass_by(31)
    assert catalog.queue.reconcile() == 1
    waiting = catalog.jobs.get(TENANT, old.id)
    assert (waiting.state, waiting.attempts, waiting.error) == (JobState.QUEUED, 0, None)
    new = claim(catalog, "new")
    assert new.lease_token > old.lease_token
    for write in (
        lambda: catalog.queue.heartbeat(old),
        lambda: catalog.queue.should_stop(old),
        lambda: catalog.queue.progress(old, stage=Stage.PARSE),
        lambda: catalog.queue.release(old, cost=Cost()),
        lambda: catalog.queue.finish(old, JobState.FAILED, cost=Cost()),
        lambda: publish(catalog, old, "prs_old"),
    ):
        with pytest.raises(LeaseLost):
            write()
    publish(catalog, new, "prs_new")
    assert catalog.documents.get(TENANT, new.document_id).live_parse_id == "prs_new"
    with pytest.raises(LeaseLost):
        publish(catalog, new, "prs_new")


def test_heartbeats_keep_the_lease(catalog: Catalog, clock: Clock) -> None:
    upload(catalog)
    job = claim(catalog)
    for _ in range(5):
        clock.pass_by(20)
        assert catalog.queue.heartbeat(job) is False
        assert catalog.queue.reconcile() == 0


def test_a_job_that_always_loses_its_worker_is_quarantined(catalog: Catalog, clock: Clock) -> None:
    accepted = upload(catalog)
    for _ in range(MAX_LOST_LEASES):
        claim(catalog)
        clock.pass_by(31)
        assert catalog.queue.reconcile() == 1
    job = catalog.jobs.get(TENANT, accepted.job.id)
    assert job.state is JobState.QUARANTINED
    assert job.error is not None
    assert job.error.code == "worker_lost"
    assert catalog.queue.claim("worker") is None
    assert catalog.jobs.retry(TENANT, job.id).state is JobState.QUEUED
    publish(catalog, claim(catalog), "prs_1")
    assert catalog.jobs.get(TENANT, job.id).error is None


def test_progress_is_readable(catalog: Catalog, clock: Clock) -> None:
    accepted = upload(catalog)
    job = claim(catalog)
    catalog.queue.progress(job, stage=Stage.PARSE, begins=True, pages_total=40)
    clock.pass_by(5)
    cost = Cost().plus("parse", 1.5).plus("parse", 0.5)
    catalog.queue.progress(job, stage=Stage.PARSE, pages_done=20, pages_total=40, cost=cost)
    record = catalog.jobs.get(TENANT, accepted.job.id)
    assert (record.state, record.stage, record.pages_done, record.pages_total) == (
        JobState.RUNNING,
        Stage.PARSE,
        20,
        40,
    )
    assert record.pages_per_second == pytest.approx(4, rel=0.01)
    assert record.cost.cpu_seconds == {"parse": 2.0}
    assert claim_is_resumed(catalog, clock).cost.cpu_seconds == {"parse": 2.0}


def claim_is_resumed(catalog: Catalog, clock: Clock):  # type: ignore[no-untyped-def]
    clock.pass_by(31)
    catalog.queue.reconcile()
    return claim(catalog)


def test_release_waits_and_counts_failures_apart_from_waits(catalog: Catalog, clock: Clock) -> None:
    accepted = upload(catalog)
    reason = JobError(code="io_error", message="a.pdf: the disk went away.", stage=Stage.INDEX)
    catalog.queue.release(claim(catalog), cost=Cost(), delay=10, error=reason, failed=True)
    record = catalog.jobs.get(TENANT, accepted.job.id)
    assert (record.state, record.attempts, record.error) == (JobState.QUEUED, 1, reason)
    assert catalog.queue.claim("worker") is None
    clock.pass_by(10)
    job = claim(catalog)
    assert job.attempts == 1
    catalog.queue.release(job, cost=Cost(), error=reason)
    job = claim(catalog)
    assert job.attempts == 1
    assert catalog.queue.waits(job) == 1


def test_cancel_holds_for_queued_running_and_released_jobs(catalog: Catalog) -> None:
    queued = upload(catalog, "queued.pdf").job
    assert catalog.jobs.cancel(TENANT, queued.id).state is JobState.CANCELLED
    upload(catalog, "running.pdf")
    running = claim(catalog)
    record = catalog.jobs.cancel(TENANT, running.id)
    assert (record.state, record.cancel_requested) == (JobState.RUNNING, True)
    assert catalog.queue.heartbeat(running) is True
    catalog.queue.release(running, cost=Cost())
    assert catalog.jobs.get(TENANT, running.id).state is JobState.CANCELLED
    assert catalog.queue.claim("worker") is None
    finished = catalog.jobs.cancel(TENANT, running.id)
    assert finished.state is JobState.CANCELLED
    with pytest.raises(JobNotFound):
        catalog.jobs.cancel("other", running.id)


def test_cancelling_a_job_whose_worker_is_gone(catalog: Catalog, clock: Clock) -> None:
    upload(catalog)
    job = claim(catalog)
    catalog.jobs.cancel(TENANT, job.id)
    clock.pass_by(31)
    assert catalog.queue.reconcile() == 1
    assert catalog.jobs.get(TENANT, job.id).state is JobState.CANCELLED


def test_what_ended_well_or_is_outdated_is_not_tried_again(catalog: Catalog) -> None:
    upload(catalog, content="1")
    first = claim(catalog)
    publish(catalog, first, "prs_1")
    with pytest.raises(JobConflict):
        catalog.jobs.retry(TENANT, first.id)
    second = upload(catalog, content="2").job
    with pytest.raises(JobConflict):
        catalog.jobs.retry(TENANT, second.id)
    catalog.jobs.cancel(TENANT, second.id)
    third = upload(catalog, content="3").job
    with pytest.raises(JobConflict):
        catalog.jobs.retry(TENANT, second.id)
    catalog.jobs.cancel(TENANT, third.id)
    catalog.documents.delete(TENANT, first.document_id)
    with pytest.raises(JobConflict):
        catalog.jobs.retry(TENANT, third.id)


def test_a_partial_job_is_read_anew_as_a_parse_of_its_own(catalog: Catalog) -> None:
    upload(catalog)
    job = claim(catalog)
    publish(catalog, job, "prs_1", JobState.PARTIAL)
    catalog.jobs.retry(TENANT, job.id)
    assert catalog.documents.get(TENANT, job.document_id).live_parse_id == "prs_1"
    again = claim(catalog)
    assert again.parse_revision == 1
    publish(catalog, again, "prs_2")
    changed = upload(catalog, year=1999).job
    assert changed.id != job.id
    assert claim(catalog).parse_revision == 1


def test_the_ledger_of_a_finished_job_is_kept(catalog: Catalog) -> None:
    upload(catalog)
    job = claim(catalog)
    publish(catalog, job, "prs_1")
    record = catalog.jobs.get(TENANT, job.id)
    assert record.ledger == LEDGER == catalog.documents.get(TENANT, job.document_id).ledger
    assert record.finished_at is not None


def test_jobs_that_ended_since_a_moment_are_listed_alone(catalog: Catalog, clock: Clock) -> None:
    upload(catalog, "a.pdf")
    first = claim(catalog)
    publish(catalog, first, "prs_1")
    ended = catalog.jobs.get(TENANT, first.id).finished_at
    assert ended is not None
    clock.pass_by(5)
    upload(catalog, "b.pdf")
    second = claim(catalog)
    publish(catalog, second, "prs_2")
    upload(catalog, "c.pdf")
    assert {job.id for job in catalog.jobs.list(TENANT, finished_since=ended)[0]} == {first.id, second.id}
    later = ended + timedelta(seconds=1)
    assert [job.id for job in catalog.jobs.list(TENANT, finished_since=later)[0]] == [second.id]
