"""Image features of each line: what the image network sees under the line's box.

The network was trained on feature maps enlarged to the size of its input (bilinear, half-pixel centres) and then pooled
under each box. Enlarging is linear in each direction, so only the part under a box is enlarged here: the same numbers
at a tenth of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from parsers.layout_model.networks import Array

_NO_LOG_OF_ZERO: Final = 1e-12


def image_features(maps: Sequence[Array], logits: Array, cells: Array) -> Array:
    """Mean and maximum of each channel of the maps; mean, minimum and maximum of each class's probability; the mean
    entropy of the classes and margin between the best two: (boxes, 2 × channels + 3 × classes + 2) float32.

    `cells`: (boxes, 4) integers, first and last column and row of each box (left, top, right, bottom; both included) in
    pixels of the network's input.
    """
    size = logits.shape[1]
    means: list[Array] = []
    highest: list[Array] = []
    for channels in maps:
        mean, maximum = _pool_enlarged(channels, cells, size)
        means.append(mean)
        highest.append(maximum)
    return np.concatenate([*means, *highest, _pool_classes(logits, cells)], axis=1).astype(np.float32)


def cells_of(boxes: Array, width: float, height: float, size: int) -> Array:
    """The pixels of a square input of `size` that boxes on a page of `width` × `height` touch, as `image_features`
    wants them."""
    scale = np.array([size / width, size / height])
    first = np.floor(boxes[:, :2] * scale).astype(np.intp).clip(0, size - 1)
    last = (np.ceil(boxes[:, 2:] * scale).astype(np.intp) - 1).clip(0, size - 1)
    return np.concatenate([first, np.maximum(first, last)], axis=1)


@lru_cache(maxsize=8)
def _enlarging(small: int, large: int) -> tuple[Array, Array, Array]:
    """The matrix (large, small) that enlarges by linear interpolation, and the first and last source of each row."""
    position = ((np.arange(large) + 0.5) * small / large - 0.5).clip(0, small - 1)
    low = np.floor(position).astype(np.intp)
    high = np.minimum(low + 1, small - 1)
    share = position - low
    matrix = np.zeros((large, small), dtype=np.float32)
    rows = np.arange(large)
    matrix[rows, low] += 1 - share
    matrix[rows, high] += share
    return matrix, low, high


def _pool_enlarged(channels: Array, cells: Array, size: int) -> tuple[Array, Array]:
    """Mean and maximum under each box of a (channels, height, width) map enlarged to `size` × `size`."""
    count, height, width = channels.shape
    across, first_column, last_column = _enlarging(width, size)
    down, first_row, last_row = _enlarging(height, size)
    by_place = np.ascontiguousarray(channels.transpose(1, 2, 0))
    mean = np.empty((len(cells), count), dtype=np.float32)
    maximum = np.empty_like(mean)
    for index, (left, top, right, bottom) in enumerate(cells.tolist()):
        y0, y1 = first_row[top], last_row[bottom] + 1
        x0, x1 = first_column[left], last_column[right] + 1
        part = by_place[y0:y1, x0:x1].reshape(y1 - y0, -1)
        rows = (down[top : bottom + 1, y0:y1] @ part).reshape(bottom + 1 - top, x1 - x0, count)
        enlarged = (across[left : right + 1, x0:x1] @ rows).reshape(-1, count)
        enlarged.mean(axis=0, out=mean[index])
        enlarged.max(axis=0, out=maximum[index])
    return mean, maximum


def _pool_classes(logits: Array, cells: Array) -> Array:
    classes = logits.shape[0]
    covered = np.zeros(logits.shape[1:], dtype=bool)
    for left, top, right, bottom in cells.tolist():
        covered[top : bottom + 1, left : right + 1] = True
    values = np.zeros((*covered.shape, classes + 2), dtype=np.float32)
    values[covered] = _class_values(logits[:, covered].T)
    pooled = np.empty((len(cells), 3 * classes + 2), dtype=np.float32)
    for index, (left, top, right, bottom) in enumerate(cells.tolist()):
        part = values[top : bottom + 1, left : right + 1].reshape(-1, classes + 2)
        mean = part.mean(axis=0)
        pooled[index, :classes] = mean[:classes]
        pooled[index, classes : 2 * classes] = part[:, :classes].min(axis=0)
        pooled[index, 2 * classes : 3 * classes] = part[:, :classes].max(axis=0)
        pooled[index, 3 * classes :] = mean[classes:]
    return pooled


def _class_values(logits: Array) -> Array:
    """Probabilities of the classes, their entropy, and the margin between the best two, per pixel (row)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances = powers / (powers.sum(axis=1, keepdims=True) + _NO_LOG_OF_ZERO)
    entropy = -(chances * np.log(chances + _NO_LOG_OF_ZERO)).sum(axis=1, keepdims=True)
    best = np.partition(chances, -2, axis=1)[:, -2:]
    result: Array = np.concatenate([chances, entropy, best[:, 1:] - best[:, :1]], axis=1)
    return result
