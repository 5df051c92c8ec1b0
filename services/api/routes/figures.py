"""/v1/documents/{id}/figures/{element}: the picture of a figure, as it was cut out of the document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ingestion.errors import BlobMissing, DocumentNotFound
from parsers.model import Element
from retrieval.model import Principal
from services.api import problems
from services.api.auth import Reader
from services.api.openapi import problem_responses
from services.api.parts import ApiParts, parts_of
from services.api.problems import DOCUMENT_NOT_READY, UNKNOWN_FIGURE, ApiProblem

router = APIRouter(prefix="/v1/documents/{document_id}/figures", tags=["documents"])

ElementId = Annotated[str, Path(max_length=64, examples=["el_0123456789abcdef0123"])]

# Kinds that every browser shows and that hold no script; anything else is sent as a download.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
_HOSTILE = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


@router.get(
    "/{element_id}",
    summary="The picture of a figure",
    response_class=Response,
    responses={
        200: {
            "description": "The picture, as PNG, JPEG, or as the document has it.",
            "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problem_responses(problems.UNKNOWN_DOCUMENT, problems.UNKNOWN_FIGURE, problems.DOCUMENT_NOT_READY),
    },
)
def get_figure(
    request: Request,
    principal: Reader,
    document_id: str,
    element_id: ElementId,
    parse: Annotated[str | None, Query(max_length=64, description="A parse; by default the one that is live.")] = None,
) -> Response:
    """Of what is live now, or of the parse that a passage names."""
    parts = parts_of(request)
    parse_id = _parse_of(parts, principal, document_id, parse)
    try:
        element = _figure(parts, principal, parse_id, element_id)
        assert element.image is not None  # noqa: S101 - _figure looks for it
        data = parts.artefacts.read_image(principal.tenant, parse_id, element.image.sha256)
    except BlobMissing:
        raise _unknown() from None
    kind = element.image.media_type
    shown = kind in _SHOWN
    disposition = "inline" if shown else "attachment"
    headers = {**_HOSTILE, "Content-Disposition": disposition, "Cache-Control": "private, max-age=3600"}
    return Response(data, media_type=kind if shown else "application/octet-stream", headers=headers)


def _parse_of(parts: ApiParts, principal: Principal, document_id: str, parse: str | None) -> str:
    record = parts.catalog.documents.get(principal.tenant, document_id)
    if parse is not None and parse != record.live_parse_id:
        try:
            parts.catalog.documents.version_of_parse(principal.tenant, document_id, parse)
        except DocumentNotFound:
            raise _unknown() from None
        return parse
    if record.live_parse_id is None:
        raise ApiProblem(
            DOCUMENT_NOT_READY, f"The document has not been read yet: its newest job is {record.state.value}."
        )
    return record.live_parse_id


def _figure(parts: ApiParts, principal: Principal, parse_id: str, element_id: str) -> Element:
    document = parts.artefacts.read_document(principal.tenant, parse_id)
    for element in document.elements:
        if element.id == element_id and element.image is not None:
            return element
    raise _unknown()


def _unknown() -> ApiProblem:
    return ApiProblem(UNKNOWN_FIGURE, "The document has no such figure, or no picture of it was kept.")
