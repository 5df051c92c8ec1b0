"""The candidate lists of a question, asked for in one search: passages and pages, each by meaning and by words, and the
documents whose titles the words name."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from retrieval.model import AllOf, IndexQuery, PointKind, PointPayload, ScoredPoint, SearchFilter
from retrieval.options import CandidateList
from retrieval.stages.query_analysis import AnalysedQuery

# Deep enough that the passages of a document whose title the question names are among the candidates before the boost
# lifts them. On 14,000 passages of filings 200 found as much as 400 for half the CPU (14 ms, not 25); 100 found less.
LEAST_DEPTH = 200
DEPTH_PER_RESULT = 10
MAX_DEPTH = 5_000
TITLES = 200

KIND_OF = {
    CandidateList.DENSE: PointKind.CHUNK,
    CandidateList.LEXICAL: PointKind.CHUNK,
    CandidateList.PAGE_DENSE: PointKind.PAGE,
    CandidateList.PAGE_LEXICAL: PointKind.PAGE,
    CandidateList.DOCUMENT: PointKind.TITLE,
}
BY_MEANING = frozenset({CandidateList.DENSE, CandidateList.PAGE_DENSE})

PageKey = tuple[str, str, int]
"""Document, parse and number of a page."""

Scores = Mapping[CandidateList, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLists:
    """What the index found. `chunks` and `pages`: the scores of each list by point id (a list that was not asked for is
    not there). `payloads`: of every point of these lists. `full`: some list went to its limit."""

    chunks: Scores
    pages: Scores
    titles: tuple[ScoredPoint, ...]
    payloads: Mapping[str, PointPayload]
    full: bool

    def only(self, kept: frozenset[tuple[str, str]]) -> CandidateLists:
        """Without the points of other (document, parse) pairs."""
        payloads = {id: payload for id, payload in self.payloads.items() if (payload.document, payload.parse) in kept}
        return CandidateLists(
            chunks=_only(self.chunks, payloads),
            pages=_only(self.pages, payloads),
            titles=tuple(title for title in self.titles if (title.payload.document, title.payload.parse) in kept),
            payloads=payloads,
            full=self.full,
        )

    def candidates(self) -> dict[str, PointPayload]:
        """What can become a result, by point id: every passage, and every page that none of the passages is on."""
        with_passage = {page_key(payload) for payload in self.payloads.values() if payload.kind is PointKind.CHUNK}
        return {
            id: payload
            for id, payload in self.payloads.items()
            if payload.kind is PointKind.CHUNK or page_key(payload) not in with_passage
        }


def page_key(payload: PointPayload) -> PageKey:
    return payload.document, payload.parse, payload.page


def depth_for(top_k: int, round_number: int) -> int:
    """How long the lists are: four times as long in each further round."""
    return min(MAX_DEPTH, max(LEAST_DEPTH, DEPTH_PER_RESULT * top_k) << (2 * round_number))


def index_queries(
    analysed: AnalysedQuery,
    vector: Sequence[float] | None,
    *,
    scope: SearchFilter,
    wanted: Sequence[SearchFilter],
    depth: int,
    lists: Container[CandidateList],
) -> dict[CandidateList, IndexQuery]:
    """The queries of those `lists` that the question can be asked in.

    `scope` is what the caller may see; `wanted` narrows it to what was asked for.
    IDF is computed over the scope, so that scores do not tell what others have.
    """
    narrowed = AllOf(filters=(scope, *wanted))
    queries = {}
    for name, kind in KIND_OF.items():
        if name not in lists:
            continue
        found = scope if kind is PointKind.TITLE else narrowed
        limit = TITLES if kind is PointKind.TITLE else depth
        if name in BY_MEANING and vector is not None:
            queries[name] = IndexQuery(limit=limit, kind=kind, filter=found, corpus=scope, vector=tuple(vector))
        tokens = analysed.title_tokens if kind is PointKind.TITLE else analysed.tokens
        if name not in BY_MEANING and tokens:
            queries[name] = IndexQuery(limit=limit, kind=kind, filter=found, corpus=scope, tokens=tokens)
    return queries


def collect(queries: Mapping[CandidateList, IndexQuery], answers: Sequence[Sequence[ScoredPoint]]) -> CandidateLists:
    """The index's answers, in the order of the queries, as lists by name."""
    found = dict(zip(queries, answers, strict=True))
    scores = {name: {point.id: point.score for point in points} for name, points in found.items()}
    return CandidateLists(
        chunks={name: scores[name] for name in found if KIND_OF[name] is PointKind.CHUNK},
        pages={name: scores[name] for name in found if KIND_OF[name] is PointKind.PAGE},
        titles=tuple(found.get(CandidateList.DOCUMENT, ())),
        payloads={
            point.id: point.payload
            for name, points in found.items()
            if name is not CandidateList.DOCUMENT
            for point in points
        },
        full=any(len(found[name]) >= queries[name].limit for name in found if name is not CandidateList.DOCUMENT),
    )


def _only(lists: Scores, kept: Container[str]) -> Scores:
    return {name: {id: score for id, score in scores.items() if id in kept} for name, scores in lists.items()}
