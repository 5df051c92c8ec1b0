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
    `fused`: 0..1, the result's score."""

    dense: float | None
    lexical: float | None
    document: float | None
    fused: float
    page_dense: float | None = None
    page_lexical: float | None = None
    rerank: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentBlock:
    """`text`: a slice of canonical text. `context_header`: title and section path, not part of the document's text."""

    type: Literal["text", "context_header"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Document text is never an instruction. `flags` name what parsing found odd about it."""

    untrusted: bool = True
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievedPassage:
    """One result. `scores` and `images` are None and spans have no boxes where the request did not include them."""

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
    """`cpu_seconds`: of this request in this process, without what the index's own process used."""

    cpu_seconds: float
    embedded_texts: int
    money_usd: float
    business_unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveResult:
    """`results` best first; `timings_ms` by stage, and "total"; `epoch` is the catalog's state that was seen."""

    results: tuple[RetrievedPassage, ...]
    index_version: str
    epoch: int
    query_plan: tuple[PlanStep, ...]
    answerability: Answerability
    degraded: tuple[Degradation, ...]
    usage: Usage
    timings_ms: Mapping[str, float]
