"""The candidate lists of a question, asked for in one search: dense, lexical, and the documents its words name."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from retrieval.model import AllOf, IndexQuery, Match, PointKind, PointPayload, ScoredPoint, SearchFilter
from retrieval.stages.query_analysis import AnalysedQuery

# Deep enough that the passages of a document whose title the question names are among the candidates before the boost
# lifts them. On 14,000 passages of filings 200 found as much as 400 for half the CPU (14 ms, not 25); 100 found less.
LEAST_DEPTH = 200
DEPTH_PER_RESULT = 10
MAX_DEPTH = 5_000
TITLES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLists:
    """What the index found. A list that was not asked for is empty. `full`: some list went to its limit."""

    dense: Mapping[str, float]
    lexical: Mapping[str, float]
    titles: tuple[ScoredPoint, ...]
    payloads: Mapping[str, PointPayload]
    full: bool

    def only(self, kept: frozenset[tuple[str, str]]) -> CandidateLists:
        """Without the points of other (document, parse) pairs."""
        payloads = {id: payload for id, payload in self.payloads.items() if (payload.document, payload.parse) in kept}
        return CandidateLists(
            dense={id: score for id, score in self.dense.items() if id in payloads},
            lexical={id: score for id, score in self.lexical.items() if id in payloads},
            titles=tuple(title for title in self.titles if (title.payload.document, title.payload.parse) in kept),
            payloads=payloads,
            full=self.full,
        )


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
    lists: Container[str],
) -> dict[str, IndexQuery]:
    """The queries of those `lists` ("dense", "lexical", "document") that the question can be asked in.

    `scope` is what the caller may see; `wanted` narrows it to what was asked for.
    IDF is computed over the scope, so that scores do not tell what others have.
    """
    chunks = AllOf(filters=(scope, Match(key="kind", values=(PointKind.CHUNK.value,))))
    narrowed = AllOf(filters=(*chunks.filters, *wanted))
    queries = {}
    if "dense" in lists and vector is not None:
        queries["dense"] = IndexQuery(limit=depth, filter=narrowed, corpus=chunks, vector=tuple(vector))
    if "lexical" in lists and analysed.tokens:
        queries["lexical"] = IndexQuery(limit=depth, filter=narrowed, corpus=chunks, tokens=analysed.tokens)
    if "document" in lists and analysed.tokens:
        named = AllOf(filters=(scope, Match(key="kind", values=(PointKind.TITLE.value,))))
        queries["document"] = IndexQuery(limit=TITLES, filter=named, corpus=named, tokens=analysed.tokens)
    return queries


def collect(queries: Mapping[str, IndexQuery], answers: Sequence[Sequence[ScoredPoint]]) -> CandidateLists:
    """The index's answers, in the order of the queries, as lists by name."""
    found = dict(zip(queries, answers, strict=True))
    dense, lexical = found.get("dense", ()), found.get("lexical", ())
    return CandidateLists(
        dense={point.id: point.score for point in dense},
        lexical={point.id: point.score for point in lexical},
        titles=tuple(found.get("document", ())),
        payloads={point.id: point.payload for points in (dense, lexical) for point in points},
        full=any(len(found[name]) >= queries[name].limit for name in found if name != "document"),
    )
