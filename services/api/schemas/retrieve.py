"""The retrieve contract (v1) on the wire: what may be asked, and what comes back.

Limits that depend on what is built (or on the collections searched) are checked by `retrieval`, which names the field.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation

from parsers.model import ElementKind
from retrieval.options import (
    LEAST_TOKENS,
    MAX_DEADLINE_MS,
    MAX_NAMES,
    MAX_NEIGHBOURS,
    MAX_QUERY_CHARACTERS,
    MAX_RERANKED,
    MAX_TOKENS,
    MAX_TOP_K,
    RERANKED,
    ContextOptions,
    FusionMethod,
    FusionOptions,
    GroupBy,
    Include,
    Mode,
    OutputFormat,
    RerankOptions,
    RetrieveQuery,
    StageOptions,
)
from services.api.schemas.base import AttributeValue, Box, Contract, ProblemDocument, example
from services.api.schemas.spans import SpanSchema

MAX_BATCH = 64

Whole = Annotated[int, Field(strict=True)]
YesNo = Annotated[bool, Field(strict=True)]
Names = Annotated[list[Annotated[str, Field(max_length=512)]], Field(max_length=MAX_NAMES)]


class FilterSchema(Contract):
    """A comparison (`key`, `value`) or a combination (`filters`). An unknown attribute is an error, never ignored."""

    model_config = example(
        {
            "type": "and",
            "filters": [
                {"type": "eq", "key": "company", "value": "Example AG"},
                {"type": "gte", "key": "year", "value": 2022},
            ],
        }
    )

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]
    key: str | None = None
    value: AttributeValue | list[AttributeValue] | None = None
    filters: list[FilterSchema] | None = None


class FusionSchema(Contract):
    """How the lists of candidates become one; a weight that is not given keeps its default."""

    method: FusionMethod | None = None
    weights: dict[str, float] | None = Field(default=None, examples=[{"dense": 1.0, "lexical": 0.6}])


class RerankSchema(Contract):
    """A cross-encoder reads the question with each of the best candidates and orders them anew. Off by default."""

    enabled: YesNo | None = None
    model: str | None = Field(
        default=None, max_length=512, description="One of those that the operator allows; left out: the first of them."
    )
    top_n: Whole | None = Field(
        default=None,
        ge=1,
        le=MAX_RERANKED,
        description=f"How many candidates are read; at least `top_k`. Left out: `top_k`, but at least {RERANKED}.",
    )


class ContextSchema(Contract):
    """What is shown around the passages, and how much in all. With any of it, no text is shown twice (but the header
    rows of tables): results by chunk that touch in the text become one, in the place of the better."""

    model_config = example({"neighbours": 1, "parent": False, "max_tokens": 2000})

    neighbours: Whole | None = Field(
        default=None,
        ge=0,
        le=MAX_NEIGHBOURS,
        description="Passages before and after, on the same and the adjoining pages.",
    )
    parent: YesNo | None = Field(
        default=None,
        description="The whole table or section of the passage; without `max_tokens` at most 2,000 tokens more.",
    )
    max_tokens: Whole | None = Field(
        default=None,
        ge=LEAST_TOKENS,
        le=MAX_TOKENS,
        description="Of all content of all results, counted by the embedding model's tokenizer. What does not fit is "
        "cut between sentences and table rows; the header rows of a cut table stay.",
    )


class StagesSchema(Contract):
    """Stages of the ranking, switched off to measure what each is worth; all are on by default."""

    grammar: YesNo | None = Field(default=None, description="Instructions, places to look and definitions are told.")
    periods: YesNo | None = Field(default=None, description="Years and quarters are looked for as titles write them.")
    profile: YesNo | None = Field(default=None, description="The profiles of the collections.")
    glossary: YesNo | None = Field(default=None, description="The glossaries of the collections.")
    decomposition: YesNo | None = Field(default=None, description="Several questions in one are asked one by one.")


class RetrieveRequest(Contract):
    """A question, and how to look for its answer. Only `query` is needed."""

    model_config = example(
        {
            "query": "What was the capital expenditure in 2022?",
            "collections": ["demo"],
            "top_k": 5,
            "filters": {"type": "eq", "key": "year", "value": 2022},
        }
    )

    query: str = Field(min_length=1, max_length=MAX_QUERY_CHARACTERS)
    collections: Names | None = Field(default=None, description="Names; left out: all that the key may read.")
    document_ids: Names | None = None
    top_k: Whole = Field(default=10, ge=1, le=MAX_TOP_K)
    mode: Mode | None = None
    fusion: FusionSchema | None = None
    rerank: RerankSchema | None = None
    filters: FilterSchema | None = None
    element_types: list[ElementKind] | None = Field(default=None, max_length=len(ElementKind))
    min_score: float | None = Field(default=None, ge=0, le=1)
    context: ContextSchema | None = None
    group_by: GroupBy | None = None
    deadline_ms: Whole | None = Field(
        default=None,
        ge=1,
        le=MAX_DEADLINE_MS,
        description="What there is no time for is left out and said in `degraded`; the answer is never empty for it.",
    )
    include: list[Include] | None = Field(default=None, max_length=len(Include))
    output_format: OutputFormat | None = None
    stages: StagesSchema | None = None

    def to_query(self) -> RetrieveQuery:
        """What was asked, as `retrieval` takes it; what was left out (or null) has the contract's default."""
        given: dict[str, Any] = {
            name: value
            for name in ("query", "top_k", "mode", "min_score", "group_by", "deadline_ms", "output_format")
            if (value := getattr(self, name)) is not None
        }
        for name in ("collections", "document_ids", "element_types"):
            if (names := getattr(self, name)) is not None:
                given[name] = tuple(str(value) for value in names)
        if self.include is not None:
            given["include"] = frozenset(self.include)
        if self.filters is not None:
            given["filters"] = self.filters.model_dump(exclude_unset=True)
        if self.fusion is not None:
            given["fusion"] = FusionOptions(**self.fusion.model_dump(exclude_none=True))
        if self.rerank is not None:
            given["rerank"] = RerankOptions(**self.rerank.model_dump(exclude_none=True))
        if self.context is not None:
            given["context"] = ContextOptions(**self.context.model_dump(exclude_none=True))
        if self.stages is not None:
            given["stages"] = StageOptions(**self.stages.model_dump(exclude_none=True))
        return RetrieveQuery(**given)


class BatchRequest(Contract):
    """Up to 64 requests of /v1/retrieve."""

    model_config = example({"queries": [{"query": "What was the revenue in 2022?"}, {"query": "Who audits?"}]})

    # Each is checked by itself: one that does not fit has a problem of its own and spoils no other.
    queries: list[SkipValidation[RetrieveRequest]] = Field(min_length=1, max_length=MAX_BATCH)


class PlanStepSchema(Contract):
    """What one stage did with the question."""

    stage: str
    details: dict[str, Any]


class AnswerabilitySchema(Contract):
    score: float | None = Field(description="0 to 1; null with the reason why there is none.")
    reason: str


class DegradationSchema(Contract):
    """Something that was asked for and could not be done."""

    code: str
    message: str


class ContentBlock(Contract):
    """`text`: a slice of canonical text, named by `spans`: `document.text[start:end] == text`. `context_header`: title
    and section path, never quoted."""

    type: Literal["text", "context_header"]
    text: str
    start: int | None = Field(description="Null in a context header.")
    end: int | None
    citation_id: str | None = Field(description="Of this block alone.")


class ResultScores(Contract):
    dense: float | None = Field(description="Cosine; null where that list did not find the passage.")
    lexical: float | None = Field(description="BM25; null where that list did not find the passage.")
    page_dense: float | None = Field(description="Cosine of the page's sketch; null where that list lacks the page.")
    page_lexical: float | None = Field(description="BM25 of the whole page; null where that list lacks the page.")
    document: float | None = Field(description="0 to 1: how well the question names the document's title.")
    fused: float = Field(description="0 to 1: the result's score, unless it was reranked.")
    rerank: float | None = Field(description="0 to 1: then the result's score; null where it was not reranked.")


class ResultTable(Contract):
    html: str
    cells: list[list[str]]


class ResultDocument(Contract):
    id: str
    collection: str
    version: str = Field(description="SHA-256 of the bytes, as `sha256`.")
    title: str
    source_uri: str
    media_type: str
    sha256: str
    updated_at: str


class ResultLineage(Contract):
    parse_id: str
    element_ids: list[str]
    parser: str
    parser_version: str
    confidence: float


class ResultTrust(Contract):
    """Text of documents is data and never instructions."""

    untrusted: Literal[True]
    flags: list[str]


class ResultImage(Contract):
    """A figure that belongs to a passage. `href`: its picture, where one was cut out."""

    element_id: str
    page: int
    page_size: tuple[float, float]
    bbox: Box | None
    media_type: str | None
    width: int | None = Field(description="Pixels.")
    height: int | None = Field(description="Pixels.")
    href: str | None


class ResultSchema(Contract):
    """A passage that can be cited."""

    chunk_id: str
    citation_id: str
    score: float
    scores: ResultScores | None = Field(description="Null unless `include` has scores.")
    page: int
    content: list[ContentBlock]
    element_types: list[str]
    table: ResultTable | None = Field(description="Null also where a token budget cut the passage.")
    document: ResultDocument
    spans: list[SpanSchema] = Field(description="Without boxes unless `include` has geometry.")
    lineage: ResultLineage
    section_path: list[str]
    images: list[ResultImage] | None = Field(description="Null unless `include` has images.")
    attributes: dict[str, AttributeValue]
    trust: ResultTrust


class TracedCandidateSchema(Contract):
    """What became of a candidate. Ids and scores, no text."""

    point_id: str
    document_id: str
    parse_id: str
    page: int
    chunk_id: str | None = Field(description="Null where its passage was not read.")
    score: float
    scores: ResultScores
    outcome: Literal["returned", "merged", "over_budget", "below_min_score", "below_top_k"]
    merged_into: str | None = Field(description="The `chunk_id` of the result that it became part of.")


class UsageSchema(Contract):
    cpu_seconds: float = Field(description="Of this request in the API's process.")
    embedded_texts: int
    money_usd: float
    business_unit: str | None
    context_tokens: int | None = Field(description="Of all content; null where no context or budget was asked for.")
    cached: bool = Field(description="The same question was answered before, and nothing has changed since.")


class RetrieveAnswer(Contract):
    request_id: str
    trace_id: str
    index_version: str
    epoch: int = Field(description="The state of the catalog that was seen.")
    query_plan: list[PlanStepSchema]
    answerability: AnswerabilitySchema
    degraded: list[DegradationSchema] = Field(description="Empty when all was done as asked.")
    results: list[ResultSchema] = Field(description="Best first.")
    trace: list[TracedCandidateSchema] | None = Field(description="Null unless `include` has trace.")
    usage: UsageSchema
    timings_ms: dict[str, float] = Field(description="By stage, and `total`.")


class BatchItem(Contract):
    """An answer, or a problem document; `status` is the one that /v1/retrieve would have answered with."""

    status: int
    answer: RetrieveAnswer | dict[str, Any] | None = Field(
        default=None, description="Of another shape where another `output_format` was asked for."
    )
    problem: ProblemDocument | None = None


class BatchAnswer(Contract):
    request_id: str
    trace_id: str
    answers: list[BatchItem] = Field(description="In the order of the requests.")
