"""The outbox and the turns: what waits is told, told again when it was lost, and taken fairly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.catalog import Catalog
from ingestion.dispatch import OVERDUE_SECONDS, WINDOW, BrokerUnavailable, Dispatcher
from ingestion.errors import JobConflict, TooManyJobs
from ingestion.model import Cost, JobError, JobState, Priority, WorkQueue
from tests.unit.ingestion.support import TENANT, Clock, claim, open_catalog, publish, upload

PARSE, EMBED, INDEX = WorkQueue.PARSE, WorkQueue.EMBED, WorkQueue.INDEX


class Broker:
    """Holds messages until they are taken or lost."""

    def __init__(self) -> None:
        self.messages: dict[WorkQueue, list[str]] = {queue: [] for queue in WorkQueue}
        self.is_away = False

    def send(self, queue: WorkQueue, job_ids: Sequence[str]) -> None:
        if self.is_away:
            raise BrokerUnavailable
        self.messages[queue] += job_ids

    def waiting(self, queue: WorkQueue) -> int:
        if self.is_away:
            raise BrokerUnavailable
        return len(self.messages[queue])

    def lose_everything(self) -> None:
        for messages in self.messages.values():
            messages.clear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(catalog_url: str, clock: Clock) -> Iterator[Catalog]:
    with open_catalog(catalog_url, clock) as catalog:
        yield catalog


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def dispatcher(catalog: Catalog, broker: Broker) -> Dispatcher:
    return Dispatcher(catalog, broker)


def test_what_waits_is_told_once_and_a_claim_takes_it_out(
    catalog: Catalog, broker: Broker, dispatcher: Dispatcher
) -> None:
    job = upload(catalog).job
    assert [dispatcher.dispatch(), dispatcher.dispatch()] == [1, 0]
    assert broker.messages[PARSE] == [job.id]
    claim(catalog)
    assert catalog.outbox.sent(PARSE, 10) == catalog.outbox.unsent(PARSE, 10) == []


def test_a_lost_message_is_sent_again_and_one_that_waits_is_not(
    catalog: Catalog, clock: Clock, broker: Broker, dispatcher: Dispatcher
) -> None:
    upload(catalog)
    dispatcher.dispatch()
    clock.pass_by(OVERDUE_SECONDS + 1)
    assert dispatcher.dispatch() == 0
    broker.lose_everything()
    assert dispatcher.dispatch() == 1
    assert dispatcher.dispatch() == 0


def test_a_broker_that_is_away_changes_nothing(catalog: Catalog, broker: Broker, dispatcher: Dispatcher) -> None:
    upload(catalog)
    broker.is_away = True
    with pytest.raises(BrokerUnavailable):
        dispatcher.dispatch()
    broker.is_away = False
    assert dispatcher.dispatch() == 1


def test_no_more_messages_than_the_window_are_under_way(
    catalog: Catalog, broker: Broker, dispatcher: Dispatcher
) -> None:
    for number in range(WINDOW + 5):
        upload(catalog, f"{number}.pdf")
    assert dispatcher.dispatch() == WINDOW
    assert dispatcher.dispatch() == 0
    claim(catalog)
    assert dispatcher.dispatch() == 1


def test_a_job_goes_from_queue_to_queue_by_its_own_row(
    catalog: Catalog, dispatcher: Dispatcher, broker: Broker
) -> None:
    upload(catalog)
    for queue, following in ((PARSE, EMBED), (EMBED, INDEX)):
        assert catalog.queue.claim("worker", queues={following}) is None
        job = catalog.queue.claim("worker", queues={queue})
        assert job is not None and job.queue is queue
        catalog.queue.hand_over(job, following, cost=Cost())
        dispatcher.dispatch()
        assert broker.messages[following] == [job.id]
    last = catalog.queue.claim("worker", queues={INDEX})
    assert last is not None
    publish(catalog, last, "prs_1")
    assert catalog.jobs.get(TENANT, last.id).state is JobState.SUCCEEDED


def test_a_lost_lease_waits_for_what_it_waited_for(
    catalog: Catalog, clock: Clock, dispatcher: Dispatcher, broker: Broker
) -> None:
    upload(catalog)
    catalog.queue.hand_over(claim(catalog), EMBED, cost=Cost())
    lost = catalog.queue.claim("worker", queues={EMBED})
    clock.pass_by(31)
    assert catalog.queue.reconcile() == 1
    dispatcher.dispatch()
    assert lost is not None and broker.messages[EMBED] == [lost.id]


def test_what_is_not_due_or_paused_is_not_told(catalog: Catalog, clock: Clock, dispatcher: Dispatcher) -> None:
    upload(catalog)
    reason = JobError(code="index_unavailable", message="The index is away.", stage=None)
    catalog.queue.release(claim(catalog), cost=Cost(), delay=10, error=reason)
    assert dispatcher.dispatch() == 0
    clock.pass_by(11)
    catalog.collections.pause(TENANT, "reports")
    assert dispatcher.dispatch() == 0
    assert catalog.queue.claim("worker") is None
    catalog.collections.pause(TENANT, "reports", paused=False)
    assert dispatcher.dispatch() == 1
    claim(catalog)


def test_rows_of_jobs_that_ended_while_they_waited_go(catalog: Catalog) -> None:
    job = upload(catalog).job
    assert catalog.outbox.sweep() == 0
    catalog.jobs.cancel(TENANT, job.id)
    assert catalog.outbox.unsent(PARSE, 10) == []
    assert catalog.outbox.sweep() == 1
    catalog.jobs.retry(TENANT, job.id)
    assert catalog.outbox.unsent(PARSE, 10) == [job.id]


def accept(catalog: Catalog, tenant: str, collection: str, name: str, priority: int = 0) -> None:
    catalog.documents.accept(tenant, collection, name, "1" * 64, 1, "application/pdf", priority=priority)


def test_tenants_and_their_collections_take_turns(catalog: Catalog) -> None:
    catalog.collections.create(TENANT, "letters")
    catalog.collections.create("small", "notes")
    for number in range(4):
        accept(catalog, TENANT, "reports", f"r{number}")
    for number in range(2):
        accept(catalog, TENANT, "letters", f"l{number}")
        accept(catalog, "small", "notes", f"n{number}")
    order = [(job.tenant, job.collection) for job in (claim(catalog) for _ in range(8))]
    assert [tenant for tenant, _ in order[:4]].count("small") == 2
    assert {collection for tenant, collection in order[:4] if tenant == TENANT} == {"reports", "letters"}
    assert [collection for _, collection in order].count("reports") == 4


def test_what_somebody_waits_for_overtakes_what_nobody_does(catalog: Catalog) -> None:
    for number in range(3):
        accept(catalog, TENANT, "reports", f"bulk{number}", Priority.BULK)
    accept(catalog, TENANT, "reports", "now", Priority.INTERACTIVE)
    assert claim(catalog).name == "now"
    last = catalog.jobs.list(TENANT, state=JobState.QUEUED)[0][0]
    catalog.jobs.prioritise(TENANT, last.id, Priority.INTERACTIVE)
    job = claim(catalog)
    assert job.id == last.id
    publish(catalog, job, "prs_1")
    with pytest.raises(JobConflict):
        catalog.jobs.prioritise(TENANT, job.id, Priority.BULK)


def test_a_job_says_why_it_waits(catalog: Catalog, clock: Clock) -> None:
    def why(job_id: str) -> str | None:
        waiting = catalog.jobs.get(TENANT, job_id).waiting
        return None if waiting is None else waiting.code

    first, second = upload(catalog, "a.pdf").job.id, upload(catalog, "b.pdf").job.id
    assert why(second) == "waits_for_worker"
    clock.pass_by(100)
    assert why(second) == "no_worker"
    job = claim(catalog)
    assert (job.id, why(first), why(second)) == (first, None, "waits_for_worker")
    again = upload(catalog, "a.pdf", content="2").job.id
    assert why(again) == "document_busy"
    catalog.collections.pause(TENANT, "reports")
    assert why(second) == "collection_paused"
    catalog.collections.pause(TENANT, "reports", paused=False)
    catalog.queue.finish(job, JobState.CANCELLED, cost=Cost())
    held = claim(catalog)
    reason = JobError(code="index_unavailable", message="The index is away.", stage=None)
    catalog.queue.release(held, cost=Cost(), delay=30, error=reason)
    assert why(held.id) == "waits_to_try_again"


def test_uploads_are_turned_away_while_too_many_wait(catalog: Catalog) -> None:
    catalog.jobs.check_room(TENANT, of_tenant=1, of_all=1)
    upload(catalog)
    with pytest.raises(TooManyJobs) as mine:
        catalog.jobs.check_room(TENANT, of_tenant=1, of_all=2)
    with pytest.raises(TooManyJobs) as everybodys:
        catalog.jobs.check_room("small", of_tenant=1, of_all=1)
    assert (mine.value.of_tenant, everybodys.value.of_tenant) == (True, False)
    claim(catalog)
    catalog.jobs.check_room(TENANT, of_tenant=1, of_all=1)


@given(steps=st.lists(st.sampled_from(["upload", "dispatch", "take", "lose", "forget", "wait"]), max_size=25))
def test_whatever_is_lost_every_job_is_done_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """`take`: a worker gets a message and claims; `lose`: its lease runs out; `forget`: the broker loses all."""
    folder: Path = tmp_path_factory.mktemp("outbox")
    clock, broker = Clock(), Broker()
    with open_catalog(folder, clock) as catalog:
        dispatcher, count = Dispatcher(catalog, broker), 0

        def take() -> None:
            for queue in WorkQueue:
                if broker.messages[queue]:
                    broker.messages[queue].pop()
                    job = catalog.queue.claim("worker", queues={queue})
                    if job is not None:
                        publish(catalog, job, f"prs_{job.id}")

        for step in [*steps, *["wait", "dispatch", "take"] * (len(steps) + 2)]:
            if step == "upload":
                upload(catalog, f"{count}.pdf")
                count += 1
            elif step == "dispatch":
                dispatcher.dispatch()
            elif step == "take":
                take()
            elif step == "lose":
                catalog.queue.claim("gone")
            elif step == "forget":
                broker.lose_everything()
            else:
                clock.pass_by(40)
                catalog.queue.reconcile()
        assert catalog.jobs.counts(TENANT)[JobState.SUCCEEDED] == count
