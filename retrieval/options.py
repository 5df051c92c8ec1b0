"""What can be asked of the retrieve contract (v1), as frozen values. The defaults are the contract's.

`validated` refuses what is impossible (`InvalidQuery`) and names the field. Nothing of a request is ever ignored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from parsers.model import FURNITURE, ElementKind
from retrieval.errors import InvalidQuery

MAX_QUERY_CHARACTERS = 8_000
MAX_TOP_K = 100
MAX_NAMES = 1_000
MAX_NEIGHBOURS = 20
LEAST_TOKENS = 16
MAX_TOKENS = 1_000_000
MAX_RERANKED = 200
RERANKED = 20
"""How many candidates are reranked where the request does not say."""
MAX_DEADLINE_MS = 600_000


class Mode(StrEnum):
    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class CandidateList(StrEnum):
    """Where candidates come from. `DENSE`, `LEXICAL`: passages by their vectors and by BM25; `PAGE_DENSE`,
    `PAGE_LEXICAL`: pages by their sketches' vectors and by BM25; `DOCUMENT`: documents by BM25 of their titles."""

    DENSE = "dense"
    LEXICAL = "lexical"
    PAGE_DENSE = "page_dense"
    PAGE_LEXICAL = "page_lexical"
    DOCUMENT = "document"


class FusionMethod(StrEnum):
    """`WEIGHTED_SUM`: scores of each list scaled to 0..1, then a weighted mean. `RRF`: reciprocal rank fusion."""

    WEIGHTED_SUM = "weighted_sum"
    RRF = "rrf"


class GroupBy(StrEnum):
    CHUNK = "chunk"
    PAGE = "page"
    DOCUMENT = "document"


class Include(StrEnum):
    SCORES = "scores"
    GEOMETRY = "geometry"
    TRACE = "trace"
    IMAGES = "images"


class OutputFormat(StrEnum):
    NATIVE = "native"
    ANTHROPIC_SEARCH_RESULT = "anthropic_search_result"
    OPENAI_VECTOR_STORE = "openai_vector_store"
    DIFY = "dify"


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionOptions:
    """`weights`: by the name of a `CandidateList`.

    A weight that is not given keeps its default (see `retrieval.stages`); 0 leaves the list out of the score.
    """

    method: FusionMethod = FusionMethod.WEIGHTED_SUM
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankOptions:
    """`model`: one of those that the operator allows (None: the first of them). `top_n`: how many candidates are read
    by it; the results come from these alone."""

    enabled: bool = False
    model: str | None = None
    top_n: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextOptions:
    """`neighbours`: passages before and after. `parent`: the whole section or table. `max_tokens`: of all texts and
    context headers of the results together, counted by the embedding model's tokenizer. See `retrieval.context`."""

    neighbours: int = 0
    parent: bool = False
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOptions:
    """Stages of the ranking that can be left out, to measure what each is worth; lists and boosts have their weights in
    `FusionOptions`. The defaults are what measured best (docs/decisions/0018-ranking.md).

    grammar        instructions go, places to look and ingredients of definitions stay by name
    periods        periods of the question are looked for in titles however they are written
    profile        source hints, names and period patterns of the collections' profiles
    glossary       expansions of the collections' glossaries
    decomposition  several questions in one text are looked for one by one, and what is found takes turns
    """

    grammar: bool = True
    periods: bool = True
    profile: bool = True
    glossary: bool = True
    decomposition: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveQuery:
    """One question. `collections` and `document_ids` None: everything the caller may see; empty: nothing.

    `filters` is the OpenAI-shaped dict (see `retrieval.filters`). `min_score` is compared with a result's `score`,
    which is relative to the best candidate of the same question (see `retrieval.stages.fusion`): it cuts the tail of a
    list, it is no measure of truth.
    """

    query: str
    collections: tuple[str, ...] | None = None
    document_ids: tuple[str, ...] | None = None
    top_k: int = 10
    mode: Mode = Mode.HYBRID
    fusion: FusionOptions = FusionOptions()
    stages: StageOptions = StageOptions()
    rerank: RerankOptions = RerankOptions()
    filters: Mapping[str, Any] | None = None
    element_types: tuple[str, ...] | None = None
    min_score: float | None = None
    context: ContextOptions = ContextOptions()
    group_by: GroupBy = GroupBy.CHUNK
    deadline_ms: int | None = None
    include: frozenset[Include] = frozenset({Include.SCORES, Include.GEOMETRY})
    output_format: OutputFormat = OutputFormat.NATIVE

    def validated(self) -> RetrieveQuery:
        """Itself, if it can be answered; raises `InvalidQuery` for the first field that cannot."""
        for message, name in self._faults():
            raise InvalidQuery(message, field=name)
        return self

    def _faults(self) -> Iterator[tuple[str, str]]:
        if not self.query.strip():
            yield "The question is empty.", "query"
        if len(self.query) > MAX_QUERY_CHARACTERS:
            yield f"The question is longer than {MAX_QUERY_CHARACTERS} characters.", "query"
        if not 1 <= self.top_k <= MAX_TOP_K:
            yield f"top_k is {self.top_k}; it goes from 1 to {MAX_TOP_K}.", "top_k"
        for name in ("collections", "document_ids"):
            if len(getattr(self, name) or ()) > MAX_NAMES:
                yield f"{name} has more than {MAX_NAMES} entries.", name
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            yield "min_score goes from 0 to 1.", "min_score"
        for kind in self.element_types or ():
            if kind not in ELEMENT_TYPES:
                yield f"There is no element type {kind!r}; there are: {', '.join(ELEMENT_TYPES)}.", "element_types"
        yield from self._fusion_faults()
        yield from self._context_faults()
        yield from self._rerank_faults()
        if self.deadline_ms is not None and not 1 <= self.deadline_ms <= MAX_DEADLINE_MS:
            yield f"deadline_ms goes from 1 to {MAX_DEADLINE_MS}.", "deadline_ms"

    def _context_faults(self) -> Iterator[tuple[str, str]]:
        if not 0 <= self.context.neighbours <= MAX_NEIGHBOURS:
            yield f"neighbours goes from 0 to {MAX_NEIGHBOURS}.", "context.neighbours"
        budget = self.context.max_tokens
        if budget is not None and not LEAST_TOKENS <= budget <= MAX_TOKENS:
            yield f"max_tokens goes from {LEAST_TOKENS} to {MAX_TOKENS}.", "context.max_tokens"

    def _rerank_faults(self) -> Iterator[tuple[str, str]]:
        if self.rerank.top_n is None:
            return
        if not 1 <= self.rerank.top_n <= MAX_RERANKED:
            yield f"top_n goes from 1 to {MAX_RERANKED}.", "rerank.top_n"
        if self.rerank.enabled and self.rerank.top_n < self.top_k:
            yield f"top_n is less than top_k ({self.top_k}): results come from what is reranked.", "rerank.top_n"

    @property
    def shortlist(self) -> int:
        """How many candidates are read."""
        return max(self.top_k, self.rerank.top_n or RERANKED) if self.rerank.enabled else self.top_k

    def _fusion_faults(self) -> Iterator[tuple[str, str]]:
        weights = self.fusion.weights
        for name, weight in weights.items():
            if name not in list(CandidateList):
                yield f"There is no list {name!r} to weigh; there are: {', '.join(CandidateList)}.", "fusion.weights"
            elif not math.isfinite(weight) or not 0 <= weight <= 100:
                yield f"The weight of {name!r} must lie between 0 and 100.", "fusion.weights"
        if all(weights.get(name) == 0 for name in LISTS_OF_MODE[self.mode]):
            yield f"In mode {self.mode} the weights leave no list to rank by.", "fusion.weights"


_BY_MEANING = (CandidateList.DENSE, CandidateList.PAGE_DENSE)
_BY_WORDS = (CandidateList.LEXICAL, CandidateList.PAGE_LEXICAL)
LISTS_OF_MODE = {Mode.HYBRID: (*_BY_MEANING, *_BY_WORDS), Mode.DENSE: _BY_MEANING, Mode.LEXICAL: _BY_WORDS}
"""What each mode finds candidates by; the documents' titles only boost them, in every mode."""

ELEMENT_TYPES = tuple(str(kind) for kind in ElementKind if kind not in FURNITURE)
