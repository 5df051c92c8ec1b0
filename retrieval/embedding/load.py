"""One way to an embedder: the fastest runtime that was checked on this machine, or the one that is asked for."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, get_args

from retrieval.embedding.model_files import ModelFolder, find_model
from retrieval.embedding.processor import processor_flags
from retrieval.embedding.variants import build, graph_path, variants_for
from retrieval.embedding.verdicts import verdict_for
from retrieval.errors import EmbeddingFailed
from retrieval.ports import Embedder

Runtime = Literal["auto", "openvino", "onnxruntime", "sentence-transformers"]

_log = logging.getLogger(__name__)


def load_embedder(model: str | None, runtime: Runtime, *, threads: int, cache_dir: Path) -> Embedder:
    """The embedder of a model by name or path (None: the default).

    "auto" tries OpenVINO, then ONNX Runtime, then sentence-transformers for the default model; every other model runs
    on sentence-transformers. The lean runtimes are used only where they were checked against sentence-transformers
    (see `verdicts`); the first start on a machine takes some seconds for that. `cache_dir` is created; it holds the
    verdicts and the model's graph. Raises `EmbeddingFailed`: the model is not on this machine, or the runtime that
    was asked for by name cannot be used.
    """
    if runtime not in get_args(Runtime):
        raise EmbeddingFailed(f"There is no embedding runtime {runtime!r}; there are: {', '.join(get_args(Runtime))}.")
    folder = find_model(model)
    if folder.is_default and runtime != "sentence-transformers":
        return _checked(folder, runtime, threads=threads, cache_dir=cache_dir)
    if runtime not in ("auto", "sentence-transformers"):
        raise EmbeddingFailed(
            f"The embedding model {folder.id!r} runs on sentence-transformers only; {runtime} is for the default model."
        )
    return _reference(folder, threads=threads)


def _checked(folder: ModelFolder, runtime: Runtime, *, threads: int, cache_dir: Path) -> Embedder:
    cache_dir.mkdir(parents=True, exist_ok=True)
    flags = processor_flags()
    reasons = []
    for variant in variants_for(runtime, flags):
        verdict = verdict_for(folder, variant, flags, cache_dir)
        if verdict.passed:
            try:
                embedder = build(variant, folder, graph_path(folder, cache_dir), threads=threads)
            except (EmbeddingFailed, ImportError) as error:
                reasons.append(f"{variant}: {error}")
            else:
                _log.info("Embedding runs on %s (least cosine to the reference %.5f).", variant, verdict.least_cosine)
                return embedder
        else:
            reasons.append(f"{variant}: {verdict.reason}")
        _log.warning("Embedding cannot run on %s", reasons[-1])
    if runtime != "auto":
        raise EmbeddingFailed(f"The embedding runtime {runtime} cannot be used. {' '.join(reasons)}")
    _log.warning("Embedding falls back to sentence-transformers, which is several times slower.")
    return _reference(folder, threads=threads)


def _reference(folder: ModelFolder, *, threads: int) -> Embedder:
    from retrieval.embedding.sentence_transformers_runtime import (  # noqa: PLC0415  (imports torch)
        SentenceTransformersEmbedder,
    )

    return SentenceTransformersEmbedder(folder, threads=threads)
