"""Everything a worker needs in one folder: a real parser, index and catalog, and a look at what it left."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingestion.artefacts import ChunkFileStore
from ingestion.blobs import FolderBlobStore
from ingestion.catalog import Catalog
from ingestion.model import Accepted, JobRecord
from ingestion.pipeline import PipelineParts
from ingestion.secrets import SecretBox
from ingestion.visibility import CatalogVisibility
from ingestion.worker import Worker
from parsers.isolation import IsolatedParser
from retrieval.index.edge import EdgeIndex
from retrieval.model import AllOf, IndexQuery, Match, PointKind, Principal, SearchFilter
from tests.unit.ingestion.support import TENANT, Clock, open_catalog

READER = Principal(id="key_1", tenant=TENANT)
NEVER = threading.Event()


class HashEmbedder:
    """Vectors that depend on the text only; counts what it was asked."""

    model_id = "test/hash"
    dimension = 8
    runtime = "test"

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        rows = np.array([list(hashlib.sha256(text.encode()).digest()[:8]) for text in texts], dtype=np.float32) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Bench:
    """Everything a worker needs in one folder, and a look at what it left."""

    def __init__(self, folder: Path, parser: IsolatedParser) -> None:
        self.clock = Clock()
        self.catalog: Catalog = open_catalog(folder, self.clock)
        self.blobs = FolderBlobStore(folder / "blobs", young_seconds=0)
        self.index = EdgeIndex(folder / "index", HashEmbedder.dimension, create=True)
        self.embedder = HashEmbedder()
        self.parts = PipelineParts(
            catalog=self.catalog,
            blobs=self.blobs,
            index=self.index,
            embedder=self.embedder,
            parser=parser,
            secrets=SecretBox.of_file(folder / "secrets.key"),
        )
        self.folder = folder

    def upload(
        self,
        content: bytes,
        name: str = "Harbour_report.pdf",
        year: int | None = None,
        media_type: str = "application/pdf",
        password: str | None = None,
    ) -> Accepted:
        path = self.blobs.incoming / "upload"
        path.write_bytes(content)
        sha256 = self.blobs.put_file(path)
        attributes = None if year is None else {"year": year}
        return self.catalog.documents.accept(
            TENANT,
            "reports",
            name,
            sha256,
            len(content),
            media_type,
            attributes,
            sealed_password=None if password is None else self.parts.secrets.seal(password),
        )

    def work(self, parts: PipelineParts | None = None, stop: threading.Event = NEVER) -> None:
        """One worker until there is nothing left to do now."""
        worker = Worker(parts or self.parts, "worker")
        while worker.step(stop):
            self.clock.pass_by(1)

    def job(self, accepted: Accepted) -> JobRecord:
        return self.catalog.jobs.get(TENANT, accepted.job.id)

    def searchable(self, accepted: Accepted, word: str | None = None) -> list[str]:
        """Texts of the visible chunks of the document, as a query would get them."""
        visibility = CatalogVisibility(self.catalog)
        pin, scope = visibility.pin(), visibility.scope(READER, None, [accepted.document.id])
        chunks = AllOf(filters=(scope, Match(key="kind", values=(PointKind.CHUNK.value,))))
        query = IndexQuery(limit=1000, filter=chunks, corpus=scope, vector=[8**-0.5] * 8)
        if word is not None:
            query = replace(query, vector=None, tokens=(word,))
        (hits,) = self.index.search([query])
        seen = visibility.visible(pin, READER, [(hit.payload.document, hit.payload.parse) for hit in hits])
        texts = []
        for hit in hits:
            if (hit.payload.document, hit.payload.parse) in seen:
                assert hit.payload.locator is not None
                store = ChunkFileStore(self.blobs)
                (chunk,) = store.read(TENANT, hit.payload.document, hit.payload.parse, [hit.payload.locator])
                assert (chunk.ordinal, chunk.page) == (hit.payload.ordinal, hit.payload.page)
                texts.append((chunk.ordinal, chunk.text))
        return [text for _, text in sorted(texts)]

    def points(self, where: SearchFilter | None = None) -> int:
        return self.index.count(where or AllOf(filters=()))

    def stored(self) -> set[str]:
        """Files of the blob store, by the last two parts of their path."""
        return {"/".join(path.parts[-2:]) for path in (self.folder / "blobs").rglob("*") if path.is_file()}
