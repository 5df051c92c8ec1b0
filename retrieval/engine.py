"""The engine: a question and a Principal in, cited passages out.

pin → (remembered answer) → rank (`retrieval.ranking`) → read → rerank → context → cite. The catalog's epoch is pinned
first; everything is checked against it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from retrieval.answerability import answerability
from retrieval.assembly import Found, plain_passage, result_of, trace_of
from retrieval.context.packing import PackedContext, TokenCount, pack
from retrieval.context.surroundings import Surroundings
from retrieval.deadline import CONTEXT_MS, Deadline
from retrieval.errors import RetrievalError
from retrieval.model import Principal
from retrieval.options import ContextOptions, Include, RetrieveQuery
from retrieval.passages import read_passages
from retrieval.ports import ChunkStore, Embedder, Pin, VectorIndex, Visibility
from retrieval.ranking import Ranked, Ranker, Run
from retrieval.rerank import Rerankers
from retrieval.result_cache import ResultCache, cache_key
from retrieval.results import PlanStep, RetrievedPassage, RetrieveResult, Usage
from retrieval.stages.timing import StageLog


class Retriever:
    """Thread-safe where its parts are. `count_tokens`: how many tokens a text is for the embedding model (for
    `context`); `cache` None: every question is answered anew."""

    def __init__(
        self,
        index: VectorIndex,
        embedder: Embedder,
        visibility: Visibility,
        chunk_store: ChunkStore,
        *,
        count_tokens: TokenCount,
        rerankers: Rerankers | None = None,
        cache: ResultCache | None = None,
    ) -> None:
        self._embedder = embedder
        self._visibility = visibility
        self._chunk_store = chunk_store
        self._count_tokens = count_tokens
        self._rerankers = rerankers or Rerankers()
        self._cache = cache
        self._ranker = Ranker(index, embedder, visibility)

    def retrieve(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult:
        """The best passages that the Principal may see; none if none matches.

        Raises `InvalidQuery`, `UnknownField` (the request), `UnknownCollection`, `IndexUnavailable` and `IndexFault`
        (never an empty answer instead), `EmbeddingFailed` (only in mode dense: hybrid goes on without the lists by
        meaning and says so in `degraded`), `RerankFailed`.
        """
        started = time.thread_time()
        query.validated()
        if query.rerank.enabled:
            self._rerankers.get(query.rerank.model)
        run = Run(query=query, principal=principal, log=StageLog(), degraded=[], deadline=Deadline(query.deadline_ms))
        pin = self._visibility.pin()
        remembered = self._remembered(run, pin)
        if remembered is not None:
            return _told_again(run, remembered, started)
        result = self._answer(run, pin, started)
        if self._cache is not None:
            self._cache.put(cache_key(query, principal), pin, result)
        return result

    def retrieve_many(
        self, queries: Sequence[RetrieveQuery], principal: Principal
    ) -> list[RetrieveResult | RetrievalError]:
        """Each question's answer, or what was wrong with it. All questions are embedded in one call."""
        self._ranker.embed_ahead([query for query in queries if query.query.strip()], principal)
        return [self._answer_or_error(query, principal) for query in queries]

    def _answer_or_error(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult | RetrievalError:
        try:
            return self.retrieve(query, principal)
        except RetrievalError as error:
            return error

    def _remembered(self, run: Run, pin: Pin) -> RetrieveResult | None:
        if self._cache is None:
            return None
        with run.log.stage("cache") as details:
            found = self._cache.get(cache_key(run.query, run.principal), pin)
            details.update(hit=found is not None)
        return found

    def _answer(self, run: Run, pin: Pin, started: float) -> RetrieveResult:
        query = run.query
        ranked = self._ranker.rank(run, pin)
        found = self._rerank(run, self._read(run, ranked))
        kept = [one for one in found if query.min_score is None or one.score >= query.min_score][: query.top_k]
        packed = self._pack(run, ranked, kept)
        results = self._cite(run, ranked, kept, packed)
        with run.log.stage("answerability"):
            verdict = answerability(ranked.analysed, ranked, [one.chunk for one in kept])
        wants_trace = Include.TRACE in query.include
        traced = trace_of(query, ranked.candidates, found, packed, ranked.payloads) if wants_trace else None
        return RetrieveResult(
            results=results,
            index_version=self._embedder.model_id,
            epoch=pin.epoch,
            query_plan=run.log.plan(),
            answerability=verdict,
            degraded=tuple(run.degraded),
            usage=_usage(run, started, context_tokens=None if packed is None else packed.tokens),
            timings_ms=run.log.timings_ms(),
            trace=traced,
        )

    def _read(self, run: Run, ranked: Ranked) -> list[Found]:
        best = ranked.candidates[: run.query.shortlist]
        with run.log.stage("read") as details:
            chunks = read_passages(
                self._chunk_store,
                run.principal.tenant,
                [ranked.payloads[candidate.id] for candidate in best],
                tokens=ranked.analysed.tokens,
                element_types=run.query.element_types,
            )
            details.update(chunks=len(chunks))
        return [Found(candidate=candidate, chunk=chunk) for candidate, chunk in zip(best, chunks, strict=True)]

    def _rerank(self, run: Run, found: list[Found]) -> list[Found]:
        """Best first by the reranking model, where one was asked for and there is time for it."""
        if not run.query.rerank.enabled:
            return found
        reranker = self._rerankers.get(run.query.rerank.model)
        with run.log.stage("rerank") as details:
            details.update(model=reranker.name, passages=len(found))
            if not run.deadline.affords(reranker.expected_ms(len(found))):
                details.update(skipped=True)
                run.degrade("rerank_skipped", "There was no time for reranking: results are in the order of fusion.")
                return found
            texts = ["\n".join(filter(None, (one.chunk.context_header, one.chunk.text))) for one in found]
            scores = reranker.scores(run.query.query, texts)
            judged = [replace(one, rerank=score) for one, score in zip(found, scores, strict=True)]
        return sorted(judged, key=lambda one: (-one.score, one.candidate.id))

    def _pack(self, run: Run, ranked: Ranked, kept: Sequence[Found]) -> PackedContext | None:
        """None where the request wants the passages as they are."""
        options = run.query.context
        if options == ContextOptions():
            return None
        with run.log.stage("context") as details:
            if (options.neighbours or options.parent) and not run.deadline.affords(CONTEXT_MS):
                options = replace(options, neighbours=0, parent=False)
                details.update(skipped=True)
                run.degrade("context_skipped", "There was no time to add what is around the passages.")
            around = Surroundings(self._chunk_store, run.principal.tenant)
            around.note(one.chunk for one in kept)
            packed = pack(
                [one.chunk for one in kept],
                options,
                around=around,
                count=self._count_tokens,
                tokens=ranked.analysed.tokens,
                group_by=run.query.group_by,
            )
            if kept and not packed.passages:
                run.degrade("budget_too_small", "Not one sentence or row of the passages fits into max_tokens.")
            details.update(
                passages=len(kept),
                results=len(packed.passages),
                merged=len(packed.merged),
                over_budget=len(packed.over_budget),
                tokens=packed.tokens,
            )
        return packed

    def _cite(
        self, run: Run, ranked: Ranked, kept: Sequence[Found], packed: PackedContext | None
    ) -> tuple[RetrievedPassage, ...]:
        with run.log.stage("cite"):
            found_of = {one.chunk.id: one for one in kept}
            passages = [plain_passage(one.chunk) for one in kept] if packed is None else packed.passages
            return tuple(
                result_of(
                    run.query,
                    found_of[passage.core.id],
                    passage,
                    ranked.views[passage.core.document_id, passage.core.parse_id],
                )
                for passage in passages
            )


def _usage(run: Run, started: float, *, context_tokens: int | None, cached: bool = False) -> Usage:
    return Usage(
        cpu_seconds=round(time.thread_time() - started, 6),
        embedded_texts=run.embedded_texts,
        money_usd=0.0,
        business_unit=run.principal.business_unit,
        context_tokens=context_tokens,
        cached=cached,
    )


def _told_again(run: Run, answer: RetrieveResult, started: float) -> RetrieveResult:
    """A remembered answer, with what this request took; the plan says how it was found the first time."""
    first_time: tuple[PlanStep, ...] = tuple(step for step in answer.query_plan if step.stage != "cache")
    return replace(
        answer,
        query_plan=(*run.log.plan(), *first_time),
        usage=_usage(run, started, context_tokens=answer.usage.context_tokens, cached=True),
        timings_ms=run.log.timings_ms(),
    )
