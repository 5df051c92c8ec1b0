"""One score from several lists. Both methods give 0..1, where 1 is best in every list that counts.

The score orders the results of one question. It is relative to that question's candidates: it does not compare between
questions, and says nothing of whether the best candidate is an answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np

from retrieval.hits import Numbers, ParseKey, Scores, best_first
from retrieval.model import PointKind
from retrieval.options import LISTS_OF_MODE, CandidateList, FusionMethod, Mode
from retrieval.stages.candidates import BY_MEANING, KIND_OF, CandidateLists, FoundList, FoundPoints

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

Scale = Callable[[Scores], Scores]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedCandidate:
    """A passage (or a page, where none of its passages was found) with its score 0..1, and the scores it is made of:
    as the lists gave them; of a list that does not have it there is none. `parse` and `page`: where it is."""

    id: str
    score: float
    scores: Mapping[CandidateList, float] = field(default_factory=dict)
    parse: ParseKey = ("", "")
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking(Sequence[FusedCandidate]):
    """Candidates best first: `places` in `points`, and their `scores`. `given`: what each list gave each point, nan
    where it lacks it. Candidates are made when they are asked for: few of some hundreds are."""

    points: FoundPoints
    places: Numbers
    scores: Scores
    given: Mapping[CandidateList, Scores]

    def only(self, ranks: Numbers) -> Ranking:
        """Those of the candidates, by their place in this ranking, in order."""
        return replace(self, places=self.places[ranks], scores=self.scores[ranks])

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, rank: int) -> FusedCandidate: ...
    @overload
    def __getitem__(self, rank: slice) -> list[FusedCandidate]: ...
    def __getitem__(self, rank: int | slice) -> FusedCandidate | list[FusedCandidate]:
        if isinstance(rank, slice):
            return [self[each] for each in range(*rank.indices(len(self)))]
        points, place = self.points, int(self.places[rank])
        given = {name: float(scores[place]) for name, scores in self.given.items()}
        return FusedCandidate(
            id=points.ids[place],
            score=float(self.scores[rank]),
            scores={name: score for name, score in given.items() if not math.isnan(score)},
            parse=points.parses[points.parse_of[place]],
            page=int(points.pages[place]),
        )


def fuse(
    found: CandidateLists,
    boosts: Mapping[str, float],
    *,
    method: FusionMethod,
    weights: Mapping[CandidateList, float],
) -> Ranking:
    """All candidates, best first, ties by id. `weights`: see `active_weights`.

    `boosts`: document id to 0..1. A passage has the scores of its own lists and those of its page. Weighted sum: the
    scores of each list scaled so that its best is 1 and its last 0; a passage that a list does not have gets 0 of it.
    RRF: by rank alone, documents ranked by their boost. A list that found nothing at all does not count.
    """
    points = found.points
    scale: Scale = _min_max if method is FusionMethod.WEIGHTED_SUM else _reciprocal_ranks
    total = 0.0
    sums = np.zeros(len(points))
    given: dict[CandidateList, Scores] = {}
    for name, weight in weights.items():
        if name is CandidateList.DOCUMENT:
            given[name], shares = _of_documents(points, boosts, method)
            speaks = bool(boosts)
        elif name in found.lists:
            given[name], shares = _of_list(points, found.lists[name], scale, of_pages=KIND_OF[name] is PointKind.PAGE)
            speaks = len(found.lists[name].places) > 0
        else:
            continue
        sums += weight * shares
        total += weight if speaks else 0.0
    places = points.candidates()
    scores = sums[places] / total if len(places) else np.zeros(0)
    order = best_first(scores, lambda place: points.ids[places[place]])
    return Ranking(points=points, places=places[order], scores=scores[order], given=given)


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


def _of_list(points: FoundPoints, found: FoundList, scale: Scale, *, of_pages: bool) -> tuple[Scores, Scores]:
    """What the list gave each point and what that is worth, 0..1: nan and 0 where it lacks it. What is said of a page
    is said of all passages on it."""
    given, shares = np.full(len(points), np.nan), np.zeros(len(points))
    of = points.page_of[found.places] if of_pages else found.places
    given[of], shares[of] = found.scores, scale(found.scores)
    return (given[points.page_of], shares[points.page_of]) if of_pages else (given, shares)


def _of_documents(points: FoundPoints, boosts: Mapping[str, float], method: FusionMethod) -> tuple[Scores, Scores]:
    """A document that is not named has 0; boosts are shares already."""
    values = np.array(list(boosts.values()), dtype=np.float64)
    worth = values if method is FusionMethod.WEIGHTED_SUM else _reciprocal_ranks(values)
    share_of = dict(zip(boosts, worth.tolist(), strict=True))
    given = np.array([boosts.get(document, 0.0) for document, _ in points.parses], dtype=np.float64)
    shares = np.array([share_of.get(document, 0.0) for document, _ in points.parses], dtype=np.float64)
    return given[points.parse_of], shares[points.parse_of]


def _min_max(scores: Scores) -> Scores:
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return np.ones(len(scores)) if high == low else (scores - low) / (high - low)


def _reciprocal_ranks(scores: Scores) -> Scores:
    """Best rank 1.0; equal scores share a rank."""
    ranks = 1 + np.searchsorted(np.sort(-scores), -scores)
    return (RRF_CONSTANT + 1) / (RRF_CONSTANT + ranks)
