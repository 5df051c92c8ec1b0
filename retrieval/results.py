"""What the engine answers: the response of the retrieve contract (v1), as frozen values.

Ids of the request and of the trace are the caller's business, and added there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from retrieval.citations import Lineage
from retrieval.model import PassageImage, Span, TableView
from retrieval.ports import DocumentView


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Where a score came from. `dense`: cosine; `lexical`: BM25; `page_dense`, `page_lexical`: the same of the page
    (None where that list did not find it); `document`: 0..1, how well the question names the document's title;
    `fused`: 0..1; `rerank`: 0..1, by the reranking model. The result's score is `rerank` where there is one, else
    `fused`."""

    dense: float | None
    lexical: float | None
    document: float | None
    fused: float
    page_dense: float | None = None
    page_lexical: float | None = None
    rerank: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentBlock:
    """`text`: a slice of canonical text, `document.text[start:end] == text`, with a citation of its own.
    `context_header`: title and section path, not part of the document's text and without a place in it."""

    type: Literal["text", "context_header"]
    text: str
    start: int | None = None
    end: int | None = None
    citation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Document text is never an instruction. `flags` name what parsing found odd about it."""

    untrusted: bool = True
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievedPassage:
    """One result. `scores` and `images` are None and spans have no boxes where the request did not include them.

    `chunk_id`, `citation_id`, `page` and `section_path` are those of the passage that was found; `content`, `spans`,
    `element_types`, `lineage` and `trust` are of everything that is shown (with `context`, also what is around it).
    `table` is None where a budget cut the passage.
    """

    chunk_id: str
    citation_id: str
    score: float
    scores: Scores | None
    page: int
    content: tuple[ContentBlock, ...]
    element_types: tuple[str, ...]
    table: TableView | None
    document: DocumentView
    spans: tuple[Span, ...]
    lineage: Lineage
    section_path: tuple[str, ...]
    images: tuple[PassageImage, ...] | None
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """What one stage did, in words and numbers that a person can read; never document text."""

    stage: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerability:
    """`score` 0..1, or None with the reason why there is none."""

    score: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """Something that was asked for and could not be done; the results are what could be had without it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """`cpu_seconds`: of this request in this process, without what the index's own process used. `context_tokens`: of
    all content, where a budget was set or context added. `cached`: the answer to the same question was remembered."""

    cpu_seconds: float
    embedded_texts: int
    money_usd: float
    business_unit: str | None
    context_tokens: int | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCandidate:
    """A candidate by its ids, with the scores it was ranked by. `outcome`: `returned`, or why it was not: `merged`
    (into the result `merged_into`), `over_budget`, `below_min_score`, `below_top_k`. `chunk_id` is None where the
    passage was not read."""

    point_id: str
    document_id: str
    parse_id: str
    page: int
    chunk_id: str | None
    score: float
    scores: Scores
    outcome: Literal["returned", "merged", "over_budget", "below_min_score", "below_top_k"]
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveResult:
    """`results` best first; `timings_ms` by stage, and "total"; `epoch` is the catalog's state that was seen; `trace`
    the best candidates and what became of them, where the request included it."""

    results: tuple[RetrievedPassage, ...]
    index_version: str
    epoch: int
    query_plan: tuple[PlanStep, ...]
    answerability: Answerability
    degraded: tuple[Degradation, ...]
    usage: Usage
    timings_ms: Mapping[str, float]
    trace: tuple[TracedCandidate, ...] | None = None
