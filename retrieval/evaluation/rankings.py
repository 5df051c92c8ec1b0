"""Measures of rankings of documents against graded judgements, as trec_eval has them.

    ndcg@k     sum of relevance / log2(rank + 1) over the first k, over the best possible sum (trec_eval's ndcg_cut)
    recall@k   share of the relevant documents among the first k
    precision@k  share of the first k that are relevant
    map        mean over the relevant documents of the precision at their ranks
    mrr        1 / rank of the first relevant document
    hit@k      1 if one of the first k is relevant

Queries without a relevant document say nothing and are left out; a query without a ranking counts as 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from retrieval.evaluation.outcomes import Outcome

Qrels = Mapping[str, Mapping[str, int]]
"""query → document → relevance; above 0 is relevant."""
Rankings = Mapping[str, Sequence[str]]
"""query → documents, best first, each once."""

_HITS = (1, 5, 10)
_RECALLS = (10, 100)
_NDCGS = (5, 10, 100)


def judge(ranking: Sequence[str], judged: Mapping[str, int]) -> dict[str, float]:
    """All measures of one query, which has at least one relevant document."""
    relevant = {document for document, relevance in judged.items() if relevance > 0}
    right = [document in relevant for document in ranking]
    ranks = [rank for rank, is_right in enumerate(right, 1) if is_right]
    row = {f"ndcg@{k}": ndcg(ranking, judged, k) for k in _NDCGS}
    row |= {f"recall@{k}": sum(right[:k]) / len(relevant) for k in _RECALLS}
    row |= {"precision@10": sum(right[:10]) / 10}
    row["map"] = sum(found / rank for found, rank in enumerate(ranks, 1)) / len(relevant)
    row["mrr"] = 1 / ranks[0] if ranks else 0.0
    return row | {f"hit@{k}": float(any(right[:k])) for k in _HITS}


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    gains = [max(0, judged.get(document, 0)) for document in ranking[:depth]]
    best = sorted((relevance for relevance in judged.values() if relevance > 0), reverse=True)[:depth]
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def outcomes_of(rankings: Rankings, qrels: Qrels) -> list[Outcome]:
    """One per judged query, in the order of the judgements."""
    return [
        Outcome(id=query, type="query", answerable=True, measures=judge(rankings.get(query, ()), judged))
        for query, judged in qrels.items()
        if any(relevance > 0 for relevance in judged.values())
    ]
