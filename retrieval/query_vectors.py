"""Vectors of questions, the last ones kept: embedding is most of a request's CPU, and callers page and refine."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from retrieval.ports import Embedder

Vector = tuple[float, ...]


class QueryVectors:
    """A small least-recently-used cache before an embedder. Thread-safe. Nothing is shared between tenants."""

    def __init__(self, embedder: Embedder, *, capacity: int = 1024) -> None:
        self._embedder = embedder
        self._capacity = capacity
        self._vectors: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._lock = threading.Lock()

    def vector(self, tenant: str, texts: Sequence[tuple[str, float]]) -> tuple[Vector, int]:
        """The weighted sum of the texts' vectors, of length 1, and how many of them were embedded just now, in one
        call. Raises `EmbeddingFailed`."""
        found, new = self._vectors_of(tenant, [text for text, _ in texts])
        if len(texts) == 1:
            return found[texts[0][0]], new
        mixed = [sum(weight * found[text][at] for text, weight in texts) for at in range(self._embedder.dimension)]
        length = math.sqrt(sum(value * value for value in mixed)) or 1.0
        return tuple(value / length for value in mixed), new

    def knows(self, tenant: str, text: str) -> bool:
        return (tenant, text) in self._vectors

    def embed_ahead(self, tenant: str, texts: Iterable[str]) -> int:
        """Embed those of the texts that are not known yet, in one call; how many. Raises `EmbeddingFailed`."""
        return self._vectors_of(tenant, list(texts))[1]

    def _vectors_of(self, tenant: str, texts: Sequence[str]) -> tuple[dict[str, Vector], int]:
        found = {}
        with self._lock:
            for text in texts:
                if (tenant, text) in self._vectors:
                    self._vectors.move_to_end((tenant, text))
                    found[text] = self._vectors[tenant, text]
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            made = {text: tuple(row.tolist()) for text, row in zip(new, self._embedder.embed(new), strict=True)}
            self._keep({(tenant, text): vector for text, vector in made.items()})
            found |= made
        return found, len(new)

    def _keep(self, vectors: Mapping[tuple[str, str], Vector]) -> None:
        with self._lock:
            self._vectors.update(vectors)
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
