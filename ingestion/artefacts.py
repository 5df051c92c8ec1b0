"""What a parse leaves in the blob store, per tenant:

* `parses/<parse_id>.json`  the parse contract; shared by documents with the same bytes;
* `images/<parse_id>-<sha256>`  the pictures that its elements refer to;
* `pages/<parse_id>-<n>`  the readings of its pages, some in each; see `page_cache`;
* `chunks/<document_id>-<parse_id>.ndjson`  one chunk a line, read back by byte range;
* `vectors/<document_id>-<parse_id>-<model>.npy`  their vectors (float32), so that changed attributes or a rebuilt index
  need no new embedding;
* `embedded/<document_id>-<parse_id>-<model>`  the vectors of the texts these were made of; see `embedding_cache`.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, count

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingestion.blobs import BlobStore
from ingestion.errors import BlobMissing
from ingestion.model import SCHEMA_VERSION
from parsers import contract
from parsers.model import Document, ParseOutcome
from retrieval.model import Chunk, Locator

KINDS_OF_DOCUMENTS = ("chunks", "vectors", "embedded")
"""Artefacts whose names begin with a document's id; those of the other kinds begin with a parse's."""

CACHED_DOCUMENTS = 4
CACHED_CHUNK_FILES = 256
_LINE_END = re.compile(rb"\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChunkLine:
    """A line of a chunk file."""

    schema_version: int
    chunk: Chunk


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_ChunkLine)


class Artefacts:
    """Thread-safe. Keeps the last few documents read, since pages of one document are asked for one after another."""

    def __init__(self, blobs: BlobStore, *, cached_documents: int = CACHED_DOCUMENTS) -> None:
        self._blobs = blobs
        self._cached = cached_documents
        self._cache: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._guard = threading.Lock()

    def write_image(self, tenant: str, parse_id: str, sha256: str, data: bytes) -> None:
        """A picture of a parse; all of them before its document, so that where that is, they are."""
        self._blobs.put_named(tenant, _image_name(parse_id, sha256), data)

    def write_document(self, tenant: str, outcome: ParseOutcome) -> None:
        self._blobs.put_named(tenant, _parse_name(outcome.document.parse_id), contract.encode_parts(outcome))

    def read_image(self, tenant: str, parse_id: str, sha256: str) -> bytes:
        """A picture that an element of the parse refers to. Raises BlobMissing."""
        return self._blobs.read_named(tenant, _image_name(parse_id, sha256))

    def has_document(self, tenant: str, parse_id: str) -> bool:
        return self._blobs.has_named(tenant, _parse_name(parse_id))

    def read_document(self, tenant: str, parse_id: str) -> Document:
        """Raises BlobMissing, also for a document that was in the cache and has been removed."""
        key = (tenant, parse_id)
        with self._guard:
            document = self._cache.get(key)
            if document is not None and self.has_document(tenant, parse_id):
                self._cache.move_to_end(key)
                return document
            self._cache.pop(key, None)
        document = contract.decode(self._blobs.read_named(tenant, _parse_name(parse_id)))
        with self._guard:
            self._cache[key] = document
            while len(self._cache) > self._cached:
                self._cache.popitem(last=False)
        return document

    def write_chunks(self, tenant: str, document_id: str, parse_id: str, chunks: Sequence[Chunk]) -> list[Locator]:
        """Where each chunk's record lies in the file."""
        lines = [_encoder.encode(_ChunkLine(schema_version=SCHEMA_VERSION, chunk=chunk)) for chunk in chunks]
        self._blobs.put_named(tenant, _chunks_name(document_id, parse_id), b"".join(line + b"\n" for line in lines))
        return _locators(lines)

    def read_chunks(self, tenant: str, document_id: str, parse_id: str) -> tuple[list[Chunk], list[Locator]] | None:
        """All chunks of a parse and where they lie; None if they have not been written."""
        try:
            content = self._blobs.read_named(tenant, _chunks_name(document_id, parse_id))
        except BlobMissing:
            return None
        lines = content.split(b"\n")[:-1]
        return [_decode(line) for line in lines], _locators(lines)

    def write_vectors(
        self, tenant: str, document_id: str, parse_id: str, model_id: str, vectors: NDArray[np.float32]
    ) -> None:
        buffer = io.BytesIO()
        np.save(buffer, vectors, allow_pickle=False)
        self._blobs.put_named(tenant, _vectors_name(document_id, parse_id, model_id), buffer.getvalue())

    def read_vectors(
        self, tenant: str, document_id: str, parse_id: str, model_id: str, shape: tuple[int, int]
    ) -> NDArray[np.float32] | None:
        """None unless vectors of this model and shape are there."""
        try:
            content = self._blobs.read_named(tenant, _vectors_name(document_id, parse_id, model_id))
        except BlobMissing:
            return None
        vectors: NDArray[np.float32] = np.load(io.BytesIO(content), allow_pickle=False)
        return vectors if vectors.shape == shape and vectors.dtype == np.float32 else None

    def write_embedded(self, tenant: str, document_id: str, parse_id: str, model_id: str, pack: bytes) -> None:
        """What `EmbeddingCache.pack` gave."""
        self._blobs.put_named(tenant, _embedded_name(document_id, parse_id, model_id), pack)

    def read_embedded(self, tenant: str, parses: Iterable[tuple[str, str]], model_id: str) -> Iterator[bytes]:
        """The packs of (document, parse) pairs, as far as they are there."""
        for document_id, parse_id in parses:
            try:
                yield self._blobs.read_named(tenant, _embedded_name(document_id, parse_id, model_id))
            except BlobMissing:
                continue

    def write_pages(self, tenant: str, parse_id: str, number: int, pack: bytes) -> None:
        """Packs are numbered from 0, without a gap."""
        self._blobs.put_named(tenant, _pages_name(parse_id, number), pack)

    def read_pages(self, tenant: str, parse_id: str) -> Iterator[bytes]:
        """The packs of a parse, in order."""
        for number in count():
            try:
                yield self._blobs.read_named(tenant, _pages_name(parse_id, number))
            except BlobMissing:
                return

    def remove_document(self, tenant: str, parse_id: str) -> None:
        self._blobs.remove_named(tenant, _parse_name(parse_id))
        for name in self._blobs.list_named(tenant, _image_name(parse_id, "")):
            self._blobs.remove_named(tenant, name)
        for name in self._blobs.list_named(tenant, f"pages/{parse_id}-"):
            self._blobs.remove_named(tenant, name)
        with self._guard:
            self._cache.pop((tenant, parse_id), None)

    def remove_chunks(self, tenant: str, document_id: str, *, keep: frozenset[str]) -> None:
        """Remove chunks, vectors and what they were made of, of all parses of the document but those in `keep`."""
        for kind in KINDS_OF_DOCUMENTS:
            for name in self._blobs.list_named(tenant, f"{kind}/{document_id}-"):
                parse_id = name.rpartition("/")[2].removeprefix(f"{document_id}-").partition(".")[0].partition("-")[0]
                if parse_id not in keep:
                    self._blobs.remove_named(tenant, name)


class ChunkFileStore:
    """Implements `retrieval.ports.ChunkStore`: each record is one read of its byte range. Thread-safe.

    Where the records lie is in the index. For those asked for by ordinal (line `n` of the file is the chunk of ordinal
    `n`) the file's lines are counted once, and their places kept for the last few files.
    """

    def __init__(self, blobs: BlobStore, *, cached_files: int = CACHED_CHUNK_FILES) -> None:
        self._blobs = blobs
        self._places = lru_cache(maxsize=cached_files)(self._count_lines)

    def read(self, tenant: str, document: str, parse: str, locators: Sequence[Locator]) -> list[Chunk]:
        ranges = [(locator.offset, locator.length) for locator in locators]
        lines = self._blobs.read_ranges(tenant, _chunks_name(document, parse), ranges)
        return [_decode(line) for line in lines]

    def read_ordinals(self, tenant: str, document: str, parse: str, ordinals: Sequence[int]) -> list[Chunk]:
        ends = self._places(tenant, document, parse)
        known = [ordinal for ordinal in ordinals if 0 <= ordinal < len(ends)]
        starts = [ends[ordinal - 1] if ordinal else 0 for ordinal in known]
        locators = [
            Locator(offset=start, length=ends[ordinal] - start - 1)
            for ordinal, start in zip(known, starts, strict=True)
        ]
        return self.read(tenant, document, parse, locators)

    def _count_lines(self, tenant: str, document: str, parse: str) -> array[int]:
        """Where each line of the file ends, its line break included."""
        content = self._blobs.read_named(tenant, _chunks_name(document, parse))
        return array("Q", (end.end() for end in _LINE_END.finditer(content)))


def _locators(lines: Sequence[bytes]) -> list[Locator]:
    ends = accumulate(len(line) + 1 for line in lines)
    return [Locator(offset=end - len(line) - 1, length=len(line)) for line, end in zip(lines, ends, strict=True)]


def _decode(line: bytes) -> Chunk:
    record = _decoder.decode(line)
    if record.schema_version != SCHEMA_VERSION:
        raise BlobMissing(f"The chunk record is of schema version {record.schema_version}, which cannot be read.")
    return record.chunk


def _parse_name(parse_id: str) -> str:
    return f"parses/{parse_id}.json"


def _image_name(parse_id: str, sha256: str) -> str:
    return f"images/{parse_id}-{sha256}"


def _pages_name(parse_id: str, number: int) -> str:
    return f"pages/{parse_id}-{number}"


def _chunks_name(document_id: str, parse_id: str) -> str:
    return f"chunks/{document_id}-{parse_id}.ndjson"


def _vectors_name(document_id: str, parse_id: str, model_id: str) -> str:
    return f"vectors/{document_id}-{parse_id}-{_model(model_id)}.npy"


def _embedded_name(document_id: str, parse_id: str, model_id: str) -> str:
    return f"embedded/{document_id}-{parse_id}-{_model(model_id)}"


def _model(model_id: str) -> str:
    return hashlib.sha256(model_id.encode()).hexdigest()[:16]
