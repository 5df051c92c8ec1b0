"""/v1/answers: a question in, its answer out, each sentence with the place it comes from."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api import problems
from services.api.answer_encoding import encode_answer
from services.api.auth import Reader
from services.api.openapi import problem_responses
from services.api.parts import parts_of
from services.api.request_context import context_of
from services.api.schemas.answers import AnswerRequest, AnswerResponse

router = APIRouter(prefix="/v1/answers", tags=["retrieve"])


@router.post(
    "",
    summary="Answer a question from the documents",
    response_model=AnswerResponse,
    responses=problem_responses(
        problems.UNKNOWN_COLLECTION,
        problems.INVALID_QUERY,
        problems.UNKNOWN_FIELD,
        problems.INDEX_UNAVAILABLE,
        problems.INDEX_FAULT,
        problems.EMBEDDING_FAILED,
        problems.RERANK_FAILED,
        body=True,
    ),
)
def answer(request: Request, principal: Reader, wanted: AnswerRequest) -> Response:
    """The best sentences and table rows of what is found, each with its citation; of a row, the cell that the question
    asks for with the names of its row and column. `found` is false where the documents do not seem to answer.

    Where a model is configured it writes the answer from the same passages, and every citation of it is checked:
    quoted words must stand in the passage, numbers in a passage that is cited. A sentence that fails is marked as not
    `supported`. If the model fails, the documents' own sentences are given, and `degraded` says so."""
    result = parts_of(request).answerer.answer(wanted.to_query(), principal, model=wanted.model)
    return Response(encode_answer(result, context_of(request)), media_type="application/json")
