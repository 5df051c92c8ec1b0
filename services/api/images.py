"""Pictures of pages: what may be asked for, and drawing them without holding up anything else.

Drawing happens in the renderer's own process. The threads that wait for it are counted apart from those of all other
requests, so a viewer that asks for many pages slows down viewers only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import anyio
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from parsers.formats import PDF
from parsers.model import Box
from services.api.parts import parts_of
from services.api.problems import INVALID_REQUEST, NO_PAGE_IMAGE, ApiProblem, FieldFault

MAX_BOXES = 500
RENDER_THREADS = 4
PNG = "image/png"

Dpi = Annotated[int, Query(ge=36, le=220, description="Dots per inch.")]
BoxesText = Annotated[
    str,
    Query(
        max_length=40_000,
        description="Boxes to draw, in points: `left,top,right,bottom;…`",
        examples=["72,90,310,104"],
    ),
]

Value = TypeVar("Value")


def parse_boxes(text: str) -> tuple[Box, ...]:
    """The boxes of `left,top,right,bottom;…`; raises a problem that names `boxes`."""
    pieces = [piece for piece in text.split(";") if piece.strip()]
    if len(pieces) > MAX_BOXES:
        raise _bad_boxes(f"At most {MAX_BOXES} boxes can be drawn.")
    return tuple(_parse_box(piece) for piece in pieces)


def _parse_box(text: str) -> Box:
    try:
        left, top, right, bottom = (float(number) for number in text.split(","))
    except ValueError:
        raise _bad_boxes("A box is four numbers: left,top,right,bottom.") from None
    if not all(math.isfinite(edge) for edge in (left, top, right, bottom)) or left > right or top > bottom:
        raise _bad_boxes("The left and top of a box are not larger than its right and bottom.")
    return (left, top, right, bottom)


def _bad_boxes(message: str) -> ApiProblem:
    return ApiProblem(INVALID_REQUEST, message, errors=[FieldFault(where="query", field="boxes", message=message)])


async def in_render_thread(request: Request, work: Callable[[], Value]) -> Value:
    """Run what waits for the renderer on the threads set aside for it."""
    limiter: anyio.CapacityLimiter = request.app.state.render_limiter
    return await anyio.to_thread.run_sync(work, limiter=limiter)


def can_draw(media_type: str) -> bool:
    """Whether documents of this kind have pages that can be drawn."""
    return media_type == PDF or media_type.startswith("image/")


async def page_image(
    request: Request, *, path: Path, page: int, boxes: Sequence[Box], dpi: int, media_type: str
) -> Response:
    """The page as a PNG response."""
    if not can_draw(media_type):
        raise ApiProblem(NO_PAGE_IMAGE, f"A document of the type {media_type} has no pictures of its pages.")
    draw = partial(
        parts_of(request).renderer.render_page, path, page, boxes=tuple(boxes), dpi=dpi, media_type=media_type
    )
    return Response(await in_render_thread(request, draw), media_type=PNG)


def wants_png(request: Request) -> bool:
    """The client asks for a picture and does not take JSON."""
    accepted = [kind.partition(";")[0].strip().lower() for kind in request.headers.get("accept", "").split(",")]
    return PNG in accepted and "application/json" not in accepted
