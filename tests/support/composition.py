"""The embedded parts put together in one process: real catalog, blobs, index, embedder, isolated parser. No HTTP."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion.artefacts import ChunkFileStore
from ingestion.blobs import FolderBlobStore
from ingestion.catalog import Catalog
from ingestion.model import FINISHED_STATES, JobRecord
from ingestion.pipeline import PipelineParts
from ingestion.secrets import SecretBox
from ingestion.visibility import CatalogVisibility
from ingestion.worker import Worker
from parsers.isolation import IsolatedParser
from retrieval.embedding import TokenCounter, load_embedder
from retrieval.engine import Retriever
from retrieval.index.edge import EdgeIndex
from retrieval.model import Principal

TENANT = "default"
READER = Principal(id="key_test", tenant=TENANT, scopes=frozenset({"read"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    uploads: Path
    catalog: Catalog
    blobs: FolderBlobStore
    retriever: Retriever
    worker: Worker

    def ingest(self, collection: str, paths: Sequence[Path]) -> list[JobRecord]:
        """The jobs when all have ended. The files stay where they are."""
        self.catalog.collections.create(TENANT, collection)
        for path in paths:
            upload = self.uploads / path.name
            shutil.copyfile(path, upload)
            size, sha256 = path.stat().st_size, self.blobs.put_file(upload)
            self.catalog.documents.accept(
                TENANT, collection, path.name, sha256=sha256, size=size, media_type="application/pdf"
            )
        stop = threading.Event()
        for _ in range(4 * len(paths) + 10):
            self.worker.step(stop)
            jobs, _ = self.catalog.jobs.list(TENANT, collection=collection, limit=1000)
            if all(job.state in FINISHED_STATES for job in jobs):
                return jobs
        raise AssertionError("the worker went round and round, and jobs are left")


@contextmanager
def composed(folder: Path) -> Iterator[Composition]:
    with ExitStack() as stack:
        catalog = Catalog.open(f"sqlite:///{folder / 'catalog.db'}")
        stack.callback(catalog.close)
        blobs = FolderBlobStore(folder / "blobs", free_bytes=0)
        embedder = load_embedder(None, "auto", threads=1, cache_dir=folder / "embedding")
        index = EdgeIndex(folder / "index", embedder.dimension, create=True)
        stack.callback(index.close)
        parser = stack.enter_context(IsolatedParser())
        parts = PipelineParts(
            catalog=catalog,
            blobs=blobs,
            index=index,
            embedder=embedder,
            parser=parser,
            secrets=SecretBox.of_file(folder / "secrets.key"),
        )
        uploads = folder / "uploads"
        uploads.mkdir()
        yield Composition(
            uploads=uploads,
            catalog=catalog,
            blobs=blobs,
            retriever=Retriever(
                index, embedder, CatalogVisibility(catalog), ChunkFileStore(blobs), count_tokens=TokenCounter(None)
            ),
            worker=Worker(parts, "worker-test"),
        )
