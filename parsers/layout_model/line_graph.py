"""Neighbours on a page: which pairs of lines the line network compares, and how the two lie to each other.

The pairs and the numbers are those the network was trained with; see `get_edge_by_directional_nn` and
`get_edge_transform_bbox_add_alignment` in PyMuPDF's `layout/common_util.py`, of which this is the vectorised form.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from parsers.layout_model.networks import Array

_BESIDE: Final = 0.3
"""A line is beside another if its middle is no more than this share of the other's height above or below it."""

_TINY: Final = 1e-10
_ALIGNED: Final = 1e-5
_LARGEST: Final = 1e5
PAIR_FEATURES: Final = 24


def neighbours(boxes: Array) -> Array:
    """Pairs of each line and its nearest left, right, above (two) and below (two): (2, pairs) of indices, sorted.

    `boxes`: (lines, 4) float32. Memory grows with the square of the number of lines.
    """
    left, top, right, bottom = boxes.T
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    reach = _BESIDE * (bottom - top)
    itself = np.eye(len(boxes), dtype=bool)
    elsewhere = (middle_y[None] < (top - reach)[:, None]) | (middle_y[None] > (bottom + reach)[:, None]) | itself
    beside = (left[None] - right[:, None]) ** 2 + (top[None] - top[:, None]) ** 2
    down = (top[None] - bottom[:, None]) ** 2
    stacked = (left[None] - left[:, None]) ** 2 + down
    not_below = itself | (bottom[None] <= bottom[:, None])
    not_above = itself | (top[None] >= top[:, None])
    off_column = (middle_x[None] < left[:, None]) | (middle_x[None] > right[:, None])
    pairs = [
        *_nearest(beside, elsewhere | (right[None] <= right[:, None]), 1),
        *_nearest(beside, elsewhere | (left[None] >= left[:, None]), 1),
        *_nearest(stacked, not_below, 2),
        *_nearest(stacked, not_above, 2),
        *_nearest(down, not_below | off_column, 1),
    ]
    both = np.sort(np.concatenate(pairs, axis=1), axis=0)
    return np.unique(both, axis=1)


def _nearest(distance: Array, excluded: Array, count: int) -> list[Array]:
    """For each line the pair with its nearest other one that is not excluded; then with its second nearest."""
    remaining = np.where(excluded, np.inf, distance)
    rows = np.arange(len(remaining))
    found: list[Array] = []
    for _ in range(count):
        best = remaining.argmin(axis=1)
        valid = np.isfinite(remaining[rows, best])
        found.append(np.stack([rows[valid], best[valid]]))
        remaining[rows, best] = np.inf
    return found


def pair_features(boxes: Array, pairs: Array) -> Array:
    """How the two lines of each pair lie to each other: (pairs, 24) float32."""
    one, other = boxes[pairs[0]], boxes[pairs[1]]
    both = np.concatenate([np.minimum(one[:, :2], other[:, :2]), np.maximum(one[:, 2:], other[:, 2:])], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [*_relation(one, other), *_relation(one, both), *_relation(other, both)]
    columns += [np.abs(_place(one, place) - _place(other, place)) <= _ALIGNED for place in range(6)]
    features = np.stack(columns, axis=1).astype(np.float32)
    return np.nan_to_num(features, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)


def _relation(one: Array, other: Array) -> list[Array]:
    width, height = one[:, 2] - one[:, 0], one[:, 3] - one[:, 1]
    other_width, other_height = other[:, 2] - other[:, 0] + _TINY, other[:, 3] - other[:, 1] + _TINY
    return [
        (one[:, 0] - other[:, 0]) / (width + _TINY),
        (one[:, 1] - other[:, 1]) / (height + _TINY),
        (other[:, 0] - one[:, 0]) / other_width,
        (other[:, 1] - one[:, 1]) / other_height,
        np.log(width / other_width),
        np.log(height / other_height),
    ]


def _place(boxes: Array, place: int) -> Array:
    """Left edge, middle, right edge; then top, middle, bottom."""
    axis, where = divmod(place, 3)
    low, high = boxes[:, axis], boxes[:, axis + 2]
    result: Array = (low, (low + high) / 2, high)[where]
    return result


def box_features(boxes: Array) -> Array:
    """Edges, middle and size of each line within the rectangle that holds all lines: (lines, 8) float32, 0 to 1."""
    origin = boxes[:, :2].min(axis=0)
    size = np.maximum(boxes[:, 2:].max(axis=0) - origin, 1e-6)
    low, high = (boxes[:, :2] - origin) / size, (boxes[:, 2:] - origin) / size
    return np.concatenate([low, high, (low + high) / 2, high - low], axis=1).astype(np.float32)
