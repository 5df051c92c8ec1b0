"""Texts to vectors. `load_embedder` is the way in; each runtime is one file, imported only where it is used."""

from retrieval.embedding.load import Runtime, load_embedder
from retrieval.embedding.model_files import DEFAULT_MODEL
from retrieval.embedding.tokenization import TokenCounter

__all__ = ["DEFAULT_MODEL", "Runtime", "TokenCounter", "load_embedder"]
