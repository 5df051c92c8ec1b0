"""The ONNX networks of PyMuPDF's layout model, as single-threaded sessions.

The image network's graph is rewritten before it is loaded; what it computes stays the same to the last few bits:

* `PRelu` with one slope for all channels is `LeakyRelu`, which onnxruntime fuses into the convolution before it;
* its output `combined` is five small feature maps, each enlarged to 300 × 300 and stacked: 58 MB a page, of which only
  the boxes of lines are looked at. The small maps become the outputs, and `pooling` enlarges what is under a box.

Measured: 164 → 43 milliseconds of CPU a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from parsers.backends.mupdf import pymupdf
from parsers.onnx_runtime import onnxruntime

_FOLDER: Final = Path(pymupdf.__file__).parent / "layout" / "resources" / "onnx"
_IMAGE_NETWORK: Final = _FOLDER / "feature_imf1.onnx"
_LINE_NETWORK: Final = _FOLDER / "layout_rf2.4.1+imf1.onnx"
_GRID_NETWORK: Final = _FOLDER / "table_grid_model_v4_ep.onnx"

_FATAL = 4

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNetworkConfig:
    """What the line network was trained on: its classes, which of them wins a draw, and the text features it wants."""

    classes: tuple[str, ...]
    priority: tuple[int, ...]
    features: tuple[str, ...]


class ImageNetwork:
    """Grey page of 300 × 300 → five feature maps of 32 channels and decreasing size, and 12 class logits per pixel."""

    def __init__(self) -> None:
        data, self._outputs = _without_upsampling(_IMAGE_NETWORK)
        self._session = _session(data, keep_memory=True)
        self.height, self.width = (int(side) for side in self._session.get_inputs()[0].shape[2:])

    def run(self, grey: Array) -> tuple[list[Array], Array]:
        """`grey`: (height, width) float32, 0 to 1. Returns the maps in the order of `combined`, and the logits."""
        answers = self._session.run([*self._outputs, "logits"], {"input": grey[None, None]})
        return [answer[0] for answer in answers[:-1]], answers[-1][0]


class LineNetwork:
    """The graph network that says of each line what it is, and of each pair of neighbours whether they go together."""

    def __init__(self) -> None:
        # Its inputs differ in size from page to page: kept memory would only grow.
        self._session = _session(_LINE_NETWORK.read_bytes(), keep_memory=False)
        self.config = _read_config(_LINE_NETWORK.with_suffix(".yaml"))

    def run(self, inputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Logits of the classes, (lines, classes), and of not joined or joined, (pairs, 2)."""
        nodes, edges = self._session.run(None, dict(inputs))
        return nodes, edges


class GridNetwork:
    """Picture of a table → where its rows and columns are divided: 100 anchors each, from 0 to 1."""

    def __init__(self) -> None:
        self._session = _session(_GRID_NETWORK.read_bytes(), keep_memory=True)
        self.height, self.width = (int(side) for side in self._session.get_inputs()[0].shape[2:])

    def run(self, image: Array) -> tuple[Array, Array, Array, Array]:
        """`image`: (3, height, width) float32, 0 to 1. Returns logits and offsets of rows, then of columns."""
        answers = self._session.run(None, {"image": image[None]})
        return answers[0][0], answers[1][0], answers[2][0], answers[3][0]


def _session(model: bytes, *, keep_memory: bool) -> Any:
    """A session without threads of its own: it must survive a fork, and give the same results everywhere."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.log_severity_level = _FATAL
    return onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])


def _without_upsampling(path: Path) -> tuple[bytes, list[str]]:
    """The image network with its small feature maps as outputs; and their names, in the order they were stacked."""
    model = onnx.load(path)
    graph = model.graph
    weights = {weight.name: weight for weight in graph.initializer}
    by_output = {output: node for node in graph.node for output in node.output}
    small = [by_output[enlarged].input[0] for enlarged in by_output["combined"].input]
    needed = {*small, "logits"}
    kept = []
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        if node.op_type == "PRelu":
            slope = numpy_helper.to_array(weights[node.input[1]])
            if slope.size == 1:
                node.op_type = "LeakyRelu"
                node.attribute.append(helper.make_attribute("alpha", float(slope.reshape(-1)[0])))
                del node.input[1]
        needed.update(node.input)
        kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    outputs = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in small]
    outputs += [output for output in graph.output if output.name == "logits"]
    del graph.output[:]
    graph.output.extend(outputs)
    initializers = [weight for name, weight in weights.items() if name in needed]
    del graph.initializer[:]
    graph.initializer.extend(initializers)
    return model.SerializeToString(), small


def _read_config(path: Path) -> LineNetworkConfig:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))["data"]
    return LineNetworkConfig(
        classes=tuple(data["class_list"]), priority=tuple(data["class_priority"]), features=tuple(data["rf_names"])
    )


def softmax(logits: Array) -> Array:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Array = powers / powers.sum(axis=-1, keepdims=True)
    return result
