"""Cross-encoders of sentence-transformers, from this machine only, loaded when the first request asks for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from retrieval.errors import InvalidQuery, RerankFailed

BATCH = 16
FIRST_GUESS_MS = 25.0
"""What a pair is expected to take before one was measured: a six-layer model on one core, 250 tokens."""
_LOAD_MS = 5_000.0
_MEASURED_SHARE = 0.3


class Reranker(Protocol):
    """Judges how well passages answer a question. Thread-safe."""

    @property
    def name(self) -> str: ...

    def expected_ms(self, pairs: int) -> float:
        """How long so many passages will take, by what was measured so far."""
        ...

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One score per passage, 0..1, higher is better. Raises `RerankFailed`."""
        ...


class CrossEncoderReranker:
    """`source`: a folder, or a name in the local cache of the Hugging Face hub. Nothing is ever downloaded, and no code
    that comes with a model is run. One request at a time: tokenizers are not thread-safe."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self._source = source
        self._guard = threading.Lock()
        self._model: Any = None
        self._ms_per_pair = FIRST_GUESS_MS

    def expected_ms(self, pairs: int) -> float:
        return self._ms_per_pair * pairs + (_LOAD_MS if self._model is None else 0.0)

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        with self._guard:
            if self._model is None:
                self._model = self._load()
            started = time.monotonic()
            values = self._predict([(question, passage) for passage in passages])
            measured = (time.monotonic() - started) * 1000 / len(passages)
            self._ms_per_pair += _MEASURED_SHARE * (measured - self._ms_per_pair)
        return values

    def _load(self) -> Any:
        from sentence_transformers import CrossEncoder  # noqa: PLC0415  (imports torch)

        try:
            model = CrossEncoder(self._source, device="cpu", local_files_only=True, trust_remote_code=False)
        except Exception as error:  # the library raises whatever its parts do
            raise RerankFailed(f"The reranking model {self.name!r} cannot be loaded on this machine.") from error
        if model.num_labels != 1:
            raise RerankFailed(f"The model {self.name!r} gives {model.num_labels} values for a passage, not one score.")
        return model

    def _predict(self, pairs: list[tuple[str, str]]) -> list[float]:
        import torch  # noqa: PLC0415  (only where a model is used)

        try:
            values = self._model.predict(
                pairs, batch_size=BATCH, show_progress_bar=False, activation_fn=torch.nn.Sigmoid()
            )
        except Exception as error:  # as above
            raise RerankFailed(f"The reranking model {self.name!r} could not be run.") from error
        return [float(value) for value in values]


class Rerankers:
    """Those that the operator allows, by name. A model given as a folder has the folder's name."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._by_name: dict[str, Reranker] = {}
        for source in allowed:
            name = Path(source).name if Path(source).is_absolute() or Path(source).is_dir() else source
            self._by_name.setdefault(name, CrossEncoderReranker(name, source))

    def get(self, name: str | None) -> Reranker:
        """The model of that name; the first one for None. Raises `InvalidQuery`."""
        if not self._by_name:
            raise InvalidQuery("This service has no reranking model.", field="rerank.enabled")
        if name is None:
            return next(iter(self._by_name.values()))
        if name not in self._by_name:
            known = ", ".join(self._by_name)
            raise InvalidQuery(f"There is no reranking model {name!r}; there are: {known}.", field="rerank.model")
        return self._by_name[name]
