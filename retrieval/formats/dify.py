"""Records of Dify's external knowledge API (`POST <endpoint>/retrieval`). `metadata` is always an object: Dify fails on
null."""

from __future__ import annotations

from typing import Any

from retrieval.formats.texts import texts_of
from retrieval.results import RetrievedPassage, RetrieveResult


def dify_records(result: RetrieveResult) -> dict[str, Any]:
    return {
        "records": [
            {
                "content": "\n\n".join(texts_of(passage)),
                "score": passage.score,
                "title": passage.document.title or passage.document.source_uri,
                "metadata": _metadata(passage),
            }
            for passage in result.results
        ]
    }


def _metadata(passage: RetrievedPassage) -> dict[str, Any]:
    """The document's attributes, then where the passage is; `path` and `description` are the names Dify shows."""
    return {
        **passage.document.attributes,
        "path": passage.document.source_uri,
        "description": " > ".join(passage.section_path),
        "document_id": passage.document.id,
        "page": passage.page,
        "citation_id": passage.citation_id,
    }
