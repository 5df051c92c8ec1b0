"""Any model that sentence-transformers can load, in float32: the reference, the fallback, and every other model."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.pooling import normalise
from retrieval.errors import EmbeddingFailed


class SentenceTransformersEmbedder:
    """Implements `retrieval.ports.Embedder`. One call at a time, on at most `threads` threads.

    `threads` is a setting of torch's for the whole process.
    """

    def __init__(self, folder: ModelFolder, *, threads: int) -> None:
        # These libraries read their switches from the environment when they are imported: nothing may be fetched, and
        # the tokenizer must not start threads of its own. Set, never read.
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        try:
            import torch  # noqa: PLC0415  (heavy: only where this runtime is used)
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
            from transformers.utils import logging as transformers_logging  # noqa: PLC0415
        except ImportError as error:
            raise EmbeddingFailed("This embedding model needs the package sentence-transformers.") from error
        torch.set_num_threads(threads)
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(
                str(folder.path), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
            raise EmbeddingFailed(f"The embedding model {folder.id!r} could not be loaded.") from error
        self._model_id = folder.id
        self._dimension = int(self._model.get_embedding_dimension())
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def runtime(self) -> str:
        return "sentence-transformers-f32"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        with self._lock:
            try:
                vectors = self._model.encode(
                    list(texts),
                    batch_size=32,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            except RuntimeError as error:
                raise EmbeddingFailed("sentence-transformers failed while embedding.") from error
        return normalise(np.asarray(vectors, dtype=np.float32))
