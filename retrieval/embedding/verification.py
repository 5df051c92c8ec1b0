"""Does a runtime compute what the model's authors meant? Checked against sentence-transformers in float32.

Run as a program it builds the graph if there is none, checks one variant and prints the verdict as JSON: a process of
its own, because the reference needs torch, and a process that serves must not load it.

    python -m retrieval.embedding.verification VARIANT CACHE_DIR [MODEL]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from retrieval.embedding.bert_graph import write_bert_graph
from retrieval.embedding.model_files import ModelFolder, find_model
from retrieval.embedding.sentence_transformers_runtime import SentenceTransformersEmbedder
from retrieval.embedding.variants import LEAST_COSINE, Variant, build, graph_path
from retrieval.embedding.verdicts import Verdict
from retrieval.errors import EmbeddingFailed
from retrieval.ports import Embedder

_PASSAGE = (
    "Net sales of $4,212.7 million for the fiscal year ended December 31, 2023 rose by 3.5% (2022: $4,070.1 million); "
    "the Company's non-GAAP operating margin was 18.2%, as Item 7 of the Form 10-K explains. "
)
# Lengths from one word piece to more than the model's limit, so that one batch of them all is mostly padding.
CHECK_TEXTS: tuple[str, ...] = (
    "sales",
    "What was the revenue in 2023?",
    "§ 5.2 — Überschuß (naïve café) 日本",
    "",
    *(_PASSAGE[: 40 * step] for step in range(1, 5)),
    *(_PASSAGE * count for count in (2, 3, 5, 12)),
)


def verify_runtime(embedder: Embedder, reference: Embedder, required: float) -> Verdict:
    """Compare two embedders of one model on a padded batch of mixed lengths."""
    try:
        vectors = embedder.embed(CHECK_TEXTS)
    except EmbeddingFailed as error:
        return Verdict(passed=False, least_cosine=0.0, required=required, reason=str(error))
    expected = reference.embed(CHECK_TEXTS)
    if vectors.shape != expected.shape or not np.isfinite(vectors).all():
        return Verdict(passed=False, least_cosine=0.0, required=required, reason="The vectors are not usable.")
    least = float(np.sum(vectors * expected, axis=1).min())
    reason = "" if least >= required else f"The least cosine to the reference is {least:.6f}, below {required}."
    return Verdict(passed=least >= required, least_cosine=least, required=required, reason=reason)


def check(folder: ModelFolder, variant: Variant, cache_dir: Path) -> Verdict:
    """Build the graph if there is none, load the variant and compare it with the reference."""
    required = LEAST_COSINE[variant]
    try:
        graph = ensure_graph(folder, cache_dir)
        embedder = build(variant, folder, graph, threads=1)
    except (EmbeddingFailed, ImportError) as error:
        return Verdict(passed=False, least_cosine=0.0, required=required, reason=str(error))
    return verify_runtime(embedder, SentenceTransformersEmbedder(folder, threads=1), required)


def ensure_graph(folder: ModelFolder, cache_dir: Path) -> Path:
    """The graph file, complete: written beside its place, then moved there."""
    path = graph_path(folder, cache_dir)
    if path.exists():
        return path
    handle, name = tempfile.mkstemp(dir=cache_dir, suffix=".onnx.part")
    os.close(handle)
    partial = Path(name)
    try:
        write_bert_graph(folder, partial)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def main(arguments: list[str]) -> int:
    variant, cache_dir, *model = arguments
    verdict = check(find_model(model[0] if model else None), Variant(variant), Path(cache_dir))
    sys.stdout.buffer.write(msgspec.json.encode(verdict) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
