"""Taking in the files of one request: received in blocks, told apart by content, stored, noted in the catalog.

A file that cannot be taken does not touch the others. What is accepted is on disk and in the catalog before the answer.
"""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ingestion.errors import CollectionNotFound, IngestionError, InvalidAttributes, StorageFull
from ingestion.model import Priority
from parsers.detection import detect_media_type, require_supported
from parsers.errors import ParseError
from retrieval.model import Principal
from services.api.multipart import FILES_FIELD, MultipartReceiver, ReceivedFile, boundary_of
from services.api.parts import ApiParts
from services.api.problems import (
    DUPLICATE_NAME,
    INVALID_NAME,
    INVALID_REQUEST,
    NOTHING_ACCEPTED,
    ApiProblem,
    FieldFault,
    Problem,
    problem_of,
)
from services.api.request_context import context_of
from services.api.schemas.documents import AcceptedFile, UploadAnswer
from services.api.source_keys import source_key

_BLOCK_BYTES = 1024 * 1024
_KNOWN_FIELDS = frozenset({"collection", "attributes", "password", "priority"})
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A whole upload, on disk but not accepted. `attributes=None`: documents keep those they have."""

    collection: str
    attributes: Mapping[str, Any] | None
    password: str | None = field(repr=False)
    priority: Priority
    files: tuple[ReceivedFile, ...]


@asynccontextmanager
async def received_upload(request: Request, parts: ApiParts) -> AsyncIterator[UploadForm]:
    """The form of this request; see `received_form`."""
    most = parts.settings.max_files_per_request
    async with received_form(request, parts, known_fields=_KNOWN_FIELDS, files_field=FILES_FIELD, max_files=most) as (
        fields,
        files,
    ):
        yield _form(fields, files)


@asynccontextmanager
async def received_form(
    request: Request, parts: ApiParts, *, known_fields: frozenset[str], files_field: str, max_files: int
) -> AsyncIterator[tuple[dict[str, str], list[ReceivedFile]]]:
    """Fields and files of this request. Files that nobody took over are removed at the end, however it ends.

    Raises StorageFull before anything is read where the declared length has no room."""
    receiver = MultipartReceiver(
        boundary_of(request.headers.get("content-type")),
        directory=parts.blobs.incoming,
        known_fields=known_fields,
        files_field=files_field,
        max_files=max_files,
    )
    await run_in_threadpool(parts.blobs.check_space, int(request.headers.get("content-length", 0)))
    try:
        block = bytearray()
        async for piece in request.stream():
            block += piece
            if len(block) >= _BLOCK_BYTES:
                await run_in_threadpool(_feed, receiver, bytes(block))
                block.clear()
        await run_in_threadpool(_feed, receiver, bytes(block))
        yield receiver.finish()
    finally:
        receiver.discard()


def _feed(receiver: MultipartReceiver, data: bytes) -> None:
    try:
        receiver.feed(data)
    except OSError as error:
        raise _storage_error(error) from error


def _storage_error(error: OSError) -> Exception:
    return StorageFull("There is no room left to store the upload.") if error.errno in _FULL_DISK else error


def _form(fields: Mapping[str, str], files: list[ReceivedFile]) -> UploadForm:
    collection = fields.get("collection", "").strip()
    if not collection:
        raise _missing("collection", "Name the collection that the files belong to.")
    if not files:
        raise _missing(FILES_FIELD, "Send at least one file.")
    attributes = _attributes(fields["attributes"]) if "attributes" in fields else None
    password = fields.get("password") or None
    return UploadForm(
        collection=collection,
        attributes=attributes,
        password=password,
        priority=_priority(fields.get("priority", "")),
        files=tuple(files),
    )


def _priority(name: str) -> Priority:
    if name.upper() not in {"", *Priority.__members__}:
        raise _missing("priority", "A priority is interactive or bulk.")
    return Priority[name.upper()] if name else Priority.INTERACTIVE


def _missing(field: str, message: str) -> ApiProblem:
    return ApiProblem(INVALID_REQUEST, message, errors=[FieldFault(where="body", field=field, message=message)])


def _attributes(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _missing("attributes", "The attributes are not valid JSON.") from None
    if not isinstance(value, dict):
        raise _missing("attributes", "The attributes must be a JSON object.")
    return value


def take_in(parts: ApiParts, principal: Principal, form: UploadForm, request: Request) -> dict[str, Any]:
    """Store and note down every file that can be taken: the body of the answer (`UploadAnswer`).

    Raises CollectionNotFound and InvalidAttributes before anything is accepted, and a problem that lists every file
    if none was.
    """
    parts.catalog.collections.get(principal.tenant, form.collection)
    accepted: list[AcceptedFile] = []
    rejected: list[tuple[str, Problem]] = []
    seen: set[str] = set()
    for file in form.files:
        name = source_key(file.name)
        try:
            _check_name(name, seen)
            accepted.append(_accept(parts, principal, form, file, name))
        except (CollectionNotFound, InvalidAttributes):
            if not accepted:
                raise
            # the collection was deleted, or its schema replaced, while this request ran
            rejected.append((name, Problem(type=INVALID_REQUEST, detail="The collection changed meanwhile.")))
        except ApiProblem as error:
            rejected.append((name, error.problem))
        except (ParseError, IngestionError) as error:
            rejected.append((name, problem_of(error)))
    request_id = context_of(request).request_id
    refusals = [{"name": name, "problem": problem.document(request_id)} for name, problem in rejected]
    if not accepted:
        raise _all_rejected([problem for _, problem in rejected], refusals)
    return UploadAnswer.model_validate({"accepted": accepted, "rejected": refusals}).model_dump(mode="json")


def _check_name(name: str, seen: set[str]) -> None:
    if not name:
        raise ApiProblem(INVALID_NAME, "The file has no usable name.")
    if name in seen:
        raise ApiProblem(DUPLICATE_NAME, "Another file of this request has the same name.")
    seen.add(name)


def _accept(parts: ApiParts, principal: Principal, form: UploadForm, file: ReceivedFile, name: str) -> AcceptedFile:
    with file.path.open("rb") as stream:
        media_type = detect_media_type(stream, name)
    require_supported(media_type)
    try:
        sha256 = parts.blobs.put_file(file.path)
    except OSError as error:
        raise _storage_error(error) from error
    accepted = parts.catalog.documents.accept(
        principal.tenant,
        form.collection,
        name,
        sha256=sha256,
        size=file.size,
        media_type=media_type,
        attributes=form.attributes,
        business_unit=principal.business_unit,
        priority=form.priority,
        sealed_password=None if form.password is None else parts.secrets.seal(form.password),
    )
    return AcceptedFile.model_validate(accepted)


def _all_rejected(problems: list[Problem], refusals: list[dict[str, Any]]) -> ApiProblem:
    """One common cause on this side (no room, a busy catalog) is named as such: trying again later may help."""
    first = problems[0].type
    ours = first.status >= 500 and all(problem.type is first for problem in problems)
    return ApiProblem(
        first if ours else NOTHING_ACCEPTED,
        problems[0].detail if ours or len(problems) == 1 else f"None of the {len(problems)} files was accepted.",
        errors=() if ours else [FieldFault(where="body", field=FILES_FIELD, message=problems[0].detail)],
        extensions={"rejected": refusals},
    )
