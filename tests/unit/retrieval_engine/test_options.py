"""What can be asked: the rest is refused, and the field is named."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.errors import InvalidQuery
from retrieval.options import (
    CandidateList,
    ContextOptions,
    FusionOptions,
    Mode,
    RerankOptions,
    RetrieveQuery,
)


def test_the_defaults_can_be_answered() -> None:
    query = RetrieveQuery(query="pension")
    assert query.validated() is query


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"query": "  "}, "query"),
        ({"query": "x" * 10_000}, "query"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 1_000_000}, "top_k"),
        ({"min_score": 1.5}, "min_score"),
        ({"min_score": float("nan")}, "min_score"),
        ({"element_types": ("nonsense",)}, "element_types"),
        ({"fusion": FusionOptions(weights={"sparse": 1})}, "fusion.weights"),
        ({"fusion": FusionOptions(weights={"dense": -1})}, "fusion.weights"),
        ({"fusion": FusionOptions(weights=dict.fromkeys(CandidateList, 0))}, "fusion.weights"),
        ({"mode": Mode.DENSE, "fusion": FusionOptions(weights={"dense": 0, "page_dense": 0})}, "fusion.weights"),
        ({"collections": tuple(map(str, range(2000)))}, "collections"),
        ({"context": ContextOptions(neighbours=-1)}, "context.neighbours"),
        ({"context": ContextOptions(neighbours=100)}, "context.neighbours"),
        ({"context": ContextOptions(max_tokens=3)}, "context.max_tokens"),
        ({"rerank": RerankOptions(enabled=True, top_n=0)}, "rerank.top_n"),
        ({"rerank": RerankOptions(enabled=True, top_n=1_000)}, "rerank.top_n"),
        ({"rerank": RerankOptions(enabled=True, top_n=5)}, "rerank.top_n"),
        ({"deadline_ms": 0}, "deadline_ms"),
    ],
)
def test_impossible_requests_are_refused_and_name_the_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        RetrieveQuery(**{"query": "pension", **options}).validated()
    assert caught.value.field == field


def test_the_shortlist_is_what_is_reranked() -> None:
    assert RetrieveQuery(query="q", top_k=7).shortlist == 7
    assert RetrieveQuery(query="q", top_k=7, rerank=RerankOptions(enabled=True)).shortlist == 20
    assert RetrieveQuery(query="q", top_k=7, rerank=RerankOptions(enabled=True, top_n=9)).shortlist == 9
    assert RetrieveQuery(query="q", top_k=50, rerank=RerankOptions(enabled=True)).shortlist == 50
