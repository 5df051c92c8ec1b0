"""/v1/documents/{id}/pages/{n}: the text, the elements with their boxes, and the picture of a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ingestion.model import DocumentRecord
from parsers.model import Box, Cell, Document, Element, Page, Region
from retrieval.model import Principal
from services.api import problems
from services.api.auth import Reader
from services.api.images import PNG, BoxesText, Dpi, can_draw, page_image, parse_boxes, wants_png
from services.api.moments import AsOf
from services.api.openapi import problem_responses
from services.api.parts import ApiParts, parts_of
from services.api.problems import DOCUMENT_NOT_READY, UNKNOWN_PAGE, ApiProblem
from services.api.schemas.pages import (
    PageAnswer,
    PageCell,
    PageElement,
    PageFigure,
    PageLink,
    PageProperties,
    PageTable,
)

router = APIRouter(prefix="/v1/documents/{document_id}/pages", tags=["documents"])

PageNumber = Annotated[int, Path(ge=1, le=10_000_000, description="Counts from 1.")]

_PROBLEMS = problem_responses(
    problems.UNKNOWN_DOCUMENT,
    problems.UNKNOWN_PAGE,
    problems.NO_PAGE_IMAGE,
    problems.DOCUMENT_NOT_READY,
    problems.CONTENT_MISSING,
    problems.LIMIT_EXCEEDED,
    problems.PARSER_CRASHED,
)
_PNG_CONTENT = {PNG: {"schema": {"type": "string", "format": "binary"}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _LivePage:
    """A page of what is live of a document, now or at a moment."""

    record: DocumentRecord
    parse: Document
    page: Page
    sha256: str
    moment: str
    """As it is in links."""


def _live_page(
    parts: ApiParts, principal: Principal, document_id: str, number: int, as_of: datetime | None
) -> _LivePage:
    record = parts.catalog.documents.get(principal.tenant, document_id, as_of)
    if record.live_parse_id is None or record.live_sha256 is None:
        raise ApiProblem(
            DOCUMENT_NOT_READY,
            f"The document has not been read yet: its newest job is {record.state.value}.",
            extensions={"job_id": record.job_id},
        )
    parse = parts.artefacts.read_document(principal.tenant, record.live_parse_id)
    page = next((page for page in parse.pages if page.number == number), None)
    if page is None:
        raise ApiProblem(UNKNOWN_PAGE, f"There is no page {number}: the document has {len(parse.pages)}.")
    moment = "" if as_of is None else "?" + urlencode({"as_of": as_of.isoformat()})
    return _LivePage(record=record, parse=parse, page=page, sha256=record.live_sha256, moment=moment)


@router.get(
    "/{number}",
    summary="Read a page",
    response_model=PageAnswer,
    responses={200: {"description": "The page, as JSON or as PNG.", "content": _PNG_CONTENT}, **_PROBLEMS},
)
async def get_page(
    request: Request,
    principal: Reader,
    document_id: str,
    number: PageNumber,
    format: Annotated[Literal["json", "png"] | None, Query(description="In place of the Accept header.")] = None,
    boxes: BoxesText = "",
    dpi: Dpi = 110,
    as_of: AsOf = None,
) -> Response:
    """The text and the elements of a page as they are searchable, or were `as_of` a moment; with `Accept: image/png`
    its picture."""
    if format == "png" or (format is None and wants_png(request)):
        return await get_page_image(request, principal, document_id, number, boxes, dpi, as_of)
    live = await run_in_threadpool(_live_page, parts_of(request), principal, document_id, number, as_of)
    answer = await run_in_threadpool(_page_answer, live)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/{number}/image",
    summary="The picture of a page",
    response_class=Response,
    responses={200: {"description": "The page as PNG.", "content": _PNG_CONTENT}, **_PROBLEMS},
)
async def get_page_image(
    request: Request,
    principal: Reader,
    document_id: str,
    number: PageNumber,
    boxes: BoxesText = "",
    dpi: Dpi = 110,
    as_of: AsOf = None,
) -> Response:
    """Drawn in a process of its own, with the boxes marked."""
    wanted = parse_boxes(boxes)
    parts = parts_of(request)
    live = await run_in_threadpool(_live_page, parts, principal, document_id, number, as_of)
    return await page_image(
        request,
        path=parts.blobs.path(live.sha256),
        page=number,
        boxes=wanted,
        dpi=dpi,
        media_type=live.parse.document.media_type,
    )


def _page_answer(live: _LivePage) -> PageAnswer:
    number = live.page.number
    parse, record = live.parse, live.record
    elements = [shown for element in parse.elements if (shown := _on_page(record.id, parse, element, number))]
    drawn = can_draw(parse.document.media_type)
    return PageAnswer(
        document_id=live.record.id,
        version=live.sha256,
        parse_id=live.parse.parse_id,
        page=PageProperties.model_validate(live.page),
        page_count=len(live.parse.pages),
        text="\n\n".join(element.text for element in elements),
        elements=elements,
        image=f"/v1/documents/{record.id}/pages/{number}/image{live.moment}" if drawn else None,
    )


def _on_page(document_id: str, document: Document, element: Element, number: int) -> PageElement | None:
    """The part of the element that is on the page; None if it has none there."""
    regions = [region for region in element.regions if region.page == number]
    if not regions and (element.regions or element.page != number):
        return None
    start = min((region.start for region in regions), default=element.start)
    end = max((region.end for region in regions), default=element.end)
    return PageElement(
        id=element.id,
        kind=element.kind,
        bbox=_around(regions),
        boxes=[box for region in regions for box in region.boxes],
        start=start,
        end=end,
        text=document.text[start:end],
        section_path=list(element.section_path),
        level=element.level,
        parent=element.parent,
        table=_table_on_page(element, number),
        role=element.role,
        flags=list(element.flags),
        links=[PageLink.model_validate(link) for link in element.links if start <= link.start and link.end <= end],
        figure=_figure(document_id, document, element),
        extractor=element.derivation.extractor,
        confidence=element.derivation.confidence,
    )


def _figure(document_id: str, document: Document, element: Element) -> PageFigure | None:
    if element.image is None:
        return None
    return PageFigure(
        media_type=element.image.media_type,
        width=element.image.width,
        height=element.image.height,
        href=f"/v1/documents/{document_id}/figures/{element.id}?parse={document.parse_id}",
    )


def _around(regions: list[Region]) -> Box | None:
    boxes = [region.bbox for region in regions if region.bbox is not None]
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _table_on_page(element: Element, number: int) -> PageTable | None:
    if element.table is None:
        return None
    cells: list[Cell] = [cell for cell in element.table.cells if cell.page == number]
    return PageTable(
        rows=element.table.rows,
        columns=element.table.columns,
        cells=[
            PageCell(
                row=cell.row,
                column=cell.column,
                row_span=cell.row_span,
                column_span=cell.column_span,
                header=cell.header,
                text=cell.text,
                bbox=cell.bbox,
                start=cell.start,
                end=cell.end,
                address=cell.address,
                formula=cell.formula,
            )
            for cell in cells
        ],
    )
