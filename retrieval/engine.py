"""The engine: a question and a Principal in, cited passages out.

pin → rank (`retrieval.ranking`) → read → cite. The catalog's epoch is pinned first; everything is checked against it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from retrieval.citations import Lineage, citation_id
from retrieval.model import Chunk, Principal
from retrieval.options import CandidateList, Include, RetrieveQuery
from retrieval.passages import read_passages
from retrieval.ports import ChunkStore, DocumentView, Embedder, VectorIndex, Visibility
from retrieval.ranking import Ranked, Ranker, Run
from retrieval.results import (
    Answerability,
    ContentBlock,
    RetrievedPassage,
    RetrieveResult,
    Scores,
    Trust,
    Usage,
)
from retrieval.stages.fusion import FusedCandidate
from retrieval.stages.timing import StageLog


class Retriever:
    """Thread-safe where its parts are."""

    def __init__(self, index: VectorIndex, embedder: Embedder, visibility: Visibility, chunk_store: ChunkStore) -> None:
        self._embedder = embedder
        self._visibility = visibility
        self._chunk_store = chunk_store
        self._ranker = Ranker(index, embedder, visibility)

    def retrieve(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult:
        """The best passages that the Principal may see; none if none matches.

        Raises `InvalidQuery`, `UnknownField`, `NotBuilt` (the request), `UnknownCollection`, `IndexUnavailable` and
        `IndexFault` (never an empty answer instead), `EmbeddingFailed` (only in mode dense: hybrid goes on without
        the lists by meaning and says so in `degraded`).
        """
        started = time.thread_time()
        query.validated()
        run = Run(query=query, principal=principal, log=StageLog(), degraded=[])
        pin = self._visibility.pin()
        ranked = self._ranker.rank(run, pin)
        results = self._cite(run, ranked)
        return RetrieveResult(
            results=results,
            index_version=self._embedder.model_id,
            epoch=pin.epoch,
            query_plan=run.log.plan(),
            answerability=Answerability(score=None, reason="not calibrated yet"),
            degraded=tuple(run.degraded),
            usage=Usage(
                cpu_seconds=round(time.thread_time() - started, 6),
                embedded_texts=run.embedded_texts,
                money_usd=0.0,
                business_unit=principal.business_unit,
            ),
            timings_ms=run.log.timings_ms(),
        )

    def _cite(self, run: Run, ranked: Ranked) -> tuple[RetrievedPassage, ...]:
        best = ranked.candidates[: run.query.top_k]
        with run.log.stage("read") as details:
            chunks = self._read(run, ranked, best)
            details.update(chunks=len(chunks))
        with run.log.stage("cite"):
            return tuple(
                _passage(run.query, candidate, chunk, ranked.views[chunk.document_id, chunk.parse_id])
                for candidate, chunk in zip(best, chunks, strict=True)
            )

    def _read(self, run: Run, ranked: Ranked, best: Sequence[FusedCandidate]) -> list[Chunk]:
        return read_passages(
            self._chunk_store,
            run.principal.tenant,
            [ranked.payloads[candidate.id] for candidate in best],
            tokens=ranked.analysed.tokens,
            element_types=run.query.element_types,
        )


def _passage(query: RetrieveQuery, candidate: FusedCandidate, chunk: Chunk, view: DocumentView) -> RetrievedPassage:
    header = (ContentBlock(type="context_header", text=chunk.context_header),) if chunk.context_header else ()
    scores = Scores(**{name.value: candidate.scores.get(name) for name in CandidateList}, fused=candidate.score)
    geometry = Include.GEOMETRY in query.include
    return RetrievedPassage(
        chunk_id=chunk.id,
        citation_id=citation_id(chunk.document_id, chunk.parse_id, chunk.start, chunk.end),
        score=candidate.score,
        scores=scores if Include.SCORES in query.include else None,
        page=chunk.page,
        content=(*header, ContentBlock(type="text", text=chunk.text)),
        element_types=chunk.element_types,
        table=chunk.table,
        document=view,
        spans=chunk.spans if geometry else tuple(replace(span, boxes=()) for span in chunk.spans),
        lineage=Lineage(
            parse_id=chunk.parse_id,
            element_ids=chunk.element_ids,
            parser=chunk.parser,
            parser_version=chunk.parser_version,
            confidence=chunk.confidence,
        ),
        section_path=chunk.section_path,
        images=chunk.images if Include.IMAGES in query.include else None,
        trust=Trust(flags=chunk.flags),
    )
