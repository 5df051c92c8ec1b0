"""Vectors of questions, the last ones kept: embedding is most of a request's CPU, and callers page and refine."""

from __future__ import annotations

import threading
from collections import OrderedDict

from retrieval.ports import Embedder

Vector = tuple[float, ...]


class QueryVectors:
    """A small least-recently-used cache before an embedder. Thread-safe. Nothing is shared between tenants."""

    def __init__(self, embedder: Embedder, *, capacity: int = 1024) -> None:
        self._embedder = embedder
        self._capacity = capacity
        self._vectors: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._lock = threading.Lock()

    def vector(self, tenant: str, text: str) -> tuple[Vector, bool]:
        """The vector, and whether it was embedded just now. Raises `EmbeddingFailed`."""
        key = (tenant, text)
        with self._lock:
            if key in self._vectors:
                self._vectors.move_to_end(key)
                return self._vectors[key], False
        vector = tuple(self._embedder.embed([text])[0].tolist())
        with self._lock:
            self._vectors[key] = vector
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
        return vector, True
