"""/v1/parse: read one file now, and answer with all that was understood. Nothing of it is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import anyio
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from parsers.contract import encode_tree
from parsers.detection import detect_media_type, require_supported
from parsers.tree import ParseTree
from services.api import problems
from services.api.auth import Reader
from services.api.openapi import PARSED_DOCUMENT, problem_responses
from services.api.parse_form import FILE_FIELD, KNOWN_FIELDS, PARSE_FORM, ParseForm, parse_form
from services.api.parts import Parses, PoolBusy, parts_of
from services.api.problems import PARSERS_BUSY, ApiProblem
from services.api.source_keys import source_key
from services.api.uploads import received_form

router = APIRouter(prefix="/v1/parse", tags=["documents"])

_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": PARSE_FORM}}}}
PARSE_THREADS = 64
"""More than a pool lets in, so that it can say that it is busy."""

_BLOCK_BYTES = 256 * 1024
_SECONDS_BETWEEN_LOOKS = 0.25


@router.post(
    "",
    summary="Parse one file",
    openapi_extra=_BODY,
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file as it was understood; `children[].parse` are the files inside it, in the same "
            "form, or `children[].error` says why one could not be read.",
            "content": {"application/json": {"schema": {"$ref": PARSED_DOCUMENT}}},
        },
        **problem_responses(
            problems.INVALID_MULTIPART,
            problems.BODY_TOO_LARGE,
            problems.TOO_MANY_FILES,
            problems.UNSUPPORTED_CONTENT_TYPE,
            problems.UNSUPPORTED_MEDIA_TYPE,
            problems.EMPTY_FILE,
            problems.ENCRYPTED_DOCUMENT,
            problems.DAMAGED_DOCUMENT,
            problems.NO_PAGES,
            problems.LIMIT_EXCEEDED,
            problems.PARSER_CRASHED,
            problems.PARSE_FAILED,
            problems.PARSERS_BUSY,
            problems.STORAGE_FULL,
        ),
    },
)
async def parse_file(request: Request, principal: Reader) -> StreamingResponse:  # noqa: ARG001  (asked for the scope)
    """Read a file and answer with its text, elements, tables and places, as `sourcespan parse` does. It is read in
    processes of its own and removed when the answer is there; a request that is given up is not read to its end.

    For many files, or large ones, upload them: that is queued, survives a restart, and makes them searchable."""
    parts = parts_of(request)
    async with received_form(request, parts, known_fields=KNOWN_FIELDS, files_field=FILE_FIELD, max_files=1) as (
        fields,
        files,
    ):
        tree = await _parse(request, parts.parses, parse_form(fields, files, parts.settings.parse_options))
    return StreamingResponse(_in_blocks(encode_tree(tree)), media_type="application/json")


async def _parse(request: Request, pool: Parses, form: ParseForm) -> ParseTree:
    """Parse in a thread (of those set aside: others must not wait for parses), and tell it when the client has gone."""
    gone = threading.Event()
    watcher = asyncio.create_task(_watch(request, gone))
    try:
        limiter: anyio.CapacityLimiter = request.app.state.parse_limiter
        return await anyio.to_thread.run_sync(partial(_read, pool, form, gone.is_set), limiter=limiter)
    except PoolBusy:
        raise ApiProblem(PARSERS_BUSY, "As many files are being read as may wait; try again.") from None
    finally:
        watcher.cancel()


async def _watch(request: Request, gone: threading.Event) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    gone.set()


def _read(pool: Parses, form: ParseForm, should_stop: Callable[[], bool]) -> ParseTree:
    name = source_key(form.file.name)
    with form.file.path.open("rb") as stream:
        media_type = detect_media_type(stream, name)
    require_supported(media_type)
    return pool.parse(
        form.file.path,
        name=name or "file",
        sha256=form.file.sha256,
        media_type=media_type,
        options=form.options,
        children=form.children,
        should_stop=should_stop,
    )


def _in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces are as small as an element; each one sent costs a switch of threads."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= _BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)
