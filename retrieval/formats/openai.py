"""A page of OpenAI's vector store search (`POST /v1/vector_stores/{id}/search`, `vector_store.search_results.page`)."""

from __future__ import annotations

from typing import Any

from retrieval.formats.texts import texts_of
from retrieval.results import RetrievedPassage, RetrieveResult

MAX_ATTRIBUTES = 16
MAX_KEY = 64
MAX_VALUE = 512
"""Bounds of `attributes` in OpenAI's reference."""


def openai_search_page(result: RetrieveResult, question: str) -> dict[str, Any]:
    """All results are on the one page: `top_k` says how many."""
    return {
        "object": "vector_store.search_results.page",
        "search_query": [question],
        "data": [
            {
                "file_id": passage.document.id,
                "filename": passage.document.title or passage.document.source_uri,
                "score": passage.score,
                "attributes": _attributes(passage),
                "content": [{"type": "text", "text": text} for text in texts_of(passage)],
            }
            for passage in result.results
        ],
        "has_more": False,
        "next_page": None,
    }


def _attributes(passage: RetrievedPassage) -> dict[str, str | int | float | bool]:
    """Where the passage is, then the document's own attributes, within OpenAI's bounds."""
    own: dict[str, str | int | float | bool] = {
        "citation_id": passage.citation_id,
        "page": passage.page,
        "source_uri": passage.document.source_uri,
    }
    merged = {**own, **{key: value for key, value in passage.document.attributes.items() if key not in own}}
    return {
        key: value[:MAX_VALUE] if isinstance(value, str) else value
        for key, value in list(merged.items())[:MAX_ATTRIBUTES]
        if len(key) <= MAX_KEY
    }
