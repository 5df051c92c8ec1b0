"""/v1/deletions: what became of a deletion. Receipts stay when the data is gone."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.api import problems
from services.api.auth import Reader
from services.api.openapi import problem_responses
from services.api.parts import parts_of
from services.api.schemas.deletions import DeletionSchema

router = APIRouter(prefix="/v1/deletions", tags=["documents"])


@router.get(
    "/{receipt_id}",
    summary="Read the receipt of a deletion",
    responses=problem_responses(problems.UNKNOWN_DELETION),
)
def get_deletion(request: Request, principal: Reader, receipt_id: str) -> DeletionSchema:
    """When it was asked for, what was removed from where, and whether it was looked for again afterwards."""
    return DeletionSchema.of(parts_of(request).catalog.deletions.get(principal.tenant, receipt_id))
