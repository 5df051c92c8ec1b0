"""The engine: a question and a Principal in, cited passages out.

pin → scope → query_analysis → embed → candidates (one search) → access → boost → fusion → grouping → read → cite

The catalog's epoch is pinned first; every candidate is checked against the catalog before any score is computed, so
that what the caller may not see (another's, deleted, not live) changes nothing of the answer. Where hits were dropped
and results are missing, the search is repeated deeper.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retrieval.citations import Lineage, citation_id
from retrieval.errors import EmbeddingFailed, IndexFault
from retrieval.filters import compile_filters
from retrieval.model import Chunk, IndexQuery, Locator, Match, PointPayload, Principal, SearchFilter
from retrieval.options import Include, Mode, RetrieveQuery
from retrieval.ports import ChunkStore, DocumentView, Embedder, Pin, VectorIndex, Visibility
from retrieval.query_vectors import QueryVectors
from retrieval.results import (
    Answerability,
    ContentBlock,
    Degradation,
    RetrievedPassage,
    RetrieveResult,
    Scores,
    Trust,
    Usage,
)
from retrieval.stages.boost import document_boosts
from retrieval.stages.candidates import CandidateLists, collect, depth_for, index_queries
from retrieval.stages.fusion import FusedCandidate, active_weights, fuse
from retrieval.stages.grouping import count_groups, group
from retrieval.stages.query_analysis import AnalysedQuery, analyse
from retrieval.stages.timing import StageLog

MAX_ROUNDS = 3

Views = dict[tuple[str, str], DocumentView]


@dataclass(slots=True, kw_only=True)
class _Run:
    """One question on its way through the stages."""

    query: RetrieveQuery
    principal: Principal
    log: StageLog
    degraded: list[Degradation]
    embedded_texts: int = 0


class Retriever:
    """Thread-safe where its parts are. Holds no state of its own but a cache of question vectors."""

    def __init__(self, index: VectorIndex, embedder: Embedder, visibility: Visibility, chunk_store: ChunkStore) -> None:
        self._index = index
        self._embedder = embedder
        self._visibility = visibility
        self._chunk_store = chunk_store
        self._query_vectors = QueryVectors(embedder)

    def retrieve(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult:
        """The best passages that the Principal may see; none if none matches.

        Raises `InvalidQuery`, `UnknownField`, `NotBuilt` (the request), `UnknownCollection`, `IndexUnavailable` and
        `IndexFault` (never an empty answer instead), `EmbeddingFailed` (only in mode dense: hybrid goes on without
        the dense list and says so in `degraded`).
        """
        started = time.thread_time()
        query.validated()
        run = _Run(query=query, principal=principal, log=StageLog(), degraded=[])
        pin = self._visibility.pin()
        scope, wanted = self._scope(run)
        analysed = self._analyse(run)
        weights = active_weights(query.fusion.weights, dense=analysed.dense, lexical=analysed.lexical)
        vector = self._embed(run, analysed, weights)
        lists, views = self._candidates(
            run,
            pin,
            lambda depth: index_queries(analysed, vector, scope=scope, wanted=wanted, depth=depth, lists=weights),
        )
        ranked = self._rank(run, weights, lists)
        results = self._cite(run, ranked, lists, views)
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

    def _scope(self, run: _Run) -> tuple[SearchFilter, list[SearchFilter]]:
        """What the caller may see of what the request names, and what narrows it further."""
        query = run.query
        with run.log.stage("scope") as details:
            scope = self._visibility.scope(run.principal, query.collections, query.document_ids)
            wanted: list[SearchFilter] = []
            if query.filters is not None:
                schemas = self._visibility.attribute_schemas(run.principal, query.collections)
                wanted.append(compile_filters(query.filters, schemas))
            if query.element_types is not None:
                wanted.append(Match(key="element_types", values=query.element_types))
            details.update(filtered=query.filters is not None, element_types=list(query.element_types or ()))
        return scope, wanted

    def _analyse(self, run: _Run) -> AnalysedQuery:
        with run.log.stage("query_analysis") as details:
            languages = self._visibility.languages(run.principal, run.query.collections)
            analysed = analyse(run.query, languages)
            details.update(mode=str(run.query.mode), tokens=len(analysed.tokens), languages=list(languages))
            if not analysed.tokens and run.query.mode is not Mode.DENSE:
                run.degraded.append(
                    Degradation(code="no_searchable_words", message="The question has no words that BM25 can look for.")
                )
        return analysed

    def _embed(self, run: _Run, analysed: AnalysedQuery, weights: dict[str, float]) -> Sequence[float] | None:
        """The question's vector; None where no dense list is wanted, or none can be had and another list can serve
        (then "dense" is taken out of `weights`)."""
        if "dense" not in weights:
            return None
        with run.log.stage("embed") as details:
            try:
                vector, new = self._query_vectors.vector(run.principal.tenant, analysed.text)
            except EmbeddingFailed:
                if "lexical" not in weights:
                    raise
                del weights["dense"]
                run.degraded.append(
                    Degradation(
                        code="dense_unavailable", message="The embedding model failed: results come from BM25 alone."
                    )
                )
                details.update(failed=True)
                return None
            run.embedded_texts += int(new)
            details.update(runtime=self._embedder.runtime, cached=not new)
        return vector

    def _candidates(
        self, run: _Run, pin: Pin, queries_of_depth: Callable[[int], dict[str, IndexQuery]]
    ) -> tuple[CandidateLists, Views]:
        """Candidates that the caller may see, with what is to be said of their documents."""
        round_number = 0
        while True:
            depth = depth_for(run.query.top_k, round_number)
            with run.log.stage("candidates") as details:
                queries = queries_of_depth(depth)
                found = collect(queries, self._index.search(list(queries.values())) if queries else [])
                details.update(
                    depth=depth, dense=len(found.dense), lexical=len(found.lexical), titles=len(found.titles)
                )
            with run.log.stage("access") as details:
                views = self._visible(run, pin, found)
                lists = found.only(frozenset(views))
                dropped = len(found.payloads) - len(lists.payloads)
                details.update(checked=len(found.payloads), dropped=dropped)
            round_number += 1
            enough = count_groups(lists.payloads, run.query.group_by) >= run.query.top_k
            if enough or not dropped or not found.full or round_number == MAX_ROUNDS:
                return lists, views

    def _visible(self, run: _Run, pin: Pin, found: CandidateLists) -> Views:
        payloads = [*found.payloads.values(), *(title.payload for title in found.titles)]
        pairs = sorted({(payload.document, payload.parse) for payload in payloads})
        return self._visibility.visible(pin, run.principal, pairs) if pairs else {}

    def _rank(self, run: _Run, weights: dict[str, float], lists: CandidateLists) -> list[FusedCandidate]:
        query = run.query
        with run.log.stage("boost") as details:
            boosts = document_boosts(lists.titles)
            details.update(documents_named=len(boosts))
        with run.log.stage("fusion") as details:
            ranked = fuse(lists, boosts, method=query.fusion.method, weights=weights)
            details.update(method=str(query.fusion.method), weights=dict(weights), candidates=len(ranked))
        with run.log.stage("grouping") as details:
            grouped = group(ranked, lists.payloads, query.group_by)
            if query.min_score is not None:
                grouped = [candidate for candidate in grouped if candidate.score >= query.min_score]
            details.update(group_by=str(query.group_by), groups=len(grouped), min_score=query.min_score)
        return grouped[: query.top_k]

    def _cite(
        self, run: _Run, ranked: Sequence[FusedCandidate], lists: CandidateLists, views: Views
    ) -> tuple[RetrievedPassage, ...]:
        with run.log.stage("read") as details:
            chunks = self._read(run.principal.tenant, [lists.payloads[candidate.id] for candidate in ranked])
            details.update(chunks=len(chunks))
        with run.log.stage("cite"):
            return tuple(
                _passage(run.query, candidate, chunk, views[chunk.document_id, chunk.parse_id])
                for candidate, chunk in zip(ranked, chunks, strict=True)
            )

    def _read(self, tenant: str, payloads: Sequence[PointPayload]) -> list[Chunk]:
        """The chunk of each payload, in order; one read per chunk file."""
        wanted: dict[tuple[str, str], list[PointPayload]] = {}
        for payload in payloads:
            wanted.setdefault((payload.document, payload.parse), []).append(payload)
        chunks: dict[tuple[str, str, int], Chunk] = {}
        for (document, parse), of_parse in wanted.items():
            records = self._chunk_store.read(tenant, document, parse, [_locator(payload) for payload in of_parse])
            for chunk in records:
                chunks[chunk.document_id, chunk.parse_id, chunk.ordinal] = chunk
        try:
            return [chunks[payload.document, payload.parse, payload.ordinal] for payload in payloads]
        except KeyError as error:
            raise IndexFault("A point of the index leads to the record of another passage.") from error


def _locator(payload: PointPayload) -> Locator:
    if payload.locator is None:
        raise IndexFault("A passage in the index does not say where its record lies.")
    return payload.locator


def _passage(query: RetrieveQuery, candidate: FusedCandidate, chunk: Chunk, view: DocumentView) -> RetrievedPassage:
    header = (ContentBlock(type="context_header", text=chunk.context_header),) if chunk.context_header else ()
    scores = Scores(
        dense=candidate.dense, lexical=candidate.lexical, document=candidate.document, fused=candidate.score
    )
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
