"""/v1/collections."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ingestion.model import ParsingSettings
from services.api import problems
from services.api.auth import Reader, Writer
from services.api.idempotency import IdempotencyKey, fingerprint, once
from services.api.openapi import problem_responses
from services.api.paging import DEFAULT_LIMIT, After, Limit
from services.api.parts import parts_of
from services.api.schemas.collections import CollectionCreate, CollectionListing, CollectionSchema

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.post(
    "",
    status_code=201,
    summary="Create a collection",
    responses=problem_responses(
        problems.COLLECTION_EXISTS,
        problems.IDEMPOTENCY_CONFLICT,
        problems.INVALID_NAME,
        problems.INVALID_SETTINGS,
        body=True,
    ),
)
def create_collection(
    request: Request,
    response: Response,
    principal: Writer,
    wanted: CollectionCreate,
    idempotency_key: IdempotencyKey = None,
) -> CollectionSchema:
    """Make a collection with the typed schema of its documents' attributes."""
    catalog = parts_of(request).catalog

    def create() -> dict[str, Any]:
        record = catalog.collections.create(
            principal.tenant,
            wanted.name,
            description=wanted.description,
            attributes=wanted.attributes,
            parsing=ParsingSettings(policy=wanted.parsing.policy, languages=tuple(wanted.parsing.languages)),
        )
        return CollectionSchema.model_validate(record).model_dump(mode="json")

    same = fingerprint("POST /v1/collections", wanted.model_dump(mode="json"))
    answer = once(catalog, principal, idempotency_key, same, create)
    response.headers["Location"] = f"/v1/collections/{wanted.name}"
    response.headers.update(answer.headers)
    return CollectionSchema.model_validate(answer.body)


@router.get("", summary="List collections", responses=problem_responses(problems.INVALID_CURSOR))
def list_collections(
    request: Request, principal: Reader, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> CollectionListing:
    rows, following = parts_of(request).catalog.collections.list(principal.tenant, after=after, limit=limit)
    return CollectionListing(items=[CollectionSchema.model_validate(row) for row in rows], next=following)


@router.get("/{name}", summary="Read a collection", responses=problem_responses(problems.UNKNOWN_COLLECTION))
def get_collection(request: Request, principal: Reader, name: str) -> CollectionSchema:
    return CollectionSchema.model_validate(parts_of(request).catalog.collections.get(principal.tenant, name))


@router.post("/{name}/pause", summary="Begin no more jobs", responses=problem_responses(problems.UNKNOWN_COLLECTION))
def pause_collection(request: Request, principal: Writer, name: str) -> CollectionSchema:
    """Jobs that run go on; uploads are taken in, and wait."""
    return CollectionSchema.model_validate(parts_of(request).catalog.collections.pause(principal.tenant, name))


@router.post("/{name}/resume", summary="Begin jobs again", responses=problem_responses(problems.UNKNOWN_COLLECTION))
def resume_collection(request: Request, principal: Writer, name: str) -> CollectionSchema:
    record = parts_of(request).catalog.collections.pause(principal.tenant, name, paused=False)
    return CollectionSchema.model_validate(record)


@router.delete(
    "/{name}",
    status_code=204,
    summary="Delete a collection with all its documents",
    responses=problem_responses(problems.UNKNOWN_COLLECTION),
)
def delete_collection(request: Request, principal: Writer, name: str) -> None:
    """When this returns, no request finds or reads a document of the collection any more."""
    parts_of(request).catalog.collections.delete(principal.tenant, name)
