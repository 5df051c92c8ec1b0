"""Answers on the wire: a question as for /v1/retrieve, and what is said to it."""

from __future__ import annotations

from pydantic import Field

from services.api.schemas.base import Contract, example
from services.api.schemas.retrieve import (
    AnswerabilitySchema,
    DegradationSchema,
    PlanStepSchema,
    ResultDocument,
    ResultSchema,
    RetrieveRequest,
    TracedCandidateSchema,
    UsageSchema,
)
from services.api.schemas.spans import SpanSchema


class AnswerRequest(RetrieveRequest):
    """A question, and how to look for its answer. Only `query` is needed; everything of /v1/retrieve but
    `output_format` can be given."""

    model_config = example({"query": "What was the capital expenditure in 2022?", "collections": ["demo"]})

    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="`extractive`: sentences of the documents, also where a model is configured. Left out: the "
        "configured model, or sentences of the documents.",
    )


class CitedCellSchema(Contract):
    """The cell of a table that the question asks for, and what its row and columns are called."""

    row: int = Field(description="Counts from 0, as `column`.")
    column: int
    row_header: str
    column_headers: list[str] = Field(description="Outermost first.")
    value: str
    span: SpanSchema


class AnswerCitationSchema(Contract):
    """Where a sentence comes from; `quote` is what stands there, to the character."""

    citation_id: str
    result: int = Field(description="Which of `results`, from 1.")
    document: ResultDocument
    page: int
    quote: str
    spans: list[SpanSchema]
    section_path: list[str]
    cell: CitedCellSchema | None


class AnswerSentenceSchema(Contract):
    text: str
    citations: list[AnswerCitationSchema]
    supported: bool = Field(
        description="False: a model wrote it, and no citation of it held, or a number in it stands in none of the "
        "passages it cites."
    )


class AnswerUsageSchema(UsageSchema):
    input_tokens: int = Field(description="Of the model, as it counts them; also `output_tokens`.")
    output_tokens: int


class AnswerResponse(Contract):
    request_id: str
    trace_id: str
    answer: str | None = Field(description="The sentences as one text; null if not found.")
    found: bool
    sentences: list[AnswerSentenceSchema]
    model: str | None = Field(description="What wrote the answer; null: the sentences are the documents' own.")
    answerability: AnswerabilitySchema
    degraded: list[DegradationSchema] = Field(description="Empty when all was done as asked.")
    results: list[ResultSchema] = Field(description="The passages the answer is made of, best first.")
    index_version: str
    epoch: int = Field(description="The state of the catalog that was seen.")
    query_plan: list[PlanStepSchema]
    trace: list[TracedCandidateSchema] | None = Field(description="Null unless `include` has trace.")
    usage: AnswerUsageSchema
    timings_ms: dict[str, float] = Field(description="By stage, and `total`.")
