"""A text is embedded once; what is kept is exactly what the embedder gave, and only for its own model's shape."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ingestion.embedding_cache import EmbeddingCache


class CountingEmbedder:
    model_id = "test/counting"
    runtime = "test"

    def __init__(self, dimension: int = 8) -> None:
        self.dimension = dimension
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = [list(hashlib.sha256(text.encode()).digest()[: self.dimension]) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, self.dimension) / 7


TEXTS = st.lists(st.text(max_size=5), max_size=12)


@given(before=TEXTS, now=TEXTS)
def test_vectors_are_those_of_the_embedder_and_only_new_texts_are_asked_for(before: list[str], now: list[str]) -> None:
    first = EmbeddingCache(CountingEmbedder())
    first.embed(before)
    behind = CountingEmbedder()
    second = EmbeddingCache(behind, [first.pack()])
    assert np.array_equal(second.embed(now), CountingEmbedder().embed(now))
    assert sorted(behind.asked) == sorted(set(now) - set(before))
    assert second.embedded == len(behind.asked)


def test_a_pack_holds_what_was_asked_for_and_nothing_of_the_one_before() -> None:
    first = EmbeddingCache(CountingEmbedder())
    first.embed(["kept", "gone"])
    second = EmbeddingCache(CountingEmbedder(), [first.pack()])
    second.embed(["kept"])
    behind = CountingEmbedder()
    EmbeddingCache(behind, [second.pack()]).embed(["kept", "gone"])
    assert behind.asked == ["gone"]


def test_packs_that_do_not_fit_are_left_out() -> None:
    other = EmbeddingCache(CountingEmbedder(4))
    other.embed(["a"])
    whole = EmbeddingCache(CountingEmbedder())
    whole.embed(["a"])
    behind = CountingEmbedder()
    cache = EmbeddingCache(behind, [other.pack(), whole.pack()[:-3], b"", b"\xc1"])
    cache.embed(["a"])
    assert behind.asked == ["a"]
