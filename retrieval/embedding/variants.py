"""The lean ways to run the default model, best first, and how to build each."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from retrieval.embedding.bert_graph import GRAPH_VERSION
from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.processor import has_bfloat16
from retrieval.ports import Embedder


class Variant(StrEnum):
    """A runtime and its precision."""

    OPENVINO_BF16 = "openvino-bf16"
    OPENVINO_F32 = "openvino-f32"
    ONNXRUNTIME_F32 = "onnxruntime-f32"


# Packages whose version can change what a variant computes.
PACKAGES = {
    Variant.OPENVINO_BF16: ("openvino", "tokenizers"),
    Variant.OPENVINO_F32: ("openvino", "tokenizers"),
    Variant.ONNXRUNTIME_F32: ("onnxruntime", "tokenizers"),
}

# Least cosine to the float32 reference over the check's texts. bfloat16 keeps 8 bits: .9998 on a text of one word,
# .99996 on chunks; below .999 the order of hits starts to change.
LEAST_COSINE = {
    Variant.OPENVINO_BF16: 0.999,
    Variant.OPENVINO_F32: 0.99999,
    Variant.ONNXRUNTIME_F32: 0.99999,
}


def variants_for(runtime: str, flags: frozenset[str]) -> tuple[Variant, ...]:
    """What to try on a processor with these flags, best first, for a runtime's name or "auto"."""
    openvino = (Variant.OPENVINO_BF16, Variant.OPENVINO_F32) if has_bfloat16(flags) else (Variant.OPENVINO_F32,)
    return {
        "auto": (*openvino, Variant.ONNXRUNTIME_F32),
        "openvino": openvino,
        "onnxruntime": (Variant.ONNXRUNTIME_F32,),
    }[runtime]


def graph_path(folder: ModelFolder, cache_dir: Path) -> Path:
    """Where the model's graph lies; its name changes with the weights and with how it is built."""
    return cache_dir / f"{folder.id.replace('/', '--')}-graph{GRAPH_VERSION}.onnx"


def build(variant: Variant, folder: ModelFolder, graph: Path, *, threads: int) -> Embedder:
    """An embedder from a graph file that exists. Imports only the runtime it needs."""
    if variant is Variant.ONNXRUNTIME_F32:
        from retrieval.embedding.onnx_runtime import OnnxRuntimeEmbedder  # noqa: PLC0415

        return OnnxRuntimeEmbedder(folder, graph, threads=threads)
    from retrieval.embedding.openvino_runtime import OpenVinoEmbedder  # noqa: PLC0415

    return OpenVinoEmbedder(folder, graph, threads=threads, bfloat16=variant is Variant.OPENVINO_BF16)
