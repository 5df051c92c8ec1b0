"""A worker on a real parser, a real index and a real catalog: to the end, through every crash, and back out again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.artefacts import Artefacts
from ingestion.catalog.amending import Amendment
from ingestion.model import JobState, Stage
from ingestion.worker import MAX_ATTEMPTS, Worker
from parsers.isolated_reading import DocumentReading
from parsers.isolation import IsolatedParser
from parsers.model import LedgerState
from retrieval.errors import IndexUnavailable
from retrieval.model import AllOf, IndexPoint, IndexQuery, Match
from tests.support import pdfs
from tests.support.bench import NEVER, Bench
from tests.unit.ingestion.support import TENANT


class Killed(BaseException):
    """The process is gone at this point: nothing of it runs any more."""


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser() as parser:
        yield parser


@pytest.fixture
def bench(tmp_path: Path, parser: IsolatedParser) -> Iterator[Bench]:
    bench = Bench(tmp_path, parser)
    yield bench
    bench.index.close()
    bench.catalog.close()


def test_from_bytes_to_cited_text(bench: Bench) -> None:
    accepted = bench.upload(pdfs.plain(pages=3), year=2020)
    bench.work()
    job = bench.job(accepted)
    assert (job.state, job.error, job.pages_done, job.pages_total) == (JobState.SUCCEEDED, None, 3, 3)
    assert job.ledger is not None
    assert job.ledger.state is LedgerState.COMPLETE
    assert set(job.cost.cpu_seconds) >= {"parse", "chunk", "embed", "index"}
    assert job.cost.cpu_seconds["parse"] > 0
    texts = bench.searchable(accepted)
    assert len(texts) == 3
    assert all(text.startswith("A plain page") for text in texts)
    assert bench.searchable(accepted, "harbour") == texts
    title = AllOf(filters=(Match(key="kind", values=("title",)), Match(key="attributes.year", values=(2020,))))
    assert bench.points(title) == 1
    document = bench.catalog.documents.get(TENANT, accepted.document.id)
    assert document.live_parse_id is not None
    assert Artefacts(bench.blobs).read_document(TENANT, document.live_parse_id).document.page_count == 3


def test_a_worker_survives_a_kill_at_every_step(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the n-th call into catalog, store, index or embedder the process is gone; the next worker goes on. Whatever
    n is: nothing lost, nothing twice."""
    kills = Kills()
    for owner, names in (
        (bench.catalog.queue, ("claim", "progress")),
        (bench.catalog.publishing, ("publish",)),
        (bench.blobs, ("put_named", "read_named", "path")),
        (bench.index, ("upsert", "flush", "ids")),
        (bench.embedder, ("embed",)),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, kills.watch(getattr(owner, name)))
    for number in range(100):
        text = f"The text of report {number}."
        accepted = bench.upload(pdfs.plain(text, pages=2), f"report {number}.pdf")
        kills.plan(call=1 + number)
        with contextlib.suppress(Killed):
            bench.work()
        found = bench.searchable(accepted)
        assert found == [] or found[0] == text
        killed = kills.happened
        kills.plan(call=0)
        bench.clock.pass_by(31)
        bench.work()
        job = bench.job(accepted)
        assert (job.state, job.attempts) == (JobState.SUCCEEDED, 0)
        assert len(bench.searchable(accepted)) == 2
        assert bench.points(Match(key="document", values=(accepted.document.id,))) == 5
        if not killed:
            break
    assert not killed
    assert number > 20


class Kills:
    """Ends the process, so to speak, after a planned call has had its effect (which is before the next one has)."""

    def __init__(self) -> None:
        self.plan(call=0)

    def plan(self, *, call: int) -> None:
        self._call, self._calls, self.happened = call, 0, False

    def watch(self, call: Callable[..., object]) -> Callable[..., object]:
        def watched(*args: object, **kwargs: object) -> object:
            self._calls += 1
            self.happened |= (dies := self._calls == self._call)
            try:
                return call(*args, **kwargs)
            finally:
                if dies:
                    raise Killed

        return watched


def test_the_index_owner_may_be_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain())
    real = bench.index.upsert
    monkeypatch.setattr(bench.index, "upsert", failing(IndexUnavailable("The index is not there.")))
    bench.work()
    job = bench.job(accepted)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert job.error is not None
    assert (job.error.code, job.error.stage) == ("index_unavailable", Stage.INDEX)
    embedded = bench.embedder.texts
    monkeypatch.setattr(bench.index, "upsert", real)
    bench.clock.pass_by(60)
    bench.work()
    assert bench.job(accepted).state is JobState.SUCCEEDED
    assert bench.job(accepted).error is None
    assert bench.embedder.texts == embedded


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_disk_that_stays_broken_fails_the_job_after_a_few_attempts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = bench.upload(pdfs.plain())
    with monkeypatch.context() as broken:
        broken.setattr(bench.index, "flush", failing(OSError(5, "Input/output error")))
        for attempt in range(MAX_ATTEMPTS):
            assert bench.job(accepted).attempts == attempt
            Worker(bench.parts, "worker").step(NEVER)
            bench.clock.pass_by(60)
    job = bench.job(accepted)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == "io_error"
    assert "Harbour_report.pdf" in job.error.message
    bench.work()
    assert bench.points() == 0
    bench.catalog.jobs.retry(TENANT, job.id)
    bench.work()
    assert bench.job(accepted).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("sample", "code"),
    [("encrypted", "encrypted_document"), ("truncated", "damaged_document"), ("zero_pages", "no_pages")],
)
def test_a_bad_document_fails_at_once_and_disturbs_no_other(bench: Bench, sample: str, code: str) -> None:
    bad = bench.upload(pdfs.SAMPLES[sample](), f"{sample}.pdf")
    good = bench.upload(pdfs.plain(), "good.pdf")
    bench.work()
    job = bench.job(bad)
    assert (job.state, job.attempts) == (JobState.FAILED, 0)
    assert job.error is not None
    assert (job.error.code, job.error.stage) == (code, Stage.PARSE)
    assert job.error.message.startswith(f"{sample}.pdf: ")
    assert bench.job(good).state is JobState.SUCCEEDED


def test_errors_of_our_own_do_not_write_text_into_the_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accepted = bench.upload(pdfs.plain("SECRET words"))
    monkeypatch.setattr(bench.embedder, "embed", failing(ValueError("SECRET words")))
    with caplog.at_level(logging.DEBUG):
        bench.work()
    job = bench.job(accepted)
    assert job.error is not None
    assert job.error.code == "internal_error"
    assert "SECRET" not in caplog.text + job.error.message
    assert "ValueError" in caplog.text


def test_a_document_without_text_is_partial_and_says_so(bench: Bench) -> None:
    accepted = bench.upload(pdfs.picture())
    bench.work()
    job = bench.job(accepted)
    assert job.state is JobState.PARTIAL
    assert job.ledger is not None
    assert job.ledger.state is LedgerState.EMPTY
    assert "no_text" in {finding.code for finding in job.ledger.findings}
    assert bench.searchable(accepted) == []


def test_a_new_version_replaces_the_old_one_and_the_old_points_go(bench: Bench) -> None:
    old = bench.upload(pdfs.plain("The old text."))
    bench.work()
    new = bench.upload(pdfs.plain("The new text."))
    assert bench.searchable(old) == ["The old text."]
    bench.work()
    assert bench.searchable(new) == ["The new text."]
    assert bench.points() == 6
    bench.clock.pass_by(61)
    Worker(bench.parts, "worker").keep_house()
    assert bench.points() == 3
    assert bench.searchable(new) == ["The new text."]
    bench.upload(pdfs.plain("The old text."))
    bench.work()
    assert bench.searchable(new) == ["The old text."]


def test_changed_attributes_need_no_parse_and_no_embedding(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain(pages=2), year=2020)
    bench.work()
    texts, embedded = bench.searchable(accepted), bench.embedder.texts
    monkeypatch.setattr(bench.parts.parser, "parse", failing(AssertionError("parsed again")))
    changed = bench.upload(pdfs.plain(pages=2), year=2021)
    bench.work()
    assert bench.job(changed).state is JobState.SUCCEEDED
    assert bench.embedder.texts == embedded
    assert bench.points(Match(key="attributes.year", values=(2021,))) == 5
    assert bench.points(Match(key="attributes.year", values=(2020,))) == 0
    assert bench.searchable(changed) == texts


def test_the_same_bytes_under_two_names_are_parsed_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.upload(pdfs.plain(), "first.pdf")
    bench.work()
    monkeypatch.setattr(bench.parts.parser, "parse", failing(AssertionError("parsed again")))
    second = bench.upload(pdfs.plain(), "second.pdf")
    bench.work()
    assert bench.searchable(second) == bench.searchable(first)
    bench.catalog.documents.delete(TENANT, first.document.id)
    Worker(bench.parts, "worker").keep_house()
    assert bench.searchable(first) == []
    assert len(bench.searchable(second)) == 1
    document = bench.catalog.documents.get(TENANT, second.document.id)
    assert bench.blobs.path(document.sha256).is_file()
    assert Artefacts(bench.blobs).has_document(TENANT, document.live_parse_id or "")


def test_of_a_new_version_only_the_changed_page_is_read_and_embedded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["The harbour opened in spring.", "Nobody came in summer.", "It closed in autumn."]
    first = bench.upload(pdfs.of_pages(texts))
    bench.work()
    read: list[int] = []
    keep = DocumentReading._keep
    monkeypatch.setattr(
        DocumentReading, "_keep", lambda self, asked, page: (read.append(page.number), keep(self, asked, page))
    )
    embedded = bench.embedder.texts
    texts[1] = "Everybody came in summer."
    second = bench.upload(pdfs.of_pages(texts))
    bench.work()
    assert read == [2]
    # The passage and the sketch of its page.
    assert bench.embedder.texts == embedded + 2
    assert sorted(bench.searchable(second)) == sorted(texts)
    stored = {name for name in bench.stored() if name.startswith("pages/")}
    assert len(stored) == 2
    afresh = Bench(bench.folder / "afresh", bench.parts.parser)
    plain = afresh.upload(pdfs.of_pages(texts))
    afresh.work()
    mine, other = (
        Artefacts(made.blobs).read_document(
            TENANT, made.catalog.documents.get(TENANT, upload.document.id).live_parse_id or ""
        )
        for made, upload in ((bench, first), (afresh, plain))
    )
    assert mine == other


def test_the_same_bytes_in_another_collection_cost_no_embedding(bench: Bench) -> None:
    bench.upload(pdfs.plain())
    bench.work()
    embedded = bench.embedder.texts
    bench.catalog.collections.create(TENANT, "elsewhere")
    sha256 = hashlib.sha256(pdfs.plain()).hexdigest()
    copy = bench.catalog.documents.accept(
        TENANT, "elsewhere", "Harbour_report.pdf", sha256, len(pdfs.plain()), "application/pdf"
    )
    bench.work()
    assert bench.job(copy).state is JobState.SUCCEEDED
    assert bench.embedder.texts == embedded


def test_another_tenant_shares_nothing(bench: Bench) -> None:
    bench.upload(pdfs.plain())
    bench.work()
    embedded = bench.embedder.texts
    bench.catalog.collections.create("rival", "reports")
    sha256 = hashlib.sha256(pdfs.plain()).hexdigest()
    bench.catalog.documents.accept(
        "rival", "reports", "Harbour_report.pdf", sha256, len(pdfs.plain()), "application/pdf"
    )
    bench.work()
    assert bench.embedder.texts == 2 * embedded


def test_a_renamed_document_is_neither_read_nor_embedded_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain(), year=2020)
    bench.work()
    embedded, texts = bench.embedder.texts, bench.searchable(accepted)
    monkeypatch.setattr(bench.parts.parser, "parse", failing(AssertionError("parsed again")))
    change = Amendment(name="Pier.pdf", attributes={"year": 2021})
    record = bench.catalog.documents.amend(TENANT, accepted.document.id, change)
    bench.work()
    job = bench.catalog.jobs.get(TENANT, record.job_id)
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    # Only the line that stands for the document.
    assert bench.embedder.texts == embedded + 1
    assert bench.searchable(accepted) == bench.searchable(accepted, "pier") == texts
    assert bench.points(Match(key="attributes.year", values=(2021,))) == bench.points()


def test_a_deleted_document_leaves_nothing(bench: Bench) -> None:
    empty = bench.stored()
    accepted = bench.upload(pdfs.plain(), year=2020)
    bench.work()
    assert len(bench.stored()) == len(empty) + 6
    bench.catalog.documents.delete(TENANT, accepted.document.id)
    assert bench.searchable(accepted) == []
    Worker(bench.parts, "worker").keep_house()
    assert bench.points() == 0
    assert bench.stored() == empty
    assert bench.catalog.purging.pending() == 0


def interrupt(bench: Bench, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something while the job is embedding."""
    real = bench.embedder.embed

    def embed(texts: list[str]) -> NDArray[np.float32]:
        monkeypatch.setattr(bench.embedder, "embed", real)
        act()
        return real(texts)

    monkeypatch.setattr(bench.embedder, "embed", embed)


def test_a_document_deleted_while_it_is_indexed_stays_deleted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain())
    interrupt(bench, monkeypatch, lambda: bench.catalog.documents.delete(TENANT, accepted.document.id))
    bench.work()
    assert bench.job(accepted).state is JobState.CANCELLED
    assert bench.searchable(accepted) == []
    Worker(bench.parts, "worker").keep_house()
    assert bench.points() == 0
    assert bench.stored() == set()


def test_a_cancelled_job_ends_and_its_points_go(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain())
    interrupt(bench, monkeypatch, lambda: bench.catalog.jobs.cancel(TENANT, accepted.job.id))
    bench.work()
    assert bench.job(accepted).state is JobState.CANCELLED
    Worker(bench.parts, "worker").keep_house()
    assert bench.points() == 0
    assert bench.catalog.documents.get(TENANT, accepted.document.id).state is JobState.CANCELLED


def test_a_stopping_worker_gives_its_job_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = bench.upload(pdfs.plain())
    stop = threading.Event()
    interrupt(bench, monkeypatch, stop.set)
    rescue = threading.Timer(120, stop.set)  # a worker that is never interrupted would run for ever
    rescue.start()
    Worker(bench.parts, "worker").run(stop)
    rescue.cancel()
    job = bench.job(accepted)
    assert (job.state, job.attempts, job.error) == (JobState.QUEUED, 0, None)
    bench.work()
    assert bench.job(accepted).state is JobState.SUCCEEDED


def test_a_partial_document_can_be_read_again(bench: Bench) -> None:
    accepted = bench.upload(pdfs.picture())
    bench.work()
    first = bench.catalog.documents.get(TENANT, accepted.document.id).live_parse_id
    bench.catalog.jobs.retry(TENANT, accepted.job.id)
    bench.work()
    second = bench.catalog.documents.get(TENANT, accepted.document.id).live_parse_id
    assert first != second
    assert bench.job(accepted).state is JobState.PARTIAL
    assert Artefacts(bench.blobs).read_document(TENANT, second or "").parse_id == second


def test_stray_points_of_the_parse_are_replaced(bench: Bench) -> None:
    accepted = bench.upload(pdfs.plain(pages=2))
    bench.work()
    document = bench.catalog.documents.get(TENANT, accepted.document.id)
    (hits,) = bench.index.search(
        [IndexQuery(limit=1, filter=AllOf(filters=()), corpus=AllOf(filters=()), vector=[8**-0.5] * 8)]
    )
    bench.index.upsert(
        [
            IndexPoint(
                id="00000000-0000-0000-0000-000000000001",
                vector=[8**-0.5] * 8,
                tokens=("stray",),
                payload=hits[0].payload,
            )
        ]
    )
    assert bench.points() == 6
    bench.upload(pdfs.plain(pages=2), year=2022)
    bench.work()
    assert bench.points() == 5
    assert bench.catalog.documents.get(TENANT, document.id).state is JobState.SUCCEEDED
