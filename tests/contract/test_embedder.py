"""What every embedding runtime must do, on the real default model: one suite for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding.model_files import ModelFolder, find_model
from retrieval.embedding.processor import has_bfloat16, processor_flags
from retrieval.embedding.sentence_transformers_runtime import SentenceTransformersEmbedder
from retrieval.embedding.variants import LEAST_COSINE, Variant, build
from retrieval.embedding.verification import CHECK_TEXTS, ensure_graph, verify_runtime
from retrieval.ports import Embedder

REFERENCE = "sentence-transformers-f32"
RUNTIMES = [*(str(variant) for variant in Variant), REFERENCE]


@pytest.fixture(scope="module")
def folder() -> ModelFolder:
    return find_model(None)


@pytest.fixture(scope="module")
def reference(folder: ModelFolder) -> Embedder:
    return SentenceTransformersEmbedder(folder, threads=1)


@pytest.fixture(scope="module")
def graph(folder: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_graph(folder, tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="module", params=RUNTIMES)
def embedder(request: pytest.FixtureRequest, folder: ModelFolder, graph: Path, reference: Embedder) -> Embedder:
    if request.param == REFERENCE:
        return reference
    variant = Variant(request.param)
    if variant is Variant.OPENVINO_BF16 and not has_bfloat16(processor_flags()):
        pytest.skip("this processor has no bfloat16 instructions")
    return build(variant, folder, graph, threads=1)


def least(embedder: Embedder) -> float:
    return 0.999 if embedder.runtime.endswith("bf16") else 0.99999


def test_it_says_what_it_is(embedder: Embedder, folder: ModelFolder) -> None:
    assert embedder.runtime in RUNTIMES
    assert (embedder.model_id, embedder.dimension) == (folder.id, 384)


def test_vectors_are_rows_of_length_one_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["a long text " * 40, "x", "net sales", "a long text " * 20]
    vectors = embedder.embed(texts)
    assert vectors.shape == (4, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.vstack([embedder.embed([text]) for text in texts])
    assert np.sum(vectors * alone, axis=1).min() >= least(embedder)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_it_computes_what_the_reference_computes(embedder: Embedder, reference: Embedder) -> None:
    verdict = verify_runtime(embedder, reference, least(embedder))
    assert verdict.passed, verdict.reason


def test_texts_beyond_the_limit_are_cut_as_the_reference_cuts_them(embedder: Embedder, reference: Embedder) -> None:
    text = " ".join(f"word{number}" for number in range(2000))
    assert float(embedder.embed([text])[0] @ reference.embed([text])[0]) >= least(embedder)


def test_many_batches_keep_every_row_in_its_place(embedder: Embedder) -> None:
    texts = [f"{word} " * length for word, length in itertools.product(("sales", "rain", "pension"), range(1, 60, 6))]
    vectors = embedder.embed(texts)
    one = texts.index("rain " * 19)
    assert float(vectors[one] @ embedder.embed([texts[one]])[0]) >= least(embedder)


def test_threads_may_share_it(embedder: Embedder) -> None:
    texts = [f"question {number} about sales in {2000 + number}" for number in range(12)]
    expected = np.vstack([embedder.embed([text]) for text in texts])
    embed: Callable[[str], np.ndarray] = lambda text: embedder.embed([text])[0]  # noqa: E731
    with ThreadPoolExecutor(4) as pool:
        vectors = np.vstack(list(pool.map(embed, texts)))
    assert np.sum(vectors * expected, axis=1).min() >= 0.99999


def test_a_runtime_that_computes_something_else_does_not_pass(reference: Embedder) -> None:
    class Shifted:
        model_id, dimension, runtime = "x", 384, "shifted"

        def embed(self, texts: list[str]) -> np.ndarray:
            vectors = reference.embed(texts) + 0.01
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    verdict = verify_runtime(Shifted(), reference, LEAST_COSINE[Variant.OPENVINO_BF16])
    assert not verdict.passed and verdict.reason


def test_the_checks_texts_are_one_padded_batch() -> None:
    assert len(CHECK_TEXTS) <= 16 and len(CHECK_TEXTS[-1]) > 10 * len(CHECK_TEXTS[0])
