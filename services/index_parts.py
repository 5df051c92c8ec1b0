"""Composition of the index: which one is live, which model it is made for, and who reaches it how.

A process asks the index that was live when it began, and ends when another one is: who supervises it starts it again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import msgspec

from ingestion.catalog import Catalog
from ingestion.catalog.indexes import IndexRecord
from ingestion.errors import CatalogBusy
from ingestion.lifecycle.purge import OtherIndexes
from retrieval.index.edge import SCHEMA_VERSION, EdgeIndex, IndexDescription
from retrieval.index.remote import RemoteIndex
from retrieval.ports import Embedder, VectorIndex
from services.failures import Failure
from services.profile import connect_shared_index
from services.settings import Settings

_SCHEMA_VERSION = 1
_SECONDS_BETWEEN_LOOKS = 0.5
_REBUILD = (
    "Write it again from the catalog and the blobs with `sourcespan index rebuild`; the documents stay as they are."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedModel:
    """The embedding model that the index is made for, as found by the preparation of a start."""

    model_id: str
    dimension: int
    runtime: str

    @classmethod
    def of(cls, embedder: Embedder) -> Self:
        return cls(model_id=embedder.model_id, dimension=embedder.dimension, runtime=embedder.runtime)

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Raises `Failure` when no preparation has run on the data folder."""
        try:
            content = json.loads(_model_file(settings).read_text())
            return cls(model_id=content["model_id"], dimension=content["dimension"], runtime=content["runtime"])
        except (OSError, ValueError, KeyError):
            raise Failure(
                f"The data folder {settings.data_dir} has not been prepared by a start of the service."
            ) from None

    def write(self, settings: Settings) -> None:
        draft = _model_file(settings).with_suffix(".draft")
        draft.write_text(json.dumps({"schema_version": _SCHEMA_VERSION, **asdict(self)}))
        draft.replace(_model_file(settings))

    @property
    def folder_name(self) -> str:
        """The model's id as a name for a folder.

        >>> IndexedModel(model_id="sentence-transformers/all-MiniLM-L6-v2", dimension=384, runtime="x").folder_name
        'sentence-transformers-all-MiniLM-L6-v2'
        """
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.model_id).strip("-.")[:100]


def _model_file(settings: Settings) -> Path:
    return settings.run_dir / "model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIndex:
    """The live index, and the number of switches (see `ingestion.catalog.indexes`) that it is the live one as of."""

    record: IndexRecord
    switches: int

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """Raises `Failure` when no preparation has run on the catalog."""
        switches = catalog.indexes.switches()
        record = catalog.indexes.live()
        if record is None:
            raise Failure("The data folder has not been prepared by a start of the service.")
        return cls(record=record, switches=switches)

    def lay_over(self, settings: Settings) -> Settings:
        """The settings with the embedding model that this index is made with."""
        return settings.model_copy(update={"embedding_model": self.record.embedding_model})


def adopt_index(settings: Settings, catalog: Catalog, model: IndexedModel) -> IndexRecord:
    """The live index; on a first start one is entered, also for a folder from before indexes were entered."""
    found = _description(settings.index_dir / model.folder_name)
    return catalog.indexes.adopt(
        model.folder_name,
        embedding_model=settings.embedding_model,
        model_id=model.model_id,
        dimension=model.dimension,
        schema_version=SCHEMA_VERSION if found is None else found.schema_version,
    )


def check_index_folder(settings: Settings, catalog: Catalog, record: IndexRecord) -> None:
    """Raises `Failure` where the index cannot serve: it is of another version, or it is gone and documents are not."""
    if not is_readable(record):
        raise Failure(f"The index was made by another version of this software. {_REBUILD}")
    if settings.is_cluster:
        return
    folder = settings.index_dir / record.name
    if _description(folder) is None and catalog.living.count():
        raise Failure(f"The index in {folder} is lost or damaged. {_REBUILD}")


def is_readable(record: IndexRecord) -> bool:
    return record.schema_version == SCHEMA_VERSION


def _description(folder: Path) -> IndexDescription | None:
    try:
        return msgspec.json.decode((folder / "index.json").read_bytes(), type=IndexDescription)
    except (OSError, msgspec.DecodeError):
        return None


def open_index(settings: Settings, record: IndexRecord | None = None) -> EdgeIndex:
    """The index itself (None: the live one), for whoever is its only user."""
    if record is None:
        with Catalog.open(settings.catalog_url) as catalog:
            record = LiveIndex.of(catalog).record
    return EdgeIndex(settings.index_dir / record.name, record.dimension, create=True)


def socket_of(settings: Settings, record: IndexRecord) -> Path:
    """Where its owner serves it. `index_socket` leads to the live one's."""
    return settings.run_dir / f"{record.id[:12]}.sock"


def connect_index(settings: Settings, record: IndexRecord) -> VectorIndex:
    """The index as everybody but its owner reaches it."""
    if settings.is_cluster:
        return connect_shared_index(settings, record.name, record.dimension)
    return RemoteIndex(socket_of(settings, record))


def other_indexes(settings: Settings, catalog: Catalog, asked: IndexRecord) -> OtherIndexes:
    """Opens the indexes beside the one that is asked. One that is in use raises `IndexUnavailable`."""

    def opened() -> Iterator[VectorIndex]:
        for record in catalog.indexes.list():
            if record.id == asked.id:
                continue
            if settings.is_cluster:
                with closing(connect_index(settings, record)) as index:
                    yield index
            elif (settings.index_dir / record.name).exists():
                with closing(open_index(settings, record)) as index:
                    yield index

    return opened


@contextmanager
def ending_at_switch(settings: Settings) -> Iterator[None]:
    """While the block runs, this process is asked to end (SIGTERM) as soon as another index is the live one."""
    done = threading.Event()
    with Catalog.open(settings.catalog_url) as catalog:
        known = catalog.indexes.switches()

        def watch() -> None:
            while not done.wait(_SECONDS_BETWEEN_LOOKS):
                try:
                    if catalog.indexes.switches() != known:
                        os.kill(os.getpid(), signal.SIGTERM)
                        return
                except CatalogBusy:
                    continue

        watcher = threading.Thread(target=watch, name="index-switch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
