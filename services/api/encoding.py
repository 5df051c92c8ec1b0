"""The answer of a retrieval as JSON bytes, straight from the engine's values.

A tenth of the time that response models take: measured on ten passages with their spans. The models in
`schemas.retrieve` describe the same shape for OpenAPI; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from retrieval.formats import anthropic_search_results, dify_records, openai_search_page
from retrieval.model import PassageImage
from retrieval.options import OutputFormat, RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.results import RetrievedPassage, RetrieveResult
from services.api.problems import Problem
from services.api.request_context import RequestContext


def _plain(value: object) -> object:
    """What msgspec does not know: read-only mappings."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def encode(body: Mapping[str, Any]) -> bytes:
    """A body of the engine's values as JSON."""
    return _ENCODER.encode(body)


def encode_retrieve_answer(result: RetrieveResult, query: RetrieveQuery, context: RequestContext) -> bytes:
    """The body of the answer to POST /v1/retrieve, in the format that was asked for."""
    return _ENCODER.encode(_formatted(result, query, context))


def encode_batch_answer(
    items: Sequence[tuple[RetrieveQuery | Problem, RetrieveResult | Problem]], context: RequestContext
) -> bytes:
    """The body of the answer to POST /v1/retrieve/batch: of each question its answer or its problem."""
    return _ENCODER.encode(
        {
            "request_id": context.request_id,
            "trace_id": context.trace_id,
            "answers": [_batch_item(query, outcome, context) for query, outcome in items],
        }
    )


def _batch_item(
    query: RetrieveQuery | Problem, outcome: RetrieveResult | Problem, context: RequestContext
) -> dict[str, Any]:
    if isinstance(query, Problem) or isinstance(outcome, Problem):
        problem = query if isinstance(query, Problem) else outcome
        assert isinstance(problem, Problem)  # noqa: S101 - of the two, the one that is
        return {"status": problem.type.status, "problem": problem.document(context.request_id)}
    return {"status": 200, "answer": _formatted(outcome, query, context)}


def _formatted(result: RetrieveResult, query: RetrieveQuery, context: RequestContext) -> dict[str, Any]:
    match query.output_format:
        case OutputFormat.ANTHROPIC_SEARCH_RESULT:
            return anthropic_search_results(result)
        case OutputFormat.OPENAI_VECTOR_STORE:
            return openai_search_page(result, query.query)
        case OutputFormat.DIFY:
            return dify_records(result)
        case OutputFormat.NATIVE:
            return answer_body(result, context)


def answer_body(result: RetrieveResult, context: RequestContext) -> dict[str, Any]:
    """The contract's own form, as values that `msgspec` encodes."""
    return {
        "request_id": context.request_id,
        "trace_id": context.trace_id,
        "index_version": result.index_version,
        "epoch": result.epoch,
        "query_plan": result.query_plan,
        "answerability": result.answerability,
        "degraded": result.degraded,
        "results": [_passage(passage) for passage in result.results],
        "trace": result.trace,
        "usage": result.usage,
        "timings_ms": result.timings_ms,
    }


def _image(document_id: str, passage: RetrievedPassage, image: PassageImage) -> dict[str, Any]:
    picture = None
    if image.media_type is not None:
        picture = f"/v1/documents/{document_id}/figures/{image.element_id}?parse={passage.lineage.parse_id}"
    return {
        "element_id": image.element_id,
        "page": image.page,
        "page_size": image.page_size,
        "bbox": image.bbox,
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "href": picture,
    }


def document_body(view: DocumentView) -> dict[str, Any]:
    return {
        "id": view.id,
        "collection": view.collection,
        "version": view.version,
        "title": view.title,
        "source_uri": view.source_uri,
        "media_type": view.media_type,
        "sha256": view.version,  # a version is named by the SHA-256 of its bytes
        "updated_at": view.updated_at,
    }


def _passage(passage: RetrievedPassage) -> dict[str, Any]:
    view = passage.document
    return {
        "chunk_id": passage.chunk_id,
        "citation_id": passage.citation_id,
        "score": passage.score,
        "scores": passage.scores,
        "page": passage.page,
        "content": passage.content,
        "element_types": passage.element_types,
        "table": passage.table,
        "document": document_body(view),
        "spans": passage.spans,
        "lineage": passage.lineage,
        "section_path": passage.section_path,
        "images": None if passage.images is None else [_image(view.id, passage, image) for image in passage.images],
        "attributes": view.attributes,
        "trust": passage.trust,
    }
