"""/v1/documents: upload, list, read, delete, and the original bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from ingestion.catalog.amending import Amendment
from services.api import problems
from services.api.auth import Reader, Writer
from services.api.idempotency import Answer, IdempotencyKey, fingerprint, once
from services.api.moments import AsOf
from services.api.openapi import problem_responses
from services.api.paging import DEFAULT_LIMIT, After, Limit
from services.api.parts import parts_of
from services.api.schemas.deletions import DeletionSchema
from services.api.schemas.documents import (
    UPLOAD_FORM,
    DocumentChange,
    DocumentListing,
    DocumentSchema,
    UploadAnswer,
    VersionListing,
    VersionSchema,
)
from services.api.source_keys import source_key
from services.api.uploads import received_upload, take_in

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_UPLOAD_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": UPLOAD_FORM}}}}


@router.post(
    "",
    status_code=202,
    summary="Upload documents",
    response_model=UploadAnswer,
    openapi_extra=_UPLOAD_BODY,
    responses=problem_responses(
        problems.INVALID_MULTIPART,
        problems.UNSUPPORTED_CONTENT_TYPE,
        problems.UNKNOWN_COLLECTION,
        problems.IDEMPOTENCY_CONFLICT,
        problems.BODY_TOO_LARGE,
        problems.TOO_MANY_FILES,
        problems.INVALID_ATTRIBUTES,
        problems.NOTHING_ACCEPTED,
        problems.STORAGE_FULL,
        problems.TOO_MANY_JOBS,
        problems.SERVICE_FULL,
    ),
)
async def upload_documents(request: Request, principal: Writer, idempotency_key: IdempotencyKey = None) -> JSONResponse:
    """Take in many files at once. Each accepted file has a document and a job; a file that cannot be taken is listed
    under `rejected` with its own problem and does not touch the others. If none can be taken the answer is a problem
    of type `nothing-accepted` that lists each.

    What is accepted is on disk before the answer. The kind of a file is told by its content, never by its name. The
    same bytes under the same name are one version and no work (`unchanged`)."""
    parts = parts_of(request)
    await run_in_threadpool(
        parts.catalog.jobs.check_room,
        principal.tenant,
        of_tenant=parts.settings.max_queued_jobs_per_tenant,
        of_all=parts.settings.max_queued_jobs,
    )
    async with received_upload(request, parts) as form:
        same = fingerprint(
            "POST /v1/documents", form.collection, form.attributes, [(file.name, file.sha256) for file in form.files]
        )

        def act() -> dict[str, Any]:
            return take_in(parts, principal, form, request)

        answer: Answer = await run_in_threadpool(once, parts.catalog, principal, idempotency_key, same, act)
    return JSONResponse(answer.body, status_code=202, headers=answer.headers)


@router.get(
    "",
    summary="List documents",
    responses=problem_responses(problems.UNKNOWN_COLLECTION, problems.INVALID_CURSOR),
)
def list_documents(
    request: Request,
    principal: Reader,
    collection: Annotated[str | None, Query(max_length=128)] = None,
    parent: Annotated[str | None, Query(max_length=64, description="Only what was found inside this document.")] = None,
    as_of: AsOf = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DocumentListing:
    rows, following = parts_of(request).catalog.documents.list(
        principal.tenant, collection=collection, parent=parent, after=after, limit=limit, as_of=as_of
    )
    return DocumentListing(items=[DocumentSchema.model_validate(row) for row in rows], next=following)


@router.get("/{document_id}", summary="Read a document", responses=problem_responses(problems.UNKNOWN_DOCUMENT))
def get_document(request: Request, principal: Reader, document_id: str, as_of: AsOf = None) -> DocumentSchema:
    documents = parts_of(request).catalog.documents
    return DocumentSchema.model_validate(documents.get(principal.tenant, document_id, as_of))


@router.get(
    "/{document_id}/versions",
    summary="List the versions of a document",
    responses=problem_responses(problems.UNKNOWN_DOCUMENT),
)
def list_versions(request: Request, principal: Reader, document_id: str, as_of: AsOf = None) -> VersionListing:
    """Newest first; with `as_of` those that had come by then."""
    rows = parts_of(request).catalog.documents.versions(principal.tenant, document_id, as_of)
    return VersionListing(items=[VersionSchema.model_validate(row) for row in rows])


@router.patch(
    "/{document_id}",
    summary="Change a document's name, title or attributes",
    responses=problem_responses(
        problems.UNKNOWN_DOCUMENT,
        problems.NAME_TAKEN,
        problems.INVALID_ATTRIBUTES,
        problems.INVALID_NAME,
        body=True,
    ),
)
def change_document(request: Request, principal: Writer, document_id: str, change: DocumentChange) -> DocumentSchema:
    """A document that is renamed keeps its id, versions and citations. Nothing is read or embedded anew: the answer
    and listings have the change at once, and what is filtered by follows when the document's job (`job_id`) has ended.
    """
    name = None if change.name is None else source_key(change.name)
    amendment = Amendment(
        name=name, title=change.title, attributes=change.attributes, business_unit=principal.business_unit
    )
    documents = parts_of(request).catalog.documents
    return DocumentSchema.model_validate(documents.amend(principal.tenant, document_id, amendment))


@router.delete(
    "/{document_id}",
    summary="Delete a document",
    responses=problem_responses(problems.UNKNOWN_DOCUMENT),
)
def delete_document(request: Request, response: Response, principal: Writer, document_id: str) -> DeletionSchema:
    """When this returns, no request finds or reads the document any more, nor what was found inside its file; index,
    bytes and all that was made of them are removed soon after. The receipt says how far that is, also later."""
    deletions = parts_of(request).catalog.deletions
    receipt_id = parts_of(request).catalog.documents.delete(principal.tenant, document_id)
    response.headers["Location"] = f"/v1/deletions/{receipt_id}"
    return DeletionSchema.of(deletions.get(principal.tenant, receipt_id))


@router.get(
    "/{document_id}/content",
    summary="The original bytes of a document",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The newest version, as an attachment.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problem_responses(problems.UNKNOWN_DOCUMENT, problems.CONTENT_MISSING),
    },
)
def get_content(request: Request, principal: Reader, document_id: str) -> FileResponse:
    """Sent so that no browser shows or runs it: documents are hostile."""
    parts = parts_of(request)
    document = parts.catalog.documents.get(principal.tenant, document_id)
    return FileResponse(
        parts.blobs.path(document.sha256),
        media_type=document.media_type,
        filename=document.name.rpartition("/")[2],
        content_disposition_type="attachment",
        headers={"ETag": f'"{document.sha256}"'},
    )
