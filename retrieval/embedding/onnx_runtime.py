"""The model on ONNX Runtime, in float32: for processors on which OpenVINO does not run or does not verify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.pooling import mean_pool
from retrieval.embedding.tokenization import WordpieceTokenizer, batches
from retrieval.errors import EmbeddingFailed


class OnnxRuntimeEmbedder:
    """Implements `retrieval.ports.Embedder` on at most `threads` threads per call."""

    def __init__(self, folder: ModelFolder, graph: Path, *, threads: int) -> None:
        import onnxruntime  # noqa: PLC0415  (heavy: only where this runtime is used)

        self._tokenizer = WordpieceTokenizer(folder)
        self._model_id = folder.id
        self._dimension = int(folder.read_json("config.json")["hidden_size"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Waiting threads sleep: workers and parsers share the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise EmbeddingFailed(f"ONNX Runtime could not load the embedding model {folder.id!r}.") from error

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def runtime(self) -> str:
        return "onnxruntime-f32"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        encoded = self._tokenizer.encode(texts)
        for batch in batches(encoded, pad_id=self._tokenizer.pad_id, max_length=self._tokenizer.max_length):
            inputs = {"input_ids": batch.ids, "attention_mask": batch.mask}
            try:
                outputs = self._session.run(["hidden"], inputs)
            except Exception as error:
                raise EmbeddingFailed("ONNX Runtime failed while embedding.") from error
            vectors[batch.rows] = mean_pool(outputs[0], batch.mask)
        return vectors
