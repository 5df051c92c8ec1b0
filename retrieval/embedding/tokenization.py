"""Texts to word pieces and word pieces to padded batches, without torch.

Tokenising is that of the model's own `tokenizer.json`; the longest input is the model's own `max_seq_length`, as
sentence-transformers reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval.embedding.model_files import ModelFolder, find_model
from retrieval.errors import EmbeddingFailed

# A runtime compiles kernels per shape: padded lengths come in these steps, so that there are few shapes.
LENGTH_STEP = 16
# Word pieces in one batch, padding included. Larger batches are no faster on one thread and need more memory.
TOKENS_PER_BATCH = 4096
# A text that would fill less of its row than this begins a batch of its own kind.
LEAST_FILL = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Padded input: `ids` and `mask` of shape (texts, length); `rows` says which text each row is."""

    rows: NDArray[np.int64]
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]


class WordpieceTokenizer:
    """The model's tokenizer. `encode` truncates at the model's own limit, special tokens included."""

    def __init__(self, folder: ModelFolder) -> None:
        path = folder.path / "tokenizer.json"
        if not path.is_file():
            raise EmbeddingFailed(f"The embedding model {folder.id!r} has no tokenizer.json.")
        self.max_length = int(folder.read_json("sentence_bert_config.json")["max_seq_length"])
        self.pad_id = int(folder.read_json("config.json")["pad_token_id"])
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_length)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        # One by one: encode_batch would start a thread per core, and the caller decides how many threads work.
        return [self._tokenizer.encode(text.strip()).ids for text in texts]


def batches(
    encoded: Sequence[Sequence[int]], *, pad_id: int, max_length: int, tokens_per_batch: int = TOKENS_PER_BATCH
) -> Iterator[Batch]:
    """Rows of about the same length together, longest first (memory is at its peak at once, not at the end)."""
    order = sorted(range(len(encoded)), key=lambda row: (-len(encoded[row]), row))
    start = 0
    while start < len(order):
        longest = len(encoded[order[start]])
        length = min(-(-longest // LENGTH_STEP) * LENGTH_STEP, max(max_length, longest))
        rows = order[start : start + max(1, tokens_per_batch // length)]
        # Headers and questions do not ride along in the last batch of long passages: padding costs like text.
        rows = [row for row in rows if len(encoded[row]) > length * LEAST_FILL or row == order[start]]
        ids = np.full((len(rows), length), pad_id, dtype=np.int64)
        mask = np.zeros((len(rows), length), dtype=np.int64)
        for position, row in enumerate(rows):
            pieces = encoded[row]
            ids[position, : len(pieces)] = pieces
            mask[position, : len(pieces)] = 1
        yield Batch(rows=np.array(rows, dtype=np.int64), ids=ids, mask=mask)
        start += len(rows)


class TokenCounter:
    """How many tokens a text is for the embedding model (None: the default), special ones left out. Thread-safe.

    The tokenizer is loaded when the first text is counted: `EmbeddingFailed` then, where the model has none. Counts are
    remembered by the text's hash: the same passages are packed again and again, and counting one takes .4 ms.
    """

    def __init__(self, model: str | None, *, remembered: int = 100_000) -> None:
        self._model = model
        self._remembered = remembered
        self._counts: dict[bytes, int] = {}

    def __call__(self, text: str) -> int:
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._counts.get(key)
        if known is not None:
            return known
        count = len(self._tokenizer.encode(text, add_special_tokens=False).ids)
        if len(self._counts) >= self._remembered:
            self._counts.clear()
        self._counts[key] = count
        return count

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        path = find_model(self._model).path / "tokenizer.json"
        if not path.is_file():
            raise EmbeddingFailed("Tokens cannot be counted: the embedding model has no tokenizer.json.")
        loaded = Tokenizer.from_file(str(path))
        loaded.no_padding()
        loaded.no_truncation()
        return loaded
