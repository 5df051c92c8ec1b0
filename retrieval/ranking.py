"""From a question to ranked candidates that the caller may see: analysis, candidate lists, access, boost, fusion.

Every candidate is checked against the catalog before any score is computed, so that what the caller may not see
(another's, deleted, not live) changes nothing of the answer. Where hits were dropped and results are missing, the
search is repeated deeper.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from retrieval.deadline import EMBED_MS, PAGE_LISTS_MS, Deadline
from retrieval.errors import EmbeddingFailed
from retrieval.filters import compile_filters
from retrieval.model import IndexQuery, Match, PointKind, PointPayload, Principal, SearchFilter
from retrieval.options import LISTS_OF_MODE, CandidateList, Mode, RetrieveQuery
from retrieval.ports import DocumentView, Embedder, Pin, VectorIndex, Visibility
from retrieval.query_vectors import QueryVectors
from retrieval.results import Degradation
from retrieval.stages.boost import document_boosts
from retrieval.stages.candidates import BY_MEANING, KIND_OF, CandidateLists, collect, depth_for, index_queries
from retrieval.stages.fusion import FusedCandidate, Ranking, active_weights, fuse
from retrieval.stages.grouping import count_groups, group, group_merged
from retrieval.stages.merging import take_turns
from retrieval.stages.query_analysis import AnalysedQuery, analyse, questions_of
from retrieval.stages.timing import StageLog

MAX_ROUNDS = 3

_OF_PASSAGES = frozenset(name for name, kind in KIND_OF.items() if kind is PointKind.CHUNK)
_OF_PAGES = frozenset(name for name, kind in KIND_OF.items() if kind is PointKind.PAGE)

Views = Mapping[tuple[str, str], DocumentView]
Scope = tuple[SearchFilter, Sequence[SearchFilter]]
"""What the caller may see of what the request names, and what narrows it further."""


@dataclass(slots=True, kw_only=True)
class Run:
    """One question on its way through the stages, and what is to be said of it."""

    query: RetrieveQuery
    principal: Principal
    log: StageLog
    degraded: list[Degradation]
    deadline: Deadline = field(default_factory=Deadline)
    embedded_texts: int = 0

    def degrade(self, code: str, message: str) -> None:
        """Said once, however many questions the text is made of."""
        if all(said.code != code for said in self.degraded):
            self.degraded.append(Degradation(code=code, message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates best first, one per group; `payloads` of each by its id, `views` of their documents."""

    analysed: AnalysedQuery
    candidates: Sequence[FusedCandidate]
    payloads: Mapping[str, PointPayload]
    views: Views


class Ranker:
    """Thread-safe where its parts are. Holds no state of its own but a cache of question vectors."""

    def __init__(self, index: VectorIndex, embedder: Embedder, visibility: Visibility) -> None:
        self._index = index
        self._embedder = embedder
        self._visibility = visibility
        self._query_vectors = QueryVectors(embedder)

    def rank(self, run: Run, pin: Pin) -> Ranked:
        """Raises what `Retriever.retrieve` does."""
        scope = self._scope(run)
        whole, questions = self._analyse(run)
        if len(questions) > 1:
            self._embed_together(run, questions)
        ranked = [self._rank_one(run, pin, question, scope) for question in questions]
        return ranked[0] if len(ranked) == 1 else _merged(run, whole, ranked)

    def _rank_one(self, run: Run, pin: Pin, analysed: AnalysedQuery, scope: Scope) -> Ranked:
        weights = active_weights(run.query.fusion.weights, mode=run.query.mode, words=bool(analysed.tokens))
        self._leave_out(run, analysed, weights)
        vector = self._embed(run, analysed, weights)
        seen, wanted = scope
        lists, views = self._candidates(
            run,
            pin,
            lambda depth: index_queries(analysed, vector, scope=seen, wanted=wanted, depth=depth, lists=weights),
        )
        return Ranked(analysed=analysed, candidates=_fused(run, weights, lists), payloads=lists.points, views=views)

    def _scope(self, run: Run) -> Scope:
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

    def _analyse(self, run: Run) -> tuple[AnalysedQuery, tuple[AnalysedQuery, ...]]:
        """The question as a whole, and each of the questions that it is made of (often only itself)."""
        with run.log.stage("query_analysis") as details:
            languages = self._visibility.languages(run.principal, run.query.collections)
            profiles = self._visibility.profiles(run.principal, run.query.collections)
            whole = analyse(run.query, languages, profiles)
            questions = questions_of(run.query, whole, languages, profiles)
            details.update(
                mode=str(run.query.mode), languages=list(languages), **whole.told(), questions=len(questions)
            )
            if not whole.tokens and run.query.mode is not Mode.DENSE:
                run.degrade("no_searchable_words", "The question has no words that BM25 can look for.")
        return whole, questions

    def embed_ahead(self, queries: Iterable[RetrieveQuery], principal: Principal) -> None:
        """Embed the questions in one call, so that `rank` finds their vectors. Where that fails, `rank` tells."""
        asked = [question for query in queries if query.mode is not Mode.LEXICAL for question in _questions(query)]
        with suppress(EmbeddingFailed):
            self._query_vectors.embed_ahead(principal.tenant, [question.text for question in asked])

    def _embed_together(self, run: Run, questions: Sequence[AnalysedQuery]) -> None:
        """All vectors of several questions in one call. Where that fails, or there is no time, each question tells."""
        if run.query.mode is Mode.LEXICAL or not run.deadline.affords(EMBED_MS * len(questions)):
            return
        texts = [text for question in questions for text, _ in question.weighted_texts]
        with run.log.stage("embed"), suppress(EmbeddingFailed):
            run.embedded_texts += self._query_vectors.embed_ahead(run.principal.tenant, texts)

    def _leave_out(self, run: Run, analysed: AnalysedQuery, weights: dict[CandidateList, float]) -> None:
        """Take the lists that there is no time for out of `weights`, where others can serve."""
        in_time = run.deadline.affords(EMBED_MS) or self._query_vectors.knows(run.principal.tenant, analysed.text)
        by_meaning, by_words = BY_MEANING & weights.keys(), weights.keys() & set(LISTS_OF_MODE[Mode.LEXICAL])
        if by_meaning and by_words and not in_time:
            for name in by_meaning:
                del weights[name]
            run.degrade("dense_skipped", "There was no time to embed the question: results come from BM25 alone.")
        if not run.deadline.affords(PAGE_LISTS_MS) and _OF_PASSAGES & weights.keys() and _OF_PAGES & weights.keys():
            for name in _OF_PAGES & weights.keys():
                del weights[name]
            run.degrade("pages_skipped", "There was no time to search whole pages: passages alone were searched.")

    def _embed(self, run: Run, analysed: AnalysedQuery, weights: dict[CandidateList, float]) -> Sequence[float] | None:
        """The question's vector; None where no list by meaning is wanted, or none can be had and other lists can serve
        (then those by meaning are taken out of `weights`)."""
        if not BY_MEANING & weights.keys():
            return None
        with run.log.stage("embed") as details:
            try:
                vector, new = self._query_vectors.vector(run.principal.tenant, analysed.weighted_texts)
            except EmbeddingFailed:
                if not weights.keys() & set(LISTS_OF_MODE[Mode.LEXICAL]):
                    raise
                for name in BY_MEANING & weights.keys():
                    del weights[name]
                run.degrade("dense_unavailable", "The embedding model failed: results come from BM25 alone.")
                details.update(failed=True)
                return None
            run.embedded_texts += new
            details.update(runtime=self._embedder.runtime, cached=not new)
        return vector

    def _candidates(
        self, run: Run, pin: Pin, queries_of_depth: Callable[[int], Mapping[CandidateList, IndexQuery]]
    ) -> tuple[CandidateLists, Views]:
        """Candidates that the caller may see, with what is to be said of their documents."""
        round_number = 0
        while True:
            depth = depth_for(run.query.top_k, round_number)
            with run.log.stage("candidates") as details:
                queries = queries_of_depth(depth)
                answers = (
                    self._index.search(list(queries.values()), seconds=run.deadline.search_seconds()) if queries else []
                )
                found = collect(queries, answers)
                counts = {str(name): len(answer) for name, answer in zip(queries, answers, strict=True)}
                details.update(depth=depth, **counts)
            with run.log.stage("access") as details:
                views = self._visible(run, pin, found)
                lists = found.only(views.keys())
                dropped = len(found.points) - len(lists.points)
                details.update(checked=len(found.points), dropped=dropped)
            round_number += 1
            enough = count_groups(lists.points, run.query.group_by) >= run.query.top_k
            if enough or not dropped or not found.full or round_number == MAX_ROUNDS:
                return lists, views

    def _visible(self, run: Run, pin: Pin, found: CandidateLists) -> Views:
        pairs = sorted(found.parses)
        return self._visibility.visible(pin, run.principal, pairs) if pairs else {}


def _fused(run: Run, weights: Mapping[CandidateList, float], lists: CandidateLists) -> Ranking:
    query = run.query
    with run.log.stage("boost") as details:
        boosts = document_boosts(lists.named_documents())
        details.update(documents_named=len(boosts))
    with run.log.stage("fusion") as details:
        ranked = fuse(lists, boosts, method=query.fusion.method, weights=weights)
        shown = {str(name): weight for name, weight in weights.items()}
        details.update(method=str(query.fusion.method), weights=shown, candidates=len(ranked))
    with run.log.stage("grouping") as details:
        grouped = group(ranked, query.group_by)
        details.update(group_by=str(query.group_by), groups=len(grouped))
    return grouped


def _merged(run: Run, whole: AnalysedQuery, ranked: Sequence[Ranked]) -> Ranked:
    with run.log.stage("merging") as details:
        merged = take_turns([one.candidates for one in ranked])
        candidates = group_merged(merged, run.query.group_by)
        details.update(questions=len(ranked), candidates=len(candidates))
    views = {pair: view for one in ranked for pair, view in one.views.items()}
    # Read only: a ChainMap asks for more than it needs.
    payloads = ChainMap(*cast("list[MutableMapping[str, PointPayload]]", [one.payloads for one in ranked]))
    return Ranked(analysed=whole, candidates=candidates, payloads=payloads, views=views)


def _questions(query: RetrieveQuery) -> tuple[AnalysedQuery, ...]:
    return questions_of(query, analyse(query))
