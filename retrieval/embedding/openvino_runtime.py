"""The model on OpenVINO: the fastest on x86-64 processors with bfloat16 instructions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.pooling import mean_pool
from retrieval.embedding.tokenization import WordpieceTokenizer, batches
from retrieval.errors import EmbeddingFailed

# OpenVINO's Python package imports its usage analytics with itself; an absent module makes it use its own stub.
if "openvino" not in sys.modules:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]


class OpenVinoEmbedder:
    """Implements `retrieval.ports.Embedder`. One batch at a time, on at most `threads` threads."""

    def __init__(self, folder: ModelFolder, graph: Path, *, threads: int, bfloat16: bool) -> None:
        import openvino  # noqa: PLC0415  (heavy: only where this runtime is used)

        self._tokenizer = WordpieceTokenizer(folder)
        self._model_id = folder.id
        self._dimension = int(folder.read_json("config.json")["hidden_size"])
        self._runtime = "openvino-bf16" if bfloat16 else "openvino-f32"
        self._lock = threading.Lock()
        try:
            core = openvino.Core()
            compiled = core.compile_model(
                core.read_model(str(graph)),
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": threads,
                    "NUM_STREAMS": 1,
                    # Otherwise every process pins itself to the same first core.
                    "ENABLE_CPU_PINNING": False,
                    "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
                },
            )
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            raise EmbeddingFailed(f"OpenVINO could not load the embedding model {folder.id!r}.") from error

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def runtime(self) -> str:
        return self._runtime

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        encoded = self._tokenizer.encode(texts)
        for batch in batches(encoded, pad_id=self._tokenizer.pad_id, max_length=self._tokenizer.max_length):
            with self._lock:
                try:
                    outputs = self._request.infer([batch.ids, batch.mask], share_inputs=True, share_outputs=True)
                except RuntimeError as error:
                    raise EmbeddingFailed("OpenVINO failed while embedding.") from error
                # Inside the lock: the output is the request's own memory.
                vectors[batch.rows] = mean_pool(outputs[0], batch.mask)
        return vectors
