"""From token vectors to one vector per text, as sentence-transformers does it: mean over the real tokens, length 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of L2 length 1 (a row of zeros stays zeros)."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def mean_pool(hidden: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """`hidden` (texts, length, dimension), `mask` (texts, length) → (texts, dimension), rows of length 1.

    Done here in float32, not in the graph: a bf16 runtime would round the sums.
    """
    weights = mask.astype(np.float32)
    sums = np.matmul(weights[:, None, :], hidden)[:, 0, :]
    return normalise(sums / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))
