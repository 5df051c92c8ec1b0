"""Vectors by what was embedded: a text that a tenant's documents had before is not embedded again.

Beside the vectors of a document's points lie those of the texts that they were made of (passages, headers, sketches),
each under the SHA-256 of its text, one pack for each parse and model. A job looks into the packs of the documents whose
texts are likely the same: the version of its document that is live, and documents of the same bytes. So nothing is
shared between tenants or models, a pack goes with the chunks of its parse, and there is nothing else to grow or clean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingestion.model import SCHEMA_VERSION
from retrieval.ports import Embedder

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    """`keys`: 32 bytes for each text; `vectors`: as many rows of float32, little-endian."""

    schema_version: int
    dimension: int
    keys: bytes
    vectors: bytes


class EmbeddingCache:
    """An Embedder that asks the one behind it only for texts that it has no vector of. For one document and thread.

    `packs` are what `pack` gave for documents of the same tenant and model; one that cannot be read is left out.
    """

    def __init__(self, embedder: Embedder, packs: Iterable[bytes] = ()) -> None:
        self._embedder = embedder
        self._known: dict[bytes, NDArray[np.float32]] = {}
        self._used: dict[bytes, NDArray[np.float32]] = {}
        self.embedded = 0
        """How many texts the embedder was asked for."""
        for pack in packs:
            self._known.update(_unpack(pack, embedder.dimension))

    @property
    def model_id(self) -> str:
        return self._embedder.model_id

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    @property
    def runtime(self) -> str:
        return self._embedder.runtime

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As of `Embedder.embed`."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            made = self._embedder.embed(list(missing.values()))
            self._known.update(zip(missing, made, strict=True))
            self.embedded += len(missing)
        rows = [self._known[key] for key in keys]
        self._used.update(zip(keys, rows, strict=True))
        return np.stack(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def pack(self) -> bytes:
        """The vectors of all texts that were asked for."""
        rows = list(self._used.values())
        vectors = np.stack(rows) if rows else np.empty((0, self.dimension))
        return msgspec.msgpack.encode(
            _Pack(
                schema_version=SCHEMA_VERSION,
                dimension=self.dimension,
                keys=b"".join(self._used),
                vectors=vectors.astype("<f4").tobytes(),
            )
        )


def _unpack(content: bytes, dimension: int) -> dict[bytes, NDArray[np.float32]]:
    try:
        pack = msgspec.msgpack.decode(content, type=_Pack)
    except msgspec.MsgspecError:
        return {}
    count, rest = divmod(len(pack.keys), _KEY_BYTES)
    whole = rest == 0 and len(pack.vectors) == count * dimension * 4
    if pack.schema_version != SCHEMA_VERSION or pack.dimension != dimension or not whole:
        return {}
    vectors = np.frombuffer(pack.vectors, dtype="<f4").astype(np.float32, copy=False).reshape(count, dimension)
    return {pack.keys[at * _KEY_BYTES : (at + 1) * _KEY_BYTES]: vectors[at] for at in range(count)}
