"""One score from several lists. Both methods give 0..1, where 1 is best in every list that counts.

The score orders the results of one question. It is relative to that question's candidates: it does not compare between
questions, and says nothing of whether the best candidate is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.options import FusionMethod
from retrieval.stages.candidates import CandidateLists

# Measured on filings and on the corpus of eval_data: docs/decisions/0006-context-in-vector-and-tokens.md.
DEFAULT_WEIGHTS: Mapping[str, float] = {"dense": 1.0, "lexical": 1.0, "document": 0.5}

# Cormack, Clarke and Büttcher 2009: reciprocal rank fusion, with ranks from 1.
RRF_CONSTANT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedCandidate:
    """A passage with its score 0..1 and what it is made of (None: not in that list, or the list was not asked for)."""

    id: str
    score: float
    dense: float | None
    lexical: float | None
    document: float | None


def fuse(
    lists: CandidateLists, boosts: Mapping[str, float], *, method: FusionMethod, weights: Mapping[str, float]
) -> list[FusedCandidate]:
    """All candidates, best first, ties by id. `weights` of "dense", "lexical" and "document" (see `active_weights`).

    `boosts`: document id to 0..1. Weighted sum: the scores of each list scaled so that its best is 1 and its last 0;
    a passage that a list does not have gets 0 of it. RRF: by rank alone, documents ranked by their boost.
    """
    scale = _min_max if method is FusionMethod.WEIGHTED_SUM else _reciprocal_ranks
    dense, lexical = scale(lists.dense), scale(lists.lexical)
    documents = dict(boosts) if method is FusionMethod.WEIGHTED_SUM else scale(boosts)
    total = sum(weights.values())
    fused = []
    for id, payload in lists.payloads.items():
        score = (
            weights.get("dense", 0.0) * dense.get(id, 0.0)
            + weights.get("lexical", 0.0) * lexical.get(id, 0.0)
            + weights.get("document", 0.0) * documents.get(payload.document, 0.0)
        ) / total
        fused.append(
            FusedCandidate(
                id=id,
                score=score,
                dense=lists.dense.get(id),
                lexical=lists.lexical.get(id),
                document=boosts.get(payload.document, 0.0) if "document" in weights else None,
            )
        )
    return sorted(fused, key=lambda candidate: (-candidate.score, candidate.id))


def active_weights(asked: Mapping[str, float], *, dense: bool, lexical: bool) -> dict[str, float]:
    """The weight of each list that takes part: the caller's where given, else the default's."""
    weights = {**DEFAULT_WEIGHTS, **asked}
    active = {"dense": dense, "lexical": lexical, "document": True}
    return {name: weight for name, weight in weights.items() if active[name] and weight > 0}


def _min_max(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {id: (score - low) / (high - low) for id, score in scores.items()}


def _reciprocal_ranks(scores: Mapping[str, float]) -> dict[str, float]:
    """Best rank 1.0; equal scores share a rank."""
    rank_of: dict[float, int] = {}
    for position, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        rank_of.setdefault(score, position)
    return {id: (RRF_CONSTANT + 1) / (RRF_CONSTANT + rank_of[score]) for id, score in scores.items()}
