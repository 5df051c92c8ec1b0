"""A BERT encoder as an ONNX graph, built operator by operator from the weights.

Both lean runtimes read this one file. It is built, not traced: tracing bakes the shapes and masks of the example
batch into the graph (vectors of padded batches came out wrong by up to .08 that way). The architecture is that of
Devlin et al. 2019 (arXiv 1810.04805) with post-layer normalisation, exact GELU and absolute positions; anything else
is refused.

Inputs `input_ids`, `attention_mask`: int64 (batch, length). Output `hidden`: float32 (batch, length, hidden_size).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding import onnx_file
from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.onnx_file import Attribute
from retrieval.errors import EmbeddingFailed

# Part of the file's name in the cache: raise it when the graph changes.
GRAPH_VERSION = 2
# The first operator set that has GELU as one operator.
_OPERATOR_SET = 20

Weights = Mapping[str, NDArray[np.float32]]


def write_bert_graph(folder: ModelFolder, target: Path) -> None:
    """Write the model as ONNX to `target`, in place."""
    try:
        from safetensors.numpy import load_file  # noqa: PLC0415  (only the process that builds the file needs it)
    except ImportError as error:
        raise EmbeddingFailed("Building the model's graph needs the package safetensors.") from error
    config = folder.read_json("config.json")
    _check_supported(folder, config)
    target.write_bytes(_GraphBuilder(load_file(folder.path / "model.safetensors"), config).build())


def _check_supported(folder: ModelFolder, config: Mapping[str, Any]) -> None:
    expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for key, value in expected.items():
        if config.get(key, value) != value:
            raise EmbeddingFailed(f"No graph can be built for {folder.id!r}: {key} is {config[key]!r}, not {value!r}.")
    pooling = folder.read_json("1_Pooling/config.json")
    if not pooling.get("pooling_mode_mean_tokens"):
        raise EmbeddingFailed(f"No graph can be built for {folder.id!r}: it does not pool by the mean.")


class _GraphBuilder:
    """Collects nodes and constants; every method returns the name of the value it made."""

    def __init__(self, weights: Weights, config: Mapping[str, Any]) -> None:
        self._weights = weights
        self._hidden = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def build(self) -> bytes:
        """The content of the ONNX file."""
        mask_bias = self._mask_bias()
        hidden = self._embeddings()
        for layer in range(self._layers):
            hidden = self._layer(hidden, mask_bias, f"encoder.layer.{layer}")
        self._nodes.append(onnx_file.node("Identity", [hidden], "hidden", {}))
        graph = onnx_file.graph(
            "bert",
            nodes=self._nodes,
            tensors=list(self._constants.values()),
            inputs=[
                onnx_file.value_info(name, onnx_file.INT64, ["batch", "length"])
                for name in ("input_ids", "attention_mask")
            ],
            outputs=[onnx_file.value_info("hidden", onnx_file.FLOAT, ["batch", "length", self._hidden])],
        )
        return onnx_file.model(graph, operator_set=_OPERATOR_SET, producer="sourcespan")

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._constants:
            self._constants[name] = onnx_file.tensor(name, value)
        return name

    def _node(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(onnx_file.node(operator, inputs, output, attributes))
        return output

    def _mask_bias(self) -> str:
        """0 where there is a token, a very negative number where there is padding: (batch, 1, 1, length)."""
        mask = self._node("Cast", "attention_mask", to=onnx_file.FLOAT)
        axes = self._constant("mask_axes", np.array([1, 2], dtype=np.int64))
        mask = self._node("Unsqueeze", mask, axes)
        absent = self._node("Sub", self._constant("one", np.array(1.0, dtype=np.float32)), mask)
        return self._node("Mul", absent, self._constant("masked", np.array(-1e9, dtype=np.float32)))

    def _embeddings(self) -> str:
        words = self._constant("words", self._weights["embeddings.word_embeddings.weight"])
        # One segment only: its vector is added to every position's once, here.
        table = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        zero = self._constant("zero", np.array([0], dtype=np.int64))
        length = self._node("Shape", "input_ids", start=1, end=2)
        positions = self._node("Slice", self._constant("positions", table), zero, length)
        summed = self._node("Add", self._node("Gather", words, "input_ids"), positions)
        return self._normalise(summed, "embeddings.LayerNorm")

    def _linear(self, value: str, name: str) -> str:
        weight = self._constant(f"{name}.weight.t", self._weights[f"{name}.weight"].T)
        return self._node(
            "Add", self._node("MatMul", value, weight), self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        )

    def _normalise(self, value: str, name: str) -> str:
        scale = self._constant(f"{name}.weight", self._weights[f"{name}.weight"])
        bias = self._constant(f"{name}.bias", self._weights[f"{name}.bias"])
        return self._node("LayerNormalization", value, scale, bias, axis=-1, epsilon=self._epsilon)

    def _heads_of(self, value: str, *, transposed: bool = False) -> str:
        """(batch, length, hidden) → (batch, heads, length, size), or its last two axes swapped."""
        size = self._hidden // self._heads
        shape = self._constant("split_heads", np.array([0, 0, self._heads, size], dtype=np.int64))
        return self._node(
            "Transpose", self._node("Reshape", value, shape), perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3]
        )

    def _attention(self, hidden: str, mask_bias: str, name: str) -> str:
        query = self._heads_of(self._linear(hidden, f"{name}.query"))
        key = self._heads_of(self._linear(hidden, f"{name}.key"), transposed=True)
        value = self._heads_of(self._linear(hidden, f"{name}.value"))
        scale = self._constant("scale", np.array(1 / math.sqrt(self._hidden // self._heads), dtype=np.float32))
        scores = self._node("Add", self._node("Mul", self._node("MatMul", query, key), scale), mask_bias)
        context = self._node("MatMul", self._node("Softmax", scores, axis=-1), value)
        merged = self._node("Transpose", context, perm=[0, 2, 1, 3])
        return self._node(
            "Reshape", merged, self._constant("merge_heads", np.array([0, 0, self._hidden], dtype=np.int64))
        )

    def _layer(self, hidden: str, mask_bias: str, name: str) -> str:
        attended = self._linear(
            self._attention(hidden, mask_bias, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        hidden = self._normalise(self._node("Add", attended, hidden), f"{name}.attention.output.LayerNorm")
        inner = self._node("Gelu", self._linear(hidden, f"{name}.intermediate.dense"))
        outer = self._linear(inner, f"{name}.output.dense")
        return self._normalise(self._node("Add", outer, hidden), f"{name}.output.LayerNorm")
