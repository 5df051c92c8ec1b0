"""/v1/citations/{id}: from a citation to the characters, the boxes, the page, the version and the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ingestion.errors import BlobMissing, DocumentNotFound
from ingestion.model import DocumentRecord, VersionRecord
from parsers.model import Document
from retrieval.citations import Citation, elements_of, parse_citation_id, resolve
from retrieval.errors import InvalidQuery
from retrieval.model import Principal
from services.api import problems
from services.api.auth import Reader
from services.api.images import PNG, Dpi, can_draw, page_image, wants_png
from services.api.openapi import problem_responses
from services.api.parts import ApiParts, parts_of
from services.api.problems import UNKNOWN_CITATION, UNKNOWN_PAGE, ApiProblem
from services.api.schemas.citations import (
    CitationAnswer,
    CitedDocument,
    CitedElement,
    CitedParse,
    CitedVersion,
    LineageChain,
    PageImageLink,
)
from services.api.schemas.spans import SpanSchema

router = APIRouter(prefix="/v1/citations", tags=["citations"])

CitationId = Annotated[str, Path(max_length=128, examples=["cit_" + "A" * 48])]

_PROBLEMS = problem_responses(
    problems.UNKNOWN_CITATION, problems.UNKNOWN_PAGE, problems.NO_PAGE_IMAGE, problems.CONTENT_MISSING
)
_PNG_CONTENT = {PNG: {"schema": {"type": "string", "format": "binary"}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """A citation with everything it leads to."""

    citation: Citation
    parse: Document
    version: VersionRecord
    record: DocumentRecord


def _resolve(parts: ApiParts, principal: Principal, citation_id: str) -> _Resolved:
    """The citation, if the caller may read its document and the document has not been deleted.

    That the parse is one of this document is looked up in the catalog: the id itself proves nothing.
    """
    try:
        key = parse_citation_id(citation_id)
        record = parts.catalog.documents.get(principal.tenant, key.document_id)
        version = parts.catalog.documents.version_of_parse(principal.tenant, key.document_id, key.parse_id)
        parse = parts.artefacts.read_document(principal.tenant, key.parse_id)
        citation = resolve(parse, key)
    except InvalidQuery as error:
        raise ApiProblem(UNKNOWN_CITATION, str(error)) from None
    except (DocumentNotFound, BlobMissing):
        raise ApiProblem(UNKNOWN_CITATION, "There is no such citation, or its document was deleted.") from None
    return _Resolved(citation=citation, parse=parse, version=version, record=record)


@router.get(
    "/{citation_id}",
    summary="Resolve a citation",
    response_model=CitationAnswer,
    responses={200: {"description": "The citation as JSON, or its page as PNG.", "content": _PNG_CONTENT}, **_PROBLEMS},
)
async def get_citation(request: Request, principal: Reader, citation_id: CitationId) -> Response:
    """The quote, its spans, and its lineage down to the bytes. `superseded` means that a newer reading of the document
    is live; the citation still shows what was cited. With `Accept: image/png` the picture of its first page."""
    if wants_png(request):
        return await get_citation_image(request, principal, citation_id)
    resolved = await run_in_threadpool(_resolve, parts_of(request), principal, citation_id)
    return Response(_answer(resolved).model_dump_json(by_alias=True), media_type="application/json")


@router.get(
    "/{citation_id}/image",
    summary="The page of a citation with its boxes drawn",
    response_class=Response,
    responses={200: {"description": "The page as PNG.", "content": _PNG_CONTENT}, **_PROBLEMS},
)
async def get_citation_image(
    request: Request,
    principal: Reader,
    citation_id: CitationId,
    page: Annotated[int | None, Query(ge=1, description="One of the citation's pages; its first by default.")] = None,
    dpi: Dpi = 110,
) -> Response:
    """Drawn in a process of its own from the very bytes that were cited."""
    parts = parts_of(request)
    resolved = await run_in_threadpool(_resolve, parts, principal, citation_id)
    pages = _pages(resolved.citation)
    number = pages[0] if page is None else page
    if number not in pages:
        raise ApiProblem(UNKNOWN_PAGE, f"The citation is not on page {number}, but on: {', '.join(map(str, pages))}.")
    return await page_image(
        request,
        path=parts.blobs.path(resolved.version.sha256),
        page=number,
        boxes=[box for span in resolved.citation.spans if span.page == number for box in span.boxes],
        dpi=dpi,
        media_type=resolved.version.media_type,
    )


def _pages(citation: Citation) -> list[int]:
    return list(dict.fromkeys(span.page for span in citation.spans))


def _answer(resolved: _Resolved) -> CitationAnswer:
    citation, parse, record = resolved.citation, resolved.parse, resolved.record
    pages = _pages(citation)
    return CitationAnswer(
        citation_id=citation.id,
        state="valid" if record.live_parse_id == citation.key.parse_id else "superseded",
        quote=citation.quote,
        start=citation.key.start,
        end=citation.key.end,
        spans=[SpanSchema.model_validate(span) for span in citation.spans],
        section_path=list(citation.section_path),
        element_types=list(citation.element_types),
        lineage=LineageChain(
            citation_id=citation.id,
            elements=_elements(citation, parse),
            pages=pages,
            parse=CitedParse(id=parse.parse_id, producer=parse.producer, policy=parse.policy),
            version=CitedVersion(
                number=resolved.version.number,
                sha256=resolved.version.sha256,
                size=resolved.version.size,
                media_type=resolved.version.media_type,
                created_at=resolved.version.created_at,
            ),
            document=CitedDocument(
                id=record.id,
                collection=record.collection,
                name=record.name,
                title=record.title,
                source_uri=record.source_uri,
                attributes=dict(record.attributes),
            ),
        ),
        images=[
            PageImageLink(page=page, href=f"/v1/citations/{citation.id}/image?page={page}")
            for page in pages
            if can_draw(resolved.version.media_type)
        ],
    )


def _elements(citation: Citation, parse: Document) -> list[CitedElement]:
    return [
        CitedElement(
            id=element.id,
            kind=element.kind,
            page=element.page,
            start=element.start,
            end=element.end,
            extractor=element.derivation.extractor,
            extractor_version=element.derivation.version,
            confidence=element.derivation.confidence,
            reason=element.derivation.reason,
        )
        for element in elements_of(parse, citation.key.start, citation.key.end)
    ]
