"""Reranking: a cross-encoder reads question and passage together. Off unless a request asks for it."""

from retrieval.rerank.cross_encoder import CrossEncoderReranker, Reranker, Rerankers

__all__ = ["CrossEncoderReranker", "Reranker", "Rerankers"]
