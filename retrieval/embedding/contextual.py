"""What is indexed of a chunk: its vector with its context mixed in, and its lexical tokens.

The dense vector is that of the chunk's text plus `weight` times that of its context header, normalised. Measured on
filings in one index, weight 1.0 raised hit@5 of dense retrieval from .233 to .388: passages of different documents
read alike, and only their headers tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.pooling import normalise
from retrieval.model import Chunk
from retrieval.ports import Embedder
from retrieval.tokens import tokenize

HEADER_WEIGHT = 1.0


def embed_chunks(
    embedder: Embedder, chunks: Sequence[Chunk], title: str, *, weight: float = HEADER_WEIGHT
) -> NDArray[np.float32]:
    """Shape `(len(chunks), dimension)`, rows of length 1. A header that many chunks share is embedded once.

    A chunk without a context header takes the document's title for it.
    """
    headers = list(dict.fromkeys(_header(chunk, title) for chunk in chunks))
    vectors = embedder.embed([*(chunk.text for chunk in chunks), *headers])
    texts, contexts = vectors[: len(chunks)], vectors[len(chunks) :]
    row_of = {header: row for row, header in enumerate(headers)}
    rows = np.array([row_of[_header(chunk, title)] for chunk in chunks], dtype=np.int64)
    present = np.array([bool(_header(chunk, title)) for chunk in chunks], dtype=np.float32)
    return normalise(texts + weight * present[:, None] * contexts[rows])


def chunk_tokens(chunk: Chunk, title: str) -> tuple[str, ...]:
    """Lexical tokens of title, section path, text and the "header: value" form of table rows."""
    return tuple(tokenize("\n".join([title, *chunk.section_path, chunk.text, chunk.row_context])))


def title_tokens(title: str) -> tuple[str, ...]:
    """Lexical tokens of the one line that stands for a document in the document boost."""
    return tuple(tokenize(title))


def _header(chunk: Chunk, title: str) -> str:
    return (chunk.context_header or title).strip()
