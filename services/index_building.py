"""Building an index beside the live one, in the process of whoever asks for it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from ingestion.catalog import Catalog
from ingestion.catalog.indexes import SETTLE_SECONDS, IndexLife, IndexRecord
from ingestion.lifecycle.rebuild import IndexBuilder, RebuildProgress, Report
from retrieval.errors import IndexUnavailable
from retrieval.index.edge import SCHEMA_VERSION
from retrieval.model import AllOf
from retrieval.ports import Embedder, VectorIndex
from services.failures import Failure
from services.index_parts import IndexedModel, LiveIndex, adopt_index, connect_index, is_readable, open_index
from services.parts import make_embedder, open_catalog
from services.profile import open_blobs
from services.settings import Settings

_NICENESS = 10
_SECONDS_BETWEEN_TRIES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    record: IndexRecord
    progress: RebuildProgress
    switched: bool


@contextmanager
def existing_catalog(settings: Settings) -> Iterator[Catalog]:
    """Raises `Failure` where there is none: nothing is made by looking."""
    if settings.catalog_url.startswith("sqlite:") and not (settings.data_dir / "catalog.db").is_file():
        raise Failure(f"There is no catalog in {settings.data_dir}.", hint="Which data folder? See --data-dir.")
    with open_catalog(settings) as catalog:
        yield catalog


def rebuild(settings: Settings, report: Report, *, switch: bool) -> Rebuilt:
    """Write an index with the model of the settings (None: the live one's), or go on with one that was begun; then make
    it the live one. An index that this version cannot read is removed when it is not live any more."""
    os.umask(0o077)
    with existing_catalog(settings) as catalog:
        former = catalog.indexes.live()
        if settings.embedding_model is None and former is not None:
            settings = LiveIndex.of(catalog).lay_over(settings)
        embedder = make_embedder(settings)
        if former is None:
            settings.run_dir.mkdir(parents=True, exist_ok=True)
            former = adopt_index(settings, catalog, IndexedModel.of(embedder))
        os.nice(_NICENESS)
        record = _begun(catalog, embedder) or catalog.indexes.begin(
            embedding_model=settings.embedding_model,
            model_id=embedder.model_id,
            dimension=embedder.dimension,
            schema_version=SCHEMA_VERSION,
        )
        with _builder(settings, catalog, record, embedder, report) as builder:
            progress = builder.build()
            if switch:
                progress = builder.switch()
        if switch:
            catalog.jobs.repeat(progress.unreadable)
            if not is_readable(former):
                drop(settings, catalog, former)
        return Rebuilt(record=catalog.indexes.get(record.id), progress=progress, switched=switch)


def make_live(settings: Settings, catalog: Catalog, record: IndexRecord, report: Report) -> RebuildProgress:
    """Bring an index that is built, or was live before, up to date, and make it the live one."""
    if not is_readable(record):
        raise Failure("That index was made by another version of this software and cannot be used.")
    if record.state is IndexLife.BUILDING:
        raise Failure("That index is not built to its end: `sourcespan index rebuild` goes on with it.")
    with_model = settings.model_copy(update={"embedding_model": record.embedding_model})
    with _builder(settings, catalog, record, make_embedder(with_model), report) as builder:
        return builder.switch()


def drop(settings: Settings, catalog: Catalog, record: IndexRecord) -> None:
    """Remove its points, then forget it. Raises IndexConflict for one that is asked."""
    asked = is_readable(record)
    catalog.indexes.check_droppable(record.id, asked=asked)
    if settings.is_cluster:
        with closing(connect_index(settings, record)) as index:
            index.delete(AllOf(filters=()))
    else:
        shutil.rmtree(settings.index_dir / record.name, ignore_errors=True)
    catalog.indexes.drop(record.id, asked=asked)


@contextmanager
def _builder(
    settings: Settings, catalog: Catalog, record: IndexRecord, embedder: Embedder, report: Report
) -> Iterator[IndexBuilder]:
    with closing(_opened(settings, record)) as index:
        yield IndexBuilder(
            catalog=catalog,
            blobs=open_blobs(settings),
            index=index,
            embedder=embedder,
            record=record,
            report=report,
        )


def _opened(settings: Settings, record: IndexRecord) -> VectorIndex:
    """An index that was live a moment ago is still open elsewhere: until that has settled, it is tried again."""
    if settings.is_cluster:
        return connect_index(settings, record)
    give_up = time.monotonic() + 2 * SETTLE_SECONDS
    while True:
        try:
            return open_index(settings, record)
        except IndexUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(_SECONDS_BETWEEN_TRIES)


def _begun(catalog: Catalog, embedder: Embedder) -> IndexRecord | None:
    """The newest index of this model that was begun and is not built."""
    for record in catalog.indexes.list():
        fits = (record.model_id, record.dimension) == (embedder.model_id, embedder.dimension)
        if record.state in (IndexLife.BUILDING, IndexLife.BUILT) and fits and is_readable(record):
            return record
    return None
