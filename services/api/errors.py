"""Turns everything that is raised into a problem document."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ingestion.errors import IdempotencyConflict, IngestionError
from parsers.errors import ParseError
from retrieval.errors import RetrievalError
from services.api import problems
from services.api.problems import (
    CONTENT_MISSING,
    INTERNAL,
    ApiProblem,
    FieldFault,
    Problem,
    problem_of,
    response_of,
    type_of,
)
from services.api.request_context import context_of, where_raised

error_log = logging.getLogger("sourcespan.api.errors")

_BY_STATUS = {
    404: problems.ROUTE_NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.BODY_TOO_LARGE,
    415: problems.UNSUPPORTED_CONTENT_TYPE,
}
_IN_PROGRESS_RETRY_SECONDS = "2"
_MAX_FAULTS = 20


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ApiProblem, _on_api_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for error in (ParseError, RetrievalError, IngestionError):
        app.add_exception_handler(error, _on_known_error)


def _answer(request: Request, problem: Problem) -> Response:
    return response_of(problem, context_of(request).request_id)


def _on_api_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiProblem)  # noqa: S101
    return _answer(request, error.problem)


def _on_known_error(request: Request, error: Exception) -> Response:
    """Errors of the lower packages, by the table."""
    kind = type_of(error)
    if kind.status >= INTERNAL.status or kind is CONTENT_MISSING:
        error_log.error("request %s: %s: %s", context_of(request).request_id, kind.slug, where_raised(error))
    problem = problem_of(error, where="query" if request.method == "GET" else "body")
    if isinstance(error, IdempotencyConflict) and error.in_progress:
        problem = Problem(type=problem.type, detail=problem.detail, headers={"Retry-After": _IN_PROGRESS_RETRY_SECONDS})
    return _answer(request, problem)


def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework raises: no such address, no such method, a body that cannot be read."""
    assert isinstance(error, HTTPException)  # noqa: S101
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = INTERNAL if error.status_code >= INTERNAL.status else problems.BAD_REQUEST
    detail = kind.title + "."
    if kind is problems.BODY_TOO_LARGE:
        detail = str(error.detail)
    elif kind is problems.BAD_REQUEST:
        detail = "The body could not be read: is it JSON in UTF-8, and not nested too deeply?"
    return _answer(request, Problem(type=kind, detail=detail, headers=dict(error.headers or {})))


def _on_invalid_request(request: Request, error: Exception) -> Response:
    """What does not fit the schema. Values are not repeated: they may be a question or a secret."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = error.errors()
    broken_json = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken_json is not None:
        return _answer(request, _json_problem(error, broken_json))
    if _body_is_not_json(request, faults):
        return _answer(
            request,
            Problem(type=problems.UNSUPPORTED_CONTENT_TYPE, detail="Send the body as application/json."),
        )
    return _answer(request, _problem_of_faults(_fault(fault) for fault in faults[:_MAX_FAULTS]))


def problem_of_invalid(error: ValidationError) -> Problem:
    """What does not fit the schema in a part of a body, as it would be answered if it were the whole body."""
    faults = error.errors(include_input=False, include_url=False)
    return _problem_of_faults(_fault({**fault, "loc": ("body", *fault["loc"])}) for fault in faults[:_MAX_FAULTS])


def _problem_of_faults(faults: Iterable[FieldFault]) -> Problem:
    named = tuple(faults)
    first = named[0]
    return Problem(type=problems.INVALID_REQUEST, detail=f"{first.field or 'body'}: {first.message}", errors=named)


def _json_problem(error: RequestValidationError, fault: Any) -> Problem:
    position = int(fault["loc"][-1])
    before = str(error.body)[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    reason = fault["ctx"]["error"]
    return Problem(
        type=problems.INVALID_JSON,
        detail=f"The body is not valid JSON: {reason}, at line {line}, column {column}.",
        extensions={"line": line, "column": column, "position": position},
    )


def _body_is_not_json(request: Request, faults: Any) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    return not is_json and any(tuple(fault["loc"]) == ("body",) and fault["type"] != "missing" for fault in faults)


def _fault(fault: Any) -> FieldFault:
    where, *path = fault["loc"]
    return FieldFault(where=str(where), field=".".join(str(step)[:100] for step in path[:20]), message=fault["msg"])
