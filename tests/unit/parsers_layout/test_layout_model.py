"""The parts of the layout model's driver against plain, slow ways to the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parsers.layout_model.grouping import group_lines
from parsers.layout_model.line_graph import PAIR_FEATURES, box_features, neighbours, pair_features
from parsers.layout_model.networks import Array
from parsers.layout_model.picture_areas import picture_areas
from parsers.layout_model.pooling import cells_of, image_features

SIZE = 24
CLASSES = 12


def enlarge(small: Array, size: int) -> Array:
    """Bilinear with half-pixel centres, one pixel after the other."""
    channels, height, width = small.shape
    large = np.zeros((channels, size, size), dtype=np.float64)
    for y in range(size):
        for x in range(size):
            down = min(max((y + 0.5) * height / size - 0.5, 0), height - 1)
            across = min(max((x + 0.5) * width / size - 0.5, 0), width - 1)
            top, left = int(down), int(across)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = small[:, top, left] * (1 - across + left) + small[:, top, right] * (across - left)
            lower = small[:, bottom, left] * (1 - across + left) + small[:, bottom, right] * (across - left)
            large[:, y, x] = upper * (1 - down + top) + lower * (down - top)
    return large


def test_pooling_under_a_box_is_pooling_of_the_enlarged_map() -> None:
    random = np.random.default_rng(7)
    maps = [random.normal(size=(3, side, side)).astype(np.float32) for side in (12, 6, 2)]
    logits = random.normal(size=(CLASSES, SIZE, SIZE)).astype(np.float32)
    boxes = np.array([[0, 0, 50, 3], [10, 20, 90, 28], [80, 80, 100, 100], [33, 33, 34, 34]], dtype=np.float32)
    cells = cells_of(boxes, 100.0, 100.0, SIZE)
    pooled = image_features(maps, logits, cells)
    large = np.concatenate([enlarge(small, SIZE) for small in maps])
    chances = np.exp(logits) / np.exp(logits).sum(axis=0)
    for row, (left, top, right, bottom) in zip(pooled, cells.tolist(), strict=True):
        part = large[:, top : bottom + 1, left : right + 1].reshape(len(large), -1)
        seen = chances[:, top : bottom + 1, left : right + 1].reshape(CLASSES, -1)
        best = np.sort(seen, axis=0)
        expected = [
            *part.mean(axis=1),
            *part.max(axis=1),
            *seen.mean(axis=1),
            *seen.min(axis=1),
            *seen.max(axis=1),
            -(seen * np.log(seen)).sum(axis=0).mean(),
            (best[-1] - best[-2]).mean(),
        ]
        assert row == pytest.approx(expected, abs=1e-4)


@given(arrays(np.float32, st.tuples(st.integers(2, 12), st.just(4)), elements=st.floats(0, 500, width=32)))
@settings(max_examples=40, deadline=None)
def test_neighbours_are_pairs_of_two_lines_each_once(corners: Array) -> None:
    boxes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], axis=1)
    pairs = neighbours(boxes)
    assert pairs.shape[0] == 2
    assert bool((pairs[0] < pairs[1]).all())
    assert len(set(map(tuple, pairs.T.tolist()))) == pairs.shape[1]
    features = pair_features(boxes, pairs)
    assert features.shape == (pairs.shape[1], PAIR_FEATURES)
    assert bool(np.isfinite(features).all())
    placed = box_features(boxes)
    assert placed.shape == (len(boxes), 8)
    assert float(placed[:, :6].min()) >= -1e-5
    assert float(placed[:, :6].max()) <= 1 + 1e-5


def test_a_line_has_its_neighbours_beside_above_and_below() -> None:
    grid = [(x, y, x + 50.0, y + 10.0) for y in (0.0, 20.0, 40.0) for x in (0.0, 100.0, 200.0)]
    pairs = set(map(tuple, neighbours(np.array(grid, dtype=np.float32)).T.tolist()))
    assert {(3, 4), (4, 5), (1, 4), (4, 7)} <= pairs
    assert (0, 8) not in pairs


def test_joined_lines_are_a_group_of_the_class_of_most() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 12, 10, 22], [0, 24, 10, 34], [0, 100, 10, 110]], dtype=np.float32)
    pairs = np.array([[0, 1, 2], [1, 2, 3]])
    nodes = np.array([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [0.0, 9.0]])
    edges = np.array([[0.0, 5.0], [0.0, 5.0], [5.0, 0.0]])
    groups = group_lines(boxes, pairs, nodes, edges, ("text", "table"), (1, 0))
    assert [(group.members, group.kind, group.bbox) for group in groups] == [
        ((0, 1, 2), "text", (0.0, 0.0, 10.0, 34.0)),
        ((3,), "table", (0.0, 100.0, 10.0, 110.0)),
    ]
    assert 0.6 < groups[0].confidence < 0.7


def test_a_picture_is_a_patch_of_pixels_and_specks_are_none() -> None:
    logits = np.zeros((CLASSES, 300, 300), dtype=np.float32)
    logits[0] = 1.0
    logits[3, 30:120, 60:240] = 2.0
    logits[3, 200:203, 200:203] = 2.0
    ((box, purity),) = picture_areas(logits, 600.0, 900.0)
    assert box == pytest.approx((120, 90, 480, 360), abs=10)
    assert purity > 0.9


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts the threads of Linux")
def test_loading_leaves_no_thread_and_no_telemetry() -> None:
    program = (
        "import os; from parsers.preloading import require; require('parsers.layout_model.model');"
        "print(len(os.listdir('/proc/self/task')), os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert answer.stdout.split() == ["1", "1"]
