"""From the line network's answers to regions: lines that it joins, and what most of them are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from parsers.layout_model.networks import Array, softmax
from parsers.model import Box

_JOINED: Final = 0.55
"""The threshold of the network's authors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGroup:
    """Lines (indices, rising) that belong together, the name of their class, and its mean probability over them."""

    members: tuple[int, ...]
    kind: str
    confidence: float
    bbox: Box


def group_lines(
    boxes: Array,
    pairs: Array,
    node_logits: Array,
    pair_logits: Array,
    classes: Sequence[str],
    priority: Sequence[int],
) -> list[LineGroup]:
    """Groups in the order of their first lines. The class of most lines counts; of several, the first by `priority`."""
    chances = softmax(node_logits)
    best = chances.argmax(axis=1)
    joined = pairs[:, softmax(pair_logits)[:, 1] > _JOINED] if len(pair_logits) else pairs[:, :0]
    rank = {class_id: place for place, class_id in enumerate(priority)}
    groups: list[LineGroup] = []
    for members in _components(len(boxes), joined):
        votes = np.bincount(best[members])
        tied = np.flatnonzero(votes == votes.max()).tolist()
        winner = min(tied, key=lambda class_id: rank.get(class_id, len(rank)))
        inside = boxes[members]
        low, high = inside[:, :2].min(axis=0).tolist(), inside[:, 2:].max(axis=0).tolist()
        groups.append(
            LineGroup(
                members=tuple(members),
                kind=classes[winner],
                confidence=float(chances[members, winner].mean()),
                bbox=(low[0], low[1], high[0], high[1]),
            )
        )
    return groups


def _components(count: int, pairs: Array) -> Iterator[list[int]]:
    """The connected parts of a graph, each as rising indices, by their first."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs.T.tolist():
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(root(node), []).append(node)
    return iter(parts.values())
