"""One result per passage, page or document.

A page is as good as its best passage: in measurements sums over a page's passages were much worse, long pages win them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from retrieval.model import PointPayload
from retrieval.options import GroupBy
from retrieval.stages.fusion import FusedCandidate


def group(ranked: Sequence[FusedCandidate], payloads: Mapping[str, PointPayload], by: GroupBy) -> list[FusedCandidate]:
    """The best candidate of each group, in the order of `ranked` (best first)."""
    seen: set[Hashable] = set()
    best = []
    for candidate in ranked:
        key = _key(candidate.id, payloads[candidate.id], by)
        if key not in seen:
            seen.add(key)
            best.append(candidate)
    return best


def count_groups(payloads: Mapping[str, PointPayload], by: GroupBy) -> int:
    """How many groups the candidates make."""
    return len({_key(id, payload, by) for id, payload in payloads.items()})


def _key(id: str, payload: PointPayload, by: GroupBy) -> Hashable:
    if by is GroupBy.PAGE:
        return payload.document, payload.parse, payload.page
    if by is GroupBy.DOCUMENT:
        return payload.document
    return id
