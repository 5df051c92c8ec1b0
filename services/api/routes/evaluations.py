"""/v1/evaluations: runs of question sets, measured by whoever asked and kept to be compared."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ingestion.catalog.evaluations import EvaluationRecord
from services.api import problems
from services.api.auth import Reader, Writer
from services.api.idempotency import IdempotencyKey, fingerprint, once
from services.api.openapi import problem_responses
from services.api.paging import DEFAULT_LIMIT, After, Limit
from services.api.parts import parts_of
from services.api.schemas.evaluations import (
    EvaluationCreate,
    EvaluationListing,
    EvaluationOverview,
    EvaluationSchema,
)

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"])


@router.post(
    "",
    status_code=201,
    summary="Store an evaluation",
    responses=problem_responses(problems.IDEMPOTENCY_CONFLICT, body=True),
)
def create_evaluation(
    request: Request,
    response: Response,
    principal: Writer,
    wanted: EvaluationCreate,
    idempotency_key: IdempotencyKey = None,
) -> EvaluationOverview:
    """Keep what `sourcespan eval` (or another asker) has measured. The service checks its shape and measures nothing
    itself."""
    catalog = parts_of(request).catalog
    report = wanted.model_dump(mode="json", exclude={"outcomes"})
    outcomes = wanted.outcomes.model_dump(mode="json")

    def create() -> dict[str, Any]:
        record = catalog.evaluations.create(principal.tenant, principal.id, report, outcomes)
        return _overview(record).model_dump(mode="json")

    answer = once(catalog, principal, idempotency_key, fingerprint("POST /v1/evaluations", report, outcomes), create)
    response.headers["Location"] = f"/v1/evaluations/{answer.body['id']}"
    response.headers.update(answer.headers)
    return EvaluationOverview.model_validate(answer.body)


@router.get("", summary="List evaluations, newest first", responses=problem_responses(problems.INVALID_CURSOR))
def list_evaluations(
    request: Request, principal: Reader, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> EvaluationListing:
    rows, following = parts_of(request).catalog.evaluations.list(principal.tenant, after=after, limit=limit)
    return EvaluationListing(items=[_overview(row) for row in rows], next=following)


@router.get("/{evaluation_id}", summary="Read an evaluation", responses=problem_responses(problems.UNKNOWN_EVALUATION))
def get_evaluation(request: Request, principal: Reader, evaluation_id: str) -> EvaluationSchema:
    """With the outcome of each question."""
    record = parts_of(request).catalog.evaluations.get(principal.tenant, evaluation_id)
    return EvaluationSchema.model_validate(_members(record) | {"outcomes": record.outcomes})


@router.delete(
    "/{evaluation_id}",
    status_code=204,
    summary="Delete an evaluation",
    responses=problem_responses(problems.UNKNOWN_EVALUATION),
)
def delete_evaluation(request: Request, principal: Writer, evaluation_id: str) -> None:
    parts_of(request).catalog.evaluations.delete(principal.tenant, evaluation_id)


def _members(record: EvaluationRecord) -> dict[str, Any]:
    return dict(record.report) | {
        "id": record.id,
        "created_by": record.created_by,
        "created_at": record.created_at,
    }


def _overview(record: EvaluationRecord) -> EvaluationOverview:
    return EvaluationOverview.model_validate(_members(record))
