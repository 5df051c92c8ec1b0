"""An answer as JSON bytes. The models in `schemas.answers` describe the same shape for OpenAPI; a test holds the two
together."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from retrieval.answers.model import AnswerCitation, AnswerResult
from services.api.encoding import answer_body, document_body, encode
from services.api.request_context import RequestContext


def encode_answer(answer: AnswerResult, context: RequestContext) -> bytes:
    """The body of the answer to POST /v1/answers."""
    tokens = {"input_tokens": answer.model_usage.input_tokens, "output_tokens": answer.model_usage.output_tokens}
    return encode(
        {
            **answer_body(answer.retrieved, context),
            "answer": answer.text,
            "found": answer.found,
            "sentences": [
                {
                    "text": sentence.text,
                    "citations": [_citation(citation) for citation in sentence.citations],
                    "supported": sentence.supported,
                }
                for sentence in answer.sentences
            ],
            "model": answer.model,
            "degraded": answer.degraded,
            "usage": {**asdict(answer.usage), **tokens},
            "timings_ms": answer.timings_ms,
        }
    )


def _citation(citation: AnswerCitation) -> dict[str, Any]:
    return {
        "citation_id": citation.citation_id,
        "result": citation.result,
        "document": document_body(citation.document),
        "page": citation.page,
        "quote": citation.quote,
        "spans": citation.spans,
        "section_path": citation.section_path,
        "cell": citation.cell,
    }
