"""One score from several lists. Both methods give 0..1, where 1 is best in every list that counts.

The score orders the results of one question. It is relative to that question's candidates: it does not compare between
questions, and says nothing of whether the best candidate is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from retrieval.model import PointPayload
from retrieval.options import LISTS_OF_MODE, CandidateList, FusionMethod, Mode
from retrieval.stages.candidates import BY_MEANING, CandidateLists, page_key

# Measured on filings, abstracts and the corpus of eval_data: docs/decisions/0018-ranking.md.
DEFAULT_WEIGHTS: Mapping[CandidateList, float] = {
    CandidateList.DENSE: 1.0,
    CandidateList.LEXICAL: 1.0,
    CandidateList.PAGE_DENSE: 1.0,
    CandidateList.PAGE_LEXICAL: 1.0,
    CandidateList.DOCUMENT: 1.0,
}
# Cormack, Clarke and Büttcher 2009: reciprocal rank fusion, with ranks from 1.
RRF_CONSTANT = 60

Scale = Callable[[Mapping[str, float]], dict[str, float]]
ListScore = Callable[[str, PointPayload], tuple[float, float] | None]
"""What a list says of a candidate: the score it gave, and what that is worth, 0..1; None where it lacks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedCandidate:
    """A passage (or a page, where none of its passages was found) with its score 0..1, and the scores it is made of:
    as the lists gave them; of a list that does not have it there is none."""

    id: str
    score: float
    scores: Mapping[CandidateList, float] = field(default_factory=dict)


def fuse(
    lists: CandidateLists,
    boosts: Mapping[str, float],
    *,
    method: FusionMethod,
    weights: Mapping[CandidateList, float],
) -> list[FusedCandidate]:
    """All candidates, best first, ties by id. `weights`: see `active_weights`.

    `boosts`: document id to 0..1. A passage has the scores of its own lists and those of its page. Weighted sum: the
    scores of each list scaled so that its best is 1 and its last 0; a passage that a list does not have gets 0 of it.
    RRF: by rank alone, documents ranked by their boost. A list that found nothing at all does not count.
    """
    scale: Scale = _min_max if method is FusionMethod.WEIGHTED_SUM else _reciprocal_ranks
    tables = {
        **{name: _of_chunks(scores, scale) for name, scores in lists.chunks.items()},
        **{name: _of_pages(scores, lists.payloads, scale) for name, scores in lists.pages.items()},
        CandidateList.DOCUMENT: _of_documents(boosts, method),
    }
    speaking = {name for name, scores in {**lists.chunks, **lists.pages}.items() if scores}
    if boosts:
        speaking.add(CandidateList.DOCUMENT)
    total = sum(weight for name, weight in weights.items() if name in speaking)
    fused = []
    for id, payload in lists.candidates().items():
        score = 0.0
        made_of: dict[CandidateList, float] = {}
        for name, weight in weights.items():
            found = tables[name](id, payload) if name in tables else None
            if found is not None:
                made_of[name], share = found
                score += weight * share
        fused.append(FusedCandidate(id=id, score=score / total, scores=made_of))
    return sorted(fused, key=lambda candidate: (-candidate.score, candidate.id))


def active_weights(asked: Mapping[str, float], *, mode: Mode, words: bool) -> dict[CandidateList, float]:
    """The weight of each list that takes part: the caller's where given, else the default's. `words`: whether the
    question has any that BM25 can look for."""
    weights = {**DEFAULT_WEIGHTS, **{CandidateList(name): weight for name, weight in asked.items()}}
    lists = (*LISTS_OF_MODE[mode], CandidateList.DOCUMENT)
    return {
        name: weight
        for name, weight in weights.items()
        if name in lists and weight > 0 and (words or name in BY_MEANING)
    }


def _of_chunks(scores: Mapping[str, float], scale: Scale) -> ListScore:
    scaled = scale(scores)
    return lambda id, _: (scores[id], scaled[id]) if id in scores else None


def _of_pages(scores: Mapping[str, float], payloads: Mapping[str, PointPayload], scale: Scale) -> ListScore:
    scaled = scale(scores)
    point_of = {page_key(payloads[id]): id for id in scores}

    def of_page(_: str, payload: PointPayload) -> tuple[float, float] | None:
        id = point_of.get(page_key(payload))
        return None if id is None else (scores[id], scaled[id])

    return of_page


def _of_documents(boosts: Mapping[str, float], method: FusionMethod) -> ListScore:
    """A document that is not named has 0; boosts are shares already."""
    scaled = boosts if method is FusionMethod.WEIGHTED_SUM else _reciprocal_ranks(boosts)
    return lambda _, payload: (boosts.get(payload.document, 0.0), scaled.get(payload.document, 0.0))


def _min_max(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}


def _reciprocal_ranks(scores: Mapping[str, float]) -> dict[str, float]:
    """Best rank 1.0; equal scores share a rank."""
    rank_of: dict[float, int] = {}
    for position, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        rank_of.setdefault(score, position)
    return {key: (RRF_CONSTANT + 1) / (RRF_CONSTANT + rank_of[score]) for key, score in scores.items()}
