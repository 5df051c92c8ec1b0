"""Stored evaluations on the wire. Questions are named by their ids; their texts are never sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from services.api.schemas.base import Contract, Listing, example

MAX_QUESTIONS = 20_000
MAX_MEASURES = 64

Name = Annotated[str, Field(min_length=1, max_length=200)]
Measured = Annotated[list[float | None], Field(max_length=MAX_QUESTIONS)]
_Count = Annotated[int, Field(ge=0)]


class EstimateSchema(Contract):
    """A mean over `count` questions with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    count: _Count


Estimates = Annotated[dict[Name, EstimateSchema], Field(max_length=MAX_MEASURES)]


class LatencySchema(Contract):
    """Milliseconds: as the asker saw them, as the service timed itself, and its CPU time a request."""

    round_trip_p50: float
    round_trip_p95: float
    service_p50: float | None
    service_p95: float | None
    cpu_ms: float | None


class EvaluationSummary(Contract):
    """`answerability`: area under the ROC curve of the service's own score over answerable and other questions."""

    questions: _Count
    answerable: _Count
    failed: _Count
    overall: Estimates
    by_type: dict[Name, Estimates] = Field(max_length=256)
    answerability: EstimateSchema | None
    latency: LatencySchema | None


class EvaluationOutcomes(Contract):
    """A column for each thing that is known of the questions; all are as long as `ids`."""

    ids: list[Name] = Field(min_length=1, max_length=MAX_QUESTIONS)
    types: list[Name] = Field(max_length=MAX_QUESTIONS)
    answerable: list[bool] = Field(max_length=MAX_QUESTIONS)
    measures: dict[Name, Measured] = Field(max_length=MAX_MEASURES, description="Null where there is none.")
    answerability: Measured
    round_trip_ms: Measured
    service_ms: Measured
    cpu_seconds: Measured
    errors: list[Name | None] = Field(max_length=MAX_QUESTIONS)

    @model_validator(mode="after")
    def _as_long_as_ids(self) -> Self:
        columns: dict[str, list[Any]] = {
            name: getattr(self, name) for name in type(self).model_fields if name not in ("ids", "measures")
        }
        for name, column in (columns | self.measures).items():
            if len(column) != len(self.ids):
                raise ValueError(f"{name} has {len(column)} entries, and there are {len(self.ids)} ids")
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("an id occurs twice")
        return self


class QuestionSetSchema(Contract):
    """What tells one question set from another: the name of its file, the SHA-256 of it, how many questions it has."""

    name: Name
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    questions: _Count


class EvaluationReport(Contract):
    name: Name
    collections: list[Name] | None = Field(max_length=1000, description="Null: all that the key may read.")
    question_set: QuestionSetSchema
    request: dict[str, Any] = Field(max_length=64, description="The options that the questions were asked with.")
    index_version: Annotated[str, Field(max_length=200)] | None
    complete: bool = Field(description="False: it was stopped, and has the questions asked until then.")
    summary: EvaluationSummary


_ESTIMATE = {"mean": 0.5, "low": 0.0, "high": 1.0, "count": 2}


class EvaluationCreate(EvaluationReport):
    """An evaluation as the asker measured it."""

    model_config = example(
        {
            "name": "filings, first try",
            "collections": ["filings"],
            "question_set": {"name": "questions.jsonl", "sha256": "0" * 64, "questions": 2},
            "request": {"top_k": 20, "group_by": "page"},
            "index_version": "all-MiniLM-L6-v2",
            "complete": True,
            "summary": {
                "questions": 2,
                "answerable": 2,
                "failed": 0,
                "overall": {"hit@5": _ESTIMATE},
                "by_type": {"table": {"hit@5": _ESTIMATE}},
                "answerability": None,
                "latency": None,
            },
            "outcomes": {
                "ids": ["q1", "q2"],
                "types": ["table", "table"],
                "answerable": [True, True],
                "measures": {"hit@5": [1.0, 0.0]},
                "answerability": [0.8, 0.4],
                "round_trip_ms": [21.5, 19.0],
                "service_ms": [18.2, 16.9],
                "cpu_seconds": [0.017, 0.016],
                "errors": [None, None],
            },
        }
    )

    outcomes: EvaluationOutcomes


class EvaluationOverview(EvaluationReport):
    """A stored evaluation without the outcomes of its questions."""

    id: str
    created_by: str = Field(description="The id of a key.")
    created_at: datetime


class EvaluationSchema(EvaluationOverview):
    outcomes: EvaluationOutcomes


EvaluationListing = Listing[EvaluationOverview]
