"""What is indexed of a chunk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from retrieval.embedding.contextual import chunk_tokens, embed_chunks, title_tokens
from retrieval.tokens import tokenize
from tests.unit.retrieval_engine.world import PARSE, WordEmbedder, document_id, make_chunk

CHUNK = make_chunk(document_id("a"), PARSE, 0, 1, "net sales rose")


def test_a_vector_is_that_of_the_text_plus_half_that_of_the_header_and_half_that_of_the_title() -> None:
    embedder = WordEmbedder()
    chunk = replace(CHUNK, context_header="Acme 2023 > Results")
    vector = embed_chunks(embedder, [chunk], "Acme 2023")[0]
    text, header, title = embedder.embed(["net sales rose", "Acme 2023 > Results", "Acme 2023"])
    expected = text + 0.5 * header + 0.5 * title
    assert np.allclose(vector, expected / np.linalg.norm(expected), atol=1e-6)


def test_a_header_that_chunks_share_is_embedded_once() -> None:
    embedder = WordEmbedder()
    chunks = [replace(CHUNK, ordinal=number, context_header=f"part {number // 5}") for number in range(10)]
    assert embed_chunks(embedder, chunks, "title").shape == (10, embedder.dimension)
    assert [len(call) for call in embedder.calls] == [13]


def test_without_a_header_the_title_is_taken_and_without_both_the_text_alone() -> None:
    embedder = WordEmbedder()
    text, title = embedder.embed(["net sales rose", "Acme"])
    assert np.allclose(embed_chunks(embedder, [CHUNK], "")[0], text, atol=1e-6)
    mixed = (text + title) / np.linalg.norm(text + title)
    assert np.allclose(embed_chunks(embedder, [CHUNK], "Acme")[0], mixed, atol=1e-6)


def test_no_chunks_give_no_vectors() -> None:
    assert embed_chunks(WordEmbedder(), [], "Acme").shape == (0, 64)


def test_tokens_are_of_title_section_path_text_and_row_context() -> None:
    chunk = replace(CHUNK, section_path=("Results", "Segments"), row_context="Year: 2023")
    tokens = chunk_tokens(chunk, "Acme report")
    assert set(tokens) == set(tokenize("Acme report Results Segments net sales rose Year: 2023"))
    assert title_tokens("Acme 10-K") == tuple(tokenize("Acme 10-K"))


def test_words_that_only_the_rows_headers_have_count_once() -> None:
    chunk = replace(CHUNK, text="sales 5", row_context="Region: North Region: South sales: 5")
    tokens = chunk_tokens(chunk, "Acme")
    assert [tokens.count(*tokenize(word)) for word in ("region", "sales", "5")] == [1, 1, 1]
