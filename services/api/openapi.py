"""What every route's OpenAPI entry shares: its problem responses, and the tags in the order of the docs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec.json import schema_components
from pydantic.json_schema import models_json_schema

from parsers.model import Document
from services.api import problems
from services.api.problems import MEDIA_TYPE, TYPES, ProblemType
from services.api.schemas.base import Contract, ProblemDocument

TAGS = [
    {"name": "retrieve", "description": "Ask a question, get cited passages."},
    {"name": "citations", "description": "From a citation to the page, the box and the characters."},
    {"name": "documents", "description": "Upload, list, read and delete documents."},
    {"name": "jobs", "description": "Watch, cancel and repeat ingestion."},
    {"name": "collections", "description": "Documents that share access rules and an attribute schema."},
    {"name": "evaluations", "description": "Runs of question sets that were stored, to be compared."},
    {"name": "keys", "description": "Who may call this service."},
    {"name": "service", "description": "Is it up, and what does it offer."},
]

_PARSED = "#/components/schemas/Parsed{name}"
PARSED_DOCUMENT = _PARSED.format(name="Document")
"""The schema of the parse contract."""

_EVERYWHERE = (problems.UNAUTHENTICATED, problems.FORBIDDEN, problems.INVALID_REQUEST, problems.CATALOG_BUSY)
_WITH_BODY = (problems.INVALID_JSON, problems.BODY_TOO_LARGE)


def _response(types: list[ProblemType]) -> dict[str, Any]:
    examples = {
        kind.slug: {
            "value": {
                "type": kind.uri,
                "title": kind.title,
                "status": kind.status,
                "detail": kind.title + ".",
                "request_id": "req_0123456789abcdef01234567",
            }
        }
        for kind in types
    }
    return {
        "description": " · ".join(kind.title for kind in types),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "examples": examples}},
    }


def problem_responses(*types: ProblemType, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its own problems, and those that every route with a key can answer."""
    by_status: dict[int, list[ProblemType]] = {}
    for kind in (*types, *_EVERYWHERE, *(_WITH_BODY if body else ())):
        group = by_status.setdefault(kind.status, [])
        if kind not in group:
            group.append(kind)
    return {status: _response(group) for status, group in sorted(by_status.items())}


def install_openapi(app: FastAPI) -> None:
    """Describe the API once, with the problem document among its schemas."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            _add_problem_schemas(description)
            _add_parse_schemas(description)
            _restore_examples(description)
            description["x-problem-types"] = [
                {"type": kind.uri, "status": kind.status, "title": kind.title} for kind in TYPES.values()
            ]
            app.openapi_schema = description
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _restore_examples(description: dict[str, Any]) -> None:
    """FastAPI leaves null members out of the whole description, examples included, which makes them invalid."""
    for model in _contracts(Contract):
        extra = model.model_config.get("json_schema_extra")
        schema = description["components"]["schemas"].get(model.__name__)
        if schema is not None and isinstance(extra, dict):
            schema.update(extra)


def _contracts(base: type[Contract]) -> Iterator[type[Contract]]:
    for model in base.__subclasses__():
        yield model
        yield from _contracts(model)


def _add_problem_schemas(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    _, definitions = models_json_schema(
        [(ProblemDocument, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(definitions["$defs"])
    # FastAPI's own validation error is never sent: every 422 here is a problem
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _add_parse_schemas(description: dict[str, Any]) -> None:
    """The parse contract as the parser's own types have it, with what is measured and what was read inside the file."""
    _, components = schema_components([Document], ref_template=_PARSED)
    components["Derivation"]["properties"]["cpu_seconds"] = {"type": "number"}
    components["Child"]["properties"] |= {
        "parse": {"$ref": PARSED_DOCUMENT},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        },
    }
    for name, schema in components.items():
        closed = {"additionalProperties": False} if "properties" in schema else {}
        description["components"]["schemas"][f"Parsed{name}"] = schema | closed
