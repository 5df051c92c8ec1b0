"""Every error this API answers: RFC 9457 problem documents, and the one table from error class to problem type.

A problem has a stable `type` URI (`urn:sourcespan:problem:<slug>`), a `title` that never varies, a `detail` sentence
for a person, `status`, `request_id`, and `errors`: the fields at fault, each with a sentence. Nothing of a document's
text, of a credential or of the machine is ever in one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from ingestion import errors as ingestion_errors
from parsers import errors as parse_errors
from retrieval import errors as retrieval_errors

MEDIA_TYPE = "application/problem+json"
URI_PREFIX = "urn:sourcespan:problem:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """A kind of problem; `retry_after` in seconds where trying again helps."""

    slug: str
    status: int
    title: str
    retry_after: int | None = None

    @property
    def uri(self) -> str:
        return URI_PREFIX + self.slug


_ALL: dict[str, ProblemType] = {}
TYPES: Mapping[str, ProblemType] = MappingProxyType(_ALL)


def _define(slug: str, status: int, title: str, *, retry_after: int | None = None) -> ProblemType:
    _ALL[slug] = ProblemType(slug=slug, status=status, title=title, retry_after=retry_after)
    return _ALL[slug]


# ---- the request itself ----
BAD_REQUEST = _define("bad-request", 400, "The request could not be read")
INVALID_JSON = _define("invalid-json", 400, "The body is not valid JSON")
INVALID_MULTIPART = _define("invalid-multipart", 400, "The body is not a valid multipart form")
UNAUTHENTICATED = _define("unauthenticated", 401, "A valid key is needed")
FORBIDDEN = _define("forbidden", 403, "The key does not allow this")
ROUTE_NOT_FOUND = _define("route-not-found", 404, "There is no such address")
METHOD_NOT_ALLOWED = _define("method-not-allowed", 405, "This address does not take that method")
BODY_TOO_LARGE = _define("body-too-large", 413, "The body is too large")
UNSUPPORTED_CONTENT_TYPE = _define("unsupported-content-type", 415, "The body is of a kind this address does not take")
INVALID_REQUEST = _define("invalid-request", 422, "Something in the request is not valid")
TOO_MANY_FILES = _define("too-many-files", 413, "Too many files in one request")
IDEMPOTENCY_CONFLICT = _define("idempotency-conflict", 409, "The idempotency key was used for another request")

# ---- things that are not there, or not in the right state ----
UNKNOWN_COLLECTION = _define("unknown-collection", 404, "There is no such collection")
UNKNOWN_DOCUMENT = _define("unknown-document", 404, "There is no such document")
NAME_TAKEN = _define("name-taken", 409, "Another document of the collection has that name")
UNKNOWN_JOB = _define("unknown-job", 404, "There is no such job")
UNKNOWN_PAGE = _define("unknown-page", 404, "The document has no such page")
UNKNOWN_FIGURE = _define("unknown-figure", 404, "The document has no such figure, or no picture of it")
NO_PAGE_IMAGE = _define("no-page-image", 404, "Documents of this kind have no pictures of their pages")
UNKNOWN_CITATION = _define("unknown-citation", 404, "There is no such citation")
UNKNOWN_EVALUATION = _define("unknown-evaluation", 404, "There is no such evaluation")
UNKNOWN_DELETION = _define("unknown-deletion", 404, "There is no such receipt of a deletion")
UNKNOWN_PROFILE = _define("unknown-profile", 404, "There is no such version of the profile or glossary")
UNKNOWN_KEY = _define("unknown-key", 404, "There is no such key")
COLLECTION_EXISTS = _define("collection-exists", 409, "A collection of that name exists already")
DOCUMENT_NOT_READY = _define("document-not-ready", 409, "The document has not been read yet")
CONTENT_MISSING = _define("content-missing", 410, "The bytes are not in the store any more")
JOB_STATE_CONFLICT = _define("job-state-conflict", 409, "The job is not in a state that allows this")

# ---- values ----
INVALID_ATTRIBUTES = _define("invalid-attributes", 422, "An attribute does not fit the collection's schema")
INVALID_SETTINGS = _define("invalid-settings", 422, "A setting of the collection is not valid")
INVALID_PROFILE = _define("invalid-profile", 422, "The profile or glossary is not as it has to be")
INVALID_NAME = _define("invalid-name", 422, "The name is not valid")
INVALID_QUERY = _define("invalid-query", 422, "The query asks for something unknown or impossible")
UNKNOWN_FIELD = _define("unknown-field", 422, "A filter names an attribute that no searched collection has")
INVALID_CURSOR = _define("invalid-cursor", 422, "The cursor is not one that a listing gave")

# ---- files ----
NOTHING_ACCEPTED = _define("nothing-accepted", 422, "No file of the request was accepted")
EMPTY_FILE = _define("empty-file", 422, "The file is empty")
UNSUPPORTED_MEDIA_TYPE = _define("unsupported-media-type", 415, "No parser reads this kind of file")
DUPLICATE_NAME = _define("duplicate-name", 422, "The name occurs twice in one request")
ENCRYPTED_DOCUMENT = _define("encrypted-document", 422, "The document needs a password")
DAMAGED_DOCUMENT = _define("damaged-document", 422, "The document cannot be opened")
NO_PAGES = _define("no-pages", 422, "The document has no pages")
LIMIT_EXCEEDED = _define("limit-exceeded", 422, "The document needs more time, memory or pages than allowed")
PARSER_CRASHED = _define("parser-crashed", 422, "The parser stopped on this document")
PARSE_FAILED = _define("parse-failed", 422, "The document could not be read")

# ---- this side ----
INTERNAL = _define("internal", 500, "Something went wrong on this side")
INDEX_UNAVAILABLE = _define("index-unavailable", 503, "The index cannot be reached right now", retry_after=2)
CATALOG_BUSY = _define("catalog-busy", 503, "The catalog is busy right now", retry_after=1)
BLOB_STORE_UNAVAILABLE = _define(
    "blob-store-unavailable", 503, "The blob store cannot be reached right now", retry_after=5
)
INDEX_FAULT = _define("index-fault", 502, "The index answered with an error")
RERANK_FAILED = _define("rerank-failed", 503, "The reranking model could not be run", retry_after=5)
EMBEDDING_FAILED = _define("embedding-failed", 503, "The embedding model could not be run", retry_after=5)
PARSERS_BUSY = _define("parsers-busy", 503, "Every parser is at work", retry_after=5)
TOO_MANY_JOBS = _define("too-many-jobs", 429, "Too many of your documents are waiting to be taken in", retry_after=30)
SERVICE_FULL = _define("service-full", 503, "Too many documents are waiting to be taken in", retry_after=30)
STORAGE_FULL = _define("storage-full", 507, "There is no room left to store the upload")

BY_ERROR: Mapping[type[Exception], ProblemType] = MappingProxyType(
    {
        parse_errors.ParseError: PARSE_FAILED,
        parse_errors.UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE,
        parse_errors.EmptyFile: EMPTY_FILE,
        parse_errors.EncryptedDocument: ENCRYPTED_DOCUMENT,
        parse_errors.DamagedDocument: DAMAGED_DOCUMENT,
        parse_errors.NoPages: NO_PAGES,
        parse_errors.PageUnreadable: DAMAGED_DOCUMENT,
        parse_errors.UnreadableParse: INTERNAL,
        parse_errors.LimitExceeded: LIMIT_EXCEEDED,
        parse_errors.ParserCrashed: PARSER_CRASHED,
        retrieval_errors.RetrievalError: INTERNAL,
        retrieval_errors.InvalidQuery: INVALID_QUERY,
        retrieval_errors.UnknownField: UNKNOWN_FIELD,
        retrieval_errors.InvalidProfile: INVALID_PROFILE,
        retrieval_errors.UnknownCollection: UNKNOWN_COLLECTION,
        retrieval_errors.IndexUnavailable: INDEX_UNAVAILABLE,
        retrieval_errors.IndexFault: INDEX_FAULT,
        retrieval_errors.EmbeddingFailed: EMBEDDING_FAILED,
        retrieval_errors.RerankFailed: RERANK_FAILED,
        ingestion_errors.IngestionError: INTERNAL,
        ingestion_errors.CollectionNotFound: UNKNOWN_COLLECTION,
        ingestion_errors.CollectionExists: COLLECTION_EXISTS,
        ingestion_errors.NameTaken: NAME_TAKEN,
        ingestion_errors.DocumentNotFound: UNKNOWN_DOCUMENT,
        ingestion_errors.JobNotFound: UNKNOWN_JOB,
        ingestion_errors.KeyNotFound: UNKNOWN_KEY,
        ingestion_errors.EvaluationNotFound: UNKNOWN_EVALUATION,
        ingestion_errors.DeletionNotFound: UNKNOWN_DELETION,
        ingestion_errors.InvalidInput: INVALID_REQUEST,
        ingestion_errors.InvalidCursor: INVALID_CURSOR,
        ingestion_errors.InvalidAttributes: INVALID_ATTRIBUTES,
        ingestion_errors.InvalidName: INVALID_NAME,
        ingestion_errors.JobConflict: JOB_STATE_CONFLICT,
        ingestion_errors.IdempotencyConflict: IDEMPOTENCY_CONFLICT,
        ingestion_errors.TooManyJobs: TOO_MANY_JOBS,
        ingestion_errors.StorageFull: STORAGE_FULL,
        ingestion_errors.BlobStoreUnavailable: BLOB_STORE_UNAVAILABLE,
        ingestion_errors.BlobMissing: CONTENT_MISSING,
        ingestion_errors.InvalidSettings: INVALID_SETTINGS,
        ingestion_errors.SecretUnreadable: INTERNAL,
        ingestion_errors.CatalogBusy: CATALOG_BUSY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """A field at fault: `where` is body, query, path or header; `field` its dotted name."""

    where: str
    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem of one request. `extensions` are members of its own type (RFC 9457, 3.2)."""

    type: ProblemType
    detail: str
    errors: tuple[FieldFault, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str | None) -> dict[str, Any]:
        """The members of the JSON document."""
        body: dict[str, Any] = {
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"in": f.where, "field": f.field, "message": f.message} for f in self.errors]
        if request_id is not None:
            body["request_id"] = request_id
        return body | dict(self.extensions)


class ApiProblem(Exception):
    """Raised by routes to answer with a problem."""

    def __init__(
        self,
        type: ProblemType,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(type.slug)
        self.problem = Problem(
            type=type, detail=detail, errors=tuple(errors), extensions=extensions or {}, headers=headers or {}
        )


def type_of(error: Exception) -> ProblemType:
    """The problem type of an error of the lower packages, by its nearest class in the table."""
    if isinstance(error, ingestion_errors.TooManyJobs) and not error.of_tenant:
        return SERVICE_FULL
    for cls in type(error).__mro__:
        if (found := BY_ERROR.get(cls)) is not None:
            return found
    return INTERNAL


def problem_of(error: Exception, *, where: str = "body") -> Problem:
    """The problem an error of the lower packages is answered with; internal ones keep their sentence to themselves."""
    kind = type_of(error)
    if kind.status == INTERNAL.status:
        return internal_problem()
    at_fault = getattr(error, "field", None)
    faults = (FieldFault(where=where, field=at_fault, message=str(error)),) if isinstance(at_fault, str) else ()
    return Problem(type=kind, detail=str(error) or kind.title + ".", errors=faults)


def internal_problem() -> Problem:
    return Problem(type=INTERNAL, detail="The request could not be finished. The service's log has the reason.")


def response_of(problem: Problem, request_id: str | None) -> Response:
    headers = dict(problem.headers)
    if problem.type.retry_after is not None:
        headers.setdefault("Retry-After", str(problem.type.retry_after))
    body = json.dumps(problem.document(request_id), ensure_ascii=False).encode()
    return Response(body, status_code=problem.type.status, headers=headers, media_type=MEDIA_TYPE)
