"""What can be asked: the rest is refused, and the field is named."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.errors import InvalidQuery, NotBuilt
from retrieval.options import (
    CandidateList,
    ContextOptions,
    FusionOptions,
    Include,
    Mode,
    OutputFormat,
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
    ],
)
def test_impossible_requests_are_refused_and_name_the_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        RetrieveQuery(**{"query": "pension", **options}).validated()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"rerank": RerankOptions(enabled=True)}, "rerank"),
        ({"rerank": RerankOptions(top_n=5)}, "rerank"),
        ({"context": ContextOptions(neighbours=1)}, "context.neighbours"),
        ({"context": ContextOptions(parent=True)}, "context.parent"),
        ({"context": ContextOptions(max_tokens=100)}, "context.max_tokens"),
        ({"deadline_ms": 100}, "deadline_ms"),
        ({"output_format": OutputFormat.DIFY}, "output_format"),
        ({"include": frozenset({Include.TRACE})}, "include"),
    ],
)
def test_what_is_not_built_is_refused_and_never_ignored(options: dict[str, Any], field: str) -> None:
    with pytest.raises(NotBuilt) as caught:
        RetrieveQuery(query="pension", **options).validated()
    assert caught.value.field == field
