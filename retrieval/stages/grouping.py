"""One result per passage, page or document.

A page is as good as its best passage: in measurements sums over a page's passages were much worse, long pages win them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from retrieval.options import GroupBy
from retrieval.stages.candidates import FoundPoints
from retrieval.stages.fusion import FusedCandidate, Ranking


def group(ranking: Ranking, by: GroupBy) -> Ranking:
    """The best candidate of each group, in the order of the ranking."""
    _, first = np.unique(ranking.points.groups(by)[ranking.places], return_index=True)
    return ranking.only(np.sort(first))


def group_merged(candidates: Sequence[FusedCandidate], by: GroupBy) -> list[FusedCandidate]:
    """The same for candidates of several rankings, best first."""
    best: dict[Hashable, FusedCandidate] = {}
    for candidate in candidates:
        best.setdefault(_key(candidate, by), candidate)
    return list(best.values())


def count_groups(points: FoundPoints, by: GroupBy) -> int:
    """How many groups the candidates among the points make."""
    return len(np.unique(points.groups(by)[points.candidates()]))


def _key(candidate: FusedCandidate, by: GroupBy) -> Hashable:
    if by is GroupBy.PAGE:
        return candidate.parse, candidate.page
    if by is GroupBy.DOCUMENT:
        return candidate.parse[0]
    return candidate.id
