"""What is written is read back exactly; what was removed is not read from a cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingestion.artefacts import Artefacts, ChunkFileStore
from ingestion.blobs import FolderBlobStore
from ingestion.chunking import chunk_document
from ingestion.errors import BlobMissing
from parsers.model import Document, ElementKind, Measurements, ParseOutcome
from tests.unit.ingestion.support import DocumentBuilder

DOCUMENT = "doc_" + "b" * 24


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path)


def document() -> Document:
    builder = DocumentBuilder().add(ElementKind.HEADING, [(1, "Überblick\u2028über alles")])
    builder.add(ElementKind.PARAGRAPH, [(1, "Erste Zeile\nzweite “Zeile”"), (2, "auf Seite zwei 収益")])
    return builder.add_table([["a", "b"], ["1", "2"]], [2, 2]).build()


def test_documents_are_read_back(blobs: FolderBlobStore) -> None:
    artefacts, written = Artefacts(blobs), document()
    artefacts.write_document("t", ParseOutcome(document=written, measurements=Measurements(cpu_seconds=1.0)))
    assert artefacts.read_document("t", written.parse_id) == written
    assert artefacts.read_document("t", written.parse_id) is artefacts.read_document("t", written.parse_id)
    with pytest.raises(BlobMissing):
        artefacts.read_document("other", written.parse_id)


def test_a_removed_document_is_not_read_from_the_cache(blobs: FolderBlobStore) -> None:
    api, worker, written = Artefacts(blobs), Artefacts(blobs), document()
    worker.write_document("t", ParseOutcome(document=written, measurements=Measurements()))
    api.read_document("t", written.parse_id)
    worker.remove_document("t", written.parse_id)
    with pytest.raises(BlobMissing):
        api.read_document("t", written.parse_id)


def test_chunks_are_read_back_by_place(blobs: FolderBlobStore) -> None:
    artefacts, parsed = Artefacts(blobs), document()
    chunks = chunk_document(parsed, document_id=DOCUMENT, title="T")
    assert len(chunks) == 2
    locators = artefacts.write_chunks("t", DOCUMENT, parsed.parse_id, chunks)
    assert ChunkFileStore(blobs).read("t", DOCUMENT, parsed.parse_id, locators[::-1]) == chunks[::-1]
    assert artefacts.read_chunks("t", DOCUMENT, parsed.parse_id) == (chunks, locators)
    assert artefacts.read_chunks("t", DOCUMENT, "prs_" + "f" * 24) is None
    assert artefacts.write_chunks("t", DOCUMENT, "prs_0", []) == []
    assert artefacts.read_chunks("t", DOCUMENT, "prs_0") == ([], [])


def test_a_chunk_record_as_release_1_wrote_it_is_read(blobs: FolderBlobStore) -> None:
    """This literal must never change."""
    line = (
        b'{"schema_version":1,"chunk":{"id":"chk_1","document_id":"doc_1","version":"0","parse_id":"prs_1","ordinal":0,'
        b'"page":1,"start":0,"end":4,"text":"Text","spans":[{"start":0,"end":4,"page":1,"page_size":[600.0,800.0],'
        b'"boxes":[[0.0,0.0,9.0,9.0]],"cell":null,"quote":"Text"}],"element_ids":["el_1"],"element_types":["paragraph"],'
        b'"section_path":["A"],"context_header":"T > A","row_context":"","table":null,"flags":[],"parser":"text_layer",'
        b'"parser_version":"1","confidence":1.0}}\n'
    )
    blobs.put_named("t", "chunks/doc_1-prs_1.ndjson", line)
    stored = Artefacts(blobs).read_chunks("t", "doc_1", "prs_1")
    assert stored is not None
    (chunk,), _ = stored
    assert (chunk.text, chunk.spans[0].quote, chunk.section_path) == ("Text", "Text", ("A",))


def test_vectors_are_read_back_for_the_same_model_and_shape_only(blobs: FolderBlobStore) -> None:
    artefacts = Artefacts(blobs)
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    artefacts.write_vectors("t", DOCUMENT, "prs_1", "model", vectors)
    read = artefacts.read_vectors("t", DOCUMENT, "prs_1", "model", (3, 4))
    assert read is not None
    assert np.array_equal(read, vectors)
    assert artefacts.read_vectors("t", DOCUMENT, "prs_1", "model", (2, 4)) is None
    assert artefacts.read_vectors("t", DOCUMENT, "prs_1", "other", (3, 4)) is None


def test_removing_chunks_keeps_what_is_to_be_kept(blobs: FolderBlobStore) -> None:
    artefacts = Artefacts(blobs)
    vectors = np.zeros((1, 4), dtype=np.float32)
    for parse in ("prs_1", "prs_2"):
        artefacts.write_chunks("t", DOCUMENT, parse, [])
        artefacts.write_vectors("t", DOCUMENT, parse, "model", vectors)
    artefacts.remove_chunks("t", DOCUMENT, keep=frozenset({"prs_2"}))
    assert artefacts.read_chunks("t", DOCUMENT, "prs_1") is None
    assert artefacts.read_vectors("t", DOCUMENT, "prs_1", "model", (1, 4)) is None
    assert artefacts.read_chunks("t", DOCUMENT, "prs_2") == ([], [])
    assert artefacts.read_vectors("t", DOCUMENT, "prs_2", "model", (1, 4)) is not None
