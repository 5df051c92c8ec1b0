"""Retrieval as three frameworks' own documentation shows it, over the same files, model and questions.

Run with the Python of an environment that has benchmarks/peers-requirements.txt, and nothing of this project:
`python peer_retrieval.py REQUEST.json` prints one JSON object. A hit is `(file name, page from 1)`; a chunk that a
framework does not tie to a page would have none, so each is set up so that it does.

* langchain: "Build a semantic search engine" — PyPDFLoader, RecursiveCharacterTextSplitter 1000/200,
  HuggingFaceEmbeddings, FAISS, `similarity_search`.
* llamaindex: "Starter tutorial (local models)" — SimpleDirectoryReader, VectorStoreIndex with its default splitter
  (SentenceSplitter, 1024 tokens, overlap 200), HuggingFaceEmbedding, `as_retriever`.
* haystack: "Creating a hybrid retrieval pipeline" — PyPDFToDocument, DocumentSplitter by word (200, overlap 20),
  SentenceTransformersDocumentEmbedder, InMemoryDocumentStore, embedding and BM25 retrievers, DocumentJoiner by
  reciprocal rank fusion. Its ranker is left out: its model would have to be fetched.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Hits = list[tuple[str, int]]
Search = Callable[[str, int], Hits]

PACKAGES = ("langchain-core", "faiss-cpu", "llama-index-core", "haystack-ai", "sentence-transformers", "pypdf", "torch")


def langchain(documents: list[str], model: str) -> tuple[Search, int]:
    from langchain_community.document_loaders import PyPDFLoader
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pages = [page for path in documents for page in PyPDFLoader(path).load()]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(pages)
    store = FAISS.from_documents(chunks, HuggingFaceEmbeddings(model_name=model))

    def search(query: str, top_k: int) -> Hits:
        found = store.similarity_search(query, k=top_k)
        return [(Path(hit.metadata["source"]).name, hit.metadata["page"] + 1) for hit in found]

    return search, len(chunks)


def llamaindex(documents: list[str], model: str) -> tuple[Search, int]:
    from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    Settings.llm = None
    Settings.embed_model = HuggingFaceEmbedding(model_name=model)
    index = VectorStoreIndex.from_documents(SimpleDirectoryReader(input_files=documents).load_data())

    def search(query: str, top_k: int) -> Hits:
        found = index.as_retriever(similarity_top_k=top_k).retrieve(query)
        return [(hit.metadata["file_name"], int(hit.metadata["page_label"])) for hit in found]

    return search, len(index.docstore.docs)


def haystack(documents: list[str], model: str) -> tuple[Search, int]:
    from haystack import Pipeline
    from haystack.components.converters import PyPDFToDocument
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore()
    indexing = Pipeline()
    indexing.add_component("converter", PyPDFToDocument())
    indexing.add_component("splitter", DocumentSplitter(split_by="word", split_length=200, split_overlap=20))
    indexing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=model, progress_bar=False))
    indexing.add_component("writer", DocumentWriter(store))
    for first, second in (("converter", "splitter"), ("splitter", "embedder"), ("embedder", "writer")):
        indexing.connect(first, second)
    indexing.run({"converter": {"sources": documents}})

    asking = Pipeline()
    asking.add_component("embedder", SentenceTransformersTextEmbedder(model=model, progress_bar=False))
    asking.add_component("dense", InMemoryEmbeddingRetriever(store))
    asking.add_component("bm25", InMemoryBM25Retriever(store))
    asking.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    asking.connect("embedder", "dense")
    asking.connect("dense", "joiner")
    asking.connect("bm25", "joiner")

    def search(query: str, top_k: int) -> Hits:
        lists = {name: {"top_k": top_k} for name in ("dense", "bm25", "joiner")}
        lists["bm25"]["query"] = query
        found = asking.run({"embedder": {"text": query}, **lists})["joiner"]["documents"]
        return [(Path(hit.meta["file_path"]).name, hit.meta["page_number"]) for hit in found]

    return search, store.count_documents()


PIPELINES: dict[str, Callable[[list[str], str], tuple[Search, int]]] = {
    "langchain": langchain,
    "llamaindex": llamaindex,
    "haystack": haystack,
}


def main() -> None:
    # Before any framework is imported: no usage reports, no downloads, one thread as for everybody.
    os.environ |= {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "ANONYMIZED_TELEMETRY": "False",
        "OMP_NUM_THREADS": "1",
    }
    import torch

    torch.set_num_threads(1)
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(sys.stderr):
        answer = measure(request)
    print(json.dumps(answer))


def measure(request: dict[str, Any]) -> dict[str, Any]:
    begin = time.process_time()
    search, chunks = PIPELINES[request["pipeline"]](request["documents"], request["model"])
    indexed = time.process_time()
    search("warm up", 1)
    warm = time.process_time()
    hits = {question["id"]: search(question["query"], request["top_k"]) for question in request["questions"]}
    asked = time.process_time()
    return {
        "hits": hits,
        "chunks": chunks,
        "cpu_seconds_to_index": indexed - begin,
        "cpu_ms_per_question": 1000 * (asked - warm) / len(hits),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    main()
