"""Search result blocks of Anthropic's Messages API ("Search results", content block `search_result`).

The object has one member, `content`: what a `tool_result` block or a user message takes as its content. A model's
citations name the block (`source`, `title`) and quote its texts, which are slices of canonical text.
"""

from __future__ import annotations

from typing import Any

from retrieval.formats.texts import headline, source_of, texts_of
from retrieval.results import RetrieveResult


def anthropic_search_results(result: RetrieveResult) -> dict[str, Any]:
    return {
        "content": [
            {
                "type": "search_result",
                "source": source_of(passage),
                "title": headline(passage),
                "content": [{"type": "text", "text": text} for text in texts_of(passage)],
                "citations": {"enabled": True},
            }
            for passage in result.results
        ]
    }
