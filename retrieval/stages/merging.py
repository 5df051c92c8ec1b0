"""One ranking of several questions' rankings, in which each has its turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from retrieval.stages.fusion import FusedCandidate


def take_turns(rankings: Sequence[Sequence[FusedCandidate]]) -> list[FusedCandidate]:
    """The first of each ranking, then the second of each, and so on; a candidate where it comes first.

    Scores of different questions do not compare, so a score is lowered to that of the candidate before it: they fall
    with the rank, and none is higher than its own question made it.
    """
    merged: dict[str, FusedCandidate] = {}
    lowest = 1.0
    for turn in zip_longest(*rankings):
        for candidate in turn:
            if candidate is not None and candidate.id not in merged:
                lowest = min(lowest, candidate.score)
                merged[candidate.id] = replace(candidate, score=lowest)
    return list(merged.values())
