"""A job, from bytes to searchable: fetch → parse → chunk → embed → index → publish, each from what was before.

Every stage may be repeated: parse, chunks and vectors are artefacts that are found again after a crash, points are
written by id, and publishing is one transaction. Nothing is seen before it. So one worker may drive a job through all
stages (`run_job`), or each goes to a worker for such stages, which finds what the ones before have left (`run_step`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.artefacts import Artefacts
from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.children import children_of, has_children, keep_child
from ingestion.chunking import chunk_document
from ingestion.document_facts import facts_of
from ingestion.embedding_cache import EmbeddingCache
from ingestion.errors import BlobMissing
from ingestion.lifecycle.purge import OtherIndexes, no_others
from ingestion.model import ClaimedJob, Cost, JobState, Stage, WorkQueue
from ingestion.page_cache import PageCache
from ingestion.points import DocumentPoints, Passages
from ingestion.secrets import SecretBox
from parsers.isolation import IsolatedParser
from parsers.model import Document, Finding, Ledger, LedgerState
from parsers.parse import parse_id
from parsers.policy import ParseOptions, parse_policy
from retrieval.errors import IndexFault
from retrieval.facts import DocumentFacts
from retrieval.model import AllOf, Chunk, Match
from retrieval.ports import Embedder, VectorIndex
from retrieval.tokens import language_code

EMBED_BATCH = 64
"""Texts embedded between two looks at whether to stop: a second or two."""

UPSERT_BATCH = 96
PROGRESS_SECONDS = 0.5

NO_TEXT = "no_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineParts:
    """What a worker works with. `parser` is used by one thread at a time. `index` is the live one as of the number
    `switches` (see `catalog.indexes`; None: there is only this one); purges look into `other_indexes`, too."""

    catalog: Catalog
    blobs: BlobStore
    index: VectorIndex
    embedder: Embedder
    parser: IsolatedParser
    secrets: SecretBox
    options: ParseOptions = field(default_factory=ParseOptions)
    switches: int | None = None
    other_indexes: OtherIndexes = no_others


class StopSign(Protocol):
    """Asked by every stage; `check` raises what ends the job early."""

    def should_stop(self) -> bool: ...

    def check(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Run:
    """A job under way: what it reports to, and what it has cost."""

    job: ClaimedJob
    parts: PipelineParts
    sign: StopSign
    cost: Cost = field(default_factory=Cost)
    stage: Stage = Stage.FETCH
    _reported: float = 0.0

    @contextmanager
    def measuring(self, stage: Stage, *, parse_id: str | None = None, pages_total: int | None = None) -> Iterator[None]:
        """The CPU seconds of this process between, also of a stage that fails."""
        self.sign.check()
        self.stage = stage
        self.parts.catalog.queue.progress(
            self.job, stage=stage, begins=True, parse_id=parse_id, pages_total=pages_total, cost=self.cost
        )
        started = time.process_time()
        try:
            yield
        finally:
            self.cost = self.cost.plus(stage.value, time.process_time() - started)

    def report(self, pages_done: int, pages_total: int) -> None:
        """Tell the catalog, at most twice a second."""
        if time.monotonic() - self._reported >= PROGRESS_SECONDS or pages_done >= pages_total:
            self.parts.catalog.queue.progress(
                self.job, stage=self.stage, pages_done=pages_done, pages_total=pages_total, cost=self.cost
            )
            self._reported = time.monotonic()


def run_job(run: Run) -> JobState:
    """Bring the job to its end: succeeded, or partial where the ledger says that something was not understood.

    Raises what kept it from there: a ParseError, an error of index, store or catalog, or what `run.sign` raises.
    """
    path = _fetch(run)
    document = _parse(run, path)
    passages = _chunk(run, document)
    facts = _facts(run, document)
    points = DocumentPoints(run.job, document, passages, facts)
    vectors = _embed(run, document, points)
    point_count = _index(run, document, points, vectors)
    return _publish(run, document, passages.chunks, point_count, facts)


def run_step(run: Run) -> JobState | WorkQueue:
    """Bring the job through the stages of the queue that it was claimed from: what it waits for next, or its end.

    Raises like `run_job`. A job of which an artefact has gone meanwhile waits for the parser again.
    """
    if run.job.queue is WorkQueue.PARSE:
        _chunk(run, _parse(run, _fetch(run)))
        return WorkQueue.EMBED
    stored = _stored(run)
    if stored is None:
        return WorkQueue.PARSE
    document, passages = stored
    facts = _facts(run, document)
    points = DocumentPoints(run.job, document, passages, facts)
    vectors = _embed(run, document, points)
    if run.job.queue is WorkQueue.EMBED:
        return WorkQueue.INDEX
    point_count = _index(run, document, points, vectors)
    return _publish(run, document, passages.chunks, point_count, facts)


def _stored(run: Run) -> tuple[Document, Passages] | None:
    """What the stages of the first queue have left; None unless all of it is there."""
    job, artefacts = run.job, Artefacts(run.parts.blobs)
    if job.parse_id is None:
        return None
    try:
        document = artefacts.read_document(job.tenant, job.parse_id)
    except BlobMissing:
        return None
    chunks = artefacts.read_chunks(job.tenant, job.document_id, job.parse_id)
    return None if chunks is None else (document, Passages(chunks=chunks[0], locators=chunks[1]))


def revised_parse_id(plain: str, revision: int) -> str:
    """A parse that was repeated on request is a Parse of its own: the repetition may see what the first did not."""
    return plain if revision == 0 else "prs_" + hashlib.sha256(f"{plain}\0{revision}".encode()).hexdigest()[:24]


def _fetch(run: Run) -> Path:
    with run.measuring(Stage.FETCH):
        return run.parts.blobs.path(run.job.sha256)


def _options(run: Run) -> ParseOptions:
    """Those of the service, with what the collection says, and the password that was given at upload."""
    job, options = run.job, run.parts.options
    if job.parsing.policy is not None:
        options = replace(parse_policy(job.parsing.policy), vision_model=options.vision_model)
    sealed = job.sealed_password
    password = None if sealed is None else run.parts.secrets.open(sealed)
    return replace(options, languages=job.parsing.languages or options.languages, password=password)


def _identity(run: Run, options: ParseOptions) -> str:
    """Which Parse the job is of: where only attributes or names have changed, the one that is live."""
    job = run.job
    live = run.parts.catalog.publishing.parse_to_keep(job)
    if live is not None and Artefacts(run.parts.blobs).has_document(job.tenant, live):
        return live
    return revised_parse_id(parse_id(job.sha256, options), max(job.parse_revision, 0))


def _parse(run: Run, path: Path) -> Document:
    job, blobs, artefacts = run.job, run.parts.blobs, Artefacts(run.parts.blobs)
    options = _options(run)
    identity = _identity(run, options)
    # The catalog knows the parse before its artefact is looked for: from here on no purge removes it.
    with run.measuring(Stage.PARSE, parse_id=identity):
        if artefacts.has_document(job.tenant, identity):
            document = artefacts.read_document(job.tenant, identity)
            if has_children(blobs, document):
                return document
        akin = run.parts.catalog.publishing.akin(job, identity)
        pages = PageCache(artefacts, job.tenant, identity, [parse for _, parse in akin])
        try:
            outcome = run.parts.parser.parse(
                path,
                sha256=job.sha256,
                media_type=job.media_type,
                options=options,
                on_progress=run.report,
                on_child=lambda child, data: keep_child(blobs, child, data),
                on_image=lambda image, data: artefacts.write_image(job.tenant, identity, image.sha256, data),
                should_stop=run.sign.should_stop,
                pages=pages,
            )
        finally:
            pages.flush()
        measured = outcome.measurements
        run.cost = run.cost.plus(Stage.PARSE, measured.cpu_seconds - measured.by_step.get("assemble", 0.0))
        run.cost = run.cost.paid(measured.cost_usd)
        outcome = replace(outcome, document=replace(outcome.document, parse_id=identity))
        artefacts.write_document(job.tenant, outcome)
        return outcome.document


def _chunk(run: Run, document: Document) -> Passages:
    """Chunks once written are used as they are, since points that are live name places in their file."""
    job, artefacts = run.job, Artefacts(run.parts.blobs)
    with run.measuring(Stage.CHUNK, pages_total=document.document.page_count):
        stored = artefacts.read_chunks(job.tenant, job.document_id, document.parse_id)
        if stored is not None:
            return Passages(chunks=stored[0], locators=stored[1])
        chunks = chunk_document(document, document_id=job.document_id, title=job.title)
        locators = artefacts.write_chunks(job.tenant, job.document_id, document.parse_id, chunks)
        return Passages(chunks=chunks, locators=locators)


def _facts(run: Run, document: Document) -> DocumentFacts:
    """Found out anew by every job: the collection's profile may have changed."""
    job = run.job
    profile = run.parts.catalog.profiles.profile(job.tenant, job.collection)
    return facts_of(document, file_name=job.name, profile=profile)


def _embed(run: Run, document: Document, points: DocumentPoints) -> NDArray[np.float32]:
    """One row per point. What is stored of the parse holds, but for the document's line, which says what it is called
    now, and what its attributes are."""
    job, artefacts, model = run.job, Artefacts(run.parts.blobs), run.parts.embedder.model_id
    names = (job.tenant, job.document_id, document.parse_id, model)
    shape = (len(points), run.parts.embedder.dimension)
    with run.measuring(Stage.EMBED):
        akin = run.parts.catalog.publishing.akin(job, document.parse_id)
        embedder = EmbeddingCache(run.parts.embedder, artefacts.read_embedded(job.tenant, akin, model))
        stored = artefacts.read_vectors(*names, shape)
        if stored is not None:
            line = points.title_vector(embedder)
            if not np.array_equal(stored[-1], line):
                stored[-1] = line
                artefacts.write_vectors(*names, stored)
            return stored
        vectors = np.empty(shape, dtype=np.float32)
        done, pages = 0, document.document.page_count
        for batch in points.vectors(embedder, EMBED_BATCH):
            run.sign.check()
            vectors[done : done + len(batch)] = batch
            done += len(batch)
            run.report(pages * done // len(points), pages)
        artefacts.write_embedded(*names, embedder.pack())
        artefacts.write_vectors(*names, vectors)
        return vectors


def _index(run: Run, document: Document, points: DocumentPoints, vectors: NDArray[np.float32]) -> int:
    """Write all points, and make sure that they and no others are there, on disk. How many."""
    job, index = run.job, run.parts.index
    mine = AllOf(
        filters=(
            Match(key="document", values=(job.document_id,)),
            Match(key="parse", values=(document.parse_id,)),
        )
    )
    numbers, pages = range(len(points)), document.document.page_count
    with run.measuring(Stage.INDEX):
        for attempt in range(2):
            for start in range(0, len(numbers), UPSERT_BATCH):
                run.sign.check()
                batch = numbers[start : start + UPSERT_BATCH]
                index.upsert([points.point(number, vectors[number]) for number in batch])
                run.report(pages * batch.stop // len(points), pages)
            index.flush()
            found, expected = index.ids(mine), points.ids()
            if found == expected:
                return len(expected)
            if attempt == 0 and not found <= expected:
                index.delete(mine)
        raise IndexFault("The index does not hold the points that were written to it.")


def _publish(run: Run, document: Document, chunks: Sequence[Chunk], point_count: int, facts: DocumentFacts) -> JobState:
    children, left_out = children_of(run.job, document)
    ledger = _final_ledger(document, chunks, left_out)
    state = JobState.SUCCEEDED if ledger.state is LedgerState.COMPLETE else JobState.PARTIAL
    with run.measuring(Stage.PUBLISH):
        run.report(document.document.page_count, document.document.page_count)
        run.parts.catalog.publishing.publish(
            run.job,
            parse_id=document.parse_id,
            point_count=point_count,
            ledger=ledger,
            cost=run.cost,
            state=state,
            children=children,
            language=language_code(document.document.language),
            facts=facts,
            switches=run.parts.switches,
        )
    return state


def _final_ledger(document: Document, chunks: Sequence[Chunk], left_out: Sequence[Finding]) -> Ledger:
    """A document of which nothing can be searched, or of whose files some were left out, is never complete."""
    ledger = document.ledger
    if left_out:
        state = LedgerState.PARTIAL if ledger.state is LedgerState.COMPLETE else ledger.state
        ledger = replace(ledger, state=state, findings=(*ledger.findings, *left_out))
    if chunks:
        return ledger
    state = LedgerState.EMPTY if not document.text.strip() else LedgerState.PARTIAL
    findings = tuple(finding for finding in ledger.findings if finding.code != NO_TEXT)
    finding = Finding(page=None, code=NO_TEXT, message="No text could be read: nothing of it can be searched.")
    return replace(ledger, state=state, findings=(*findings, finding))
