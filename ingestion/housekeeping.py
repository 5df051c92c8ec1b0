"""What has to be done now and then, whoever works on jobs: jobs of lost workers, purges, uploads that were given up."""

from __future__ import annotations

import time

from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.lifecycle.purge import OtherIndexes, no_others, run_purge
from retrieval.ports import VectorIndex

SWEEP_SECONDS = 3600.0


class HouseKeeper:
    """Several may keep one house: each piece of work is claimed in the catalog."""

    def __init__(
        self, catalog: Catalog, blobs: BlobStore, index: VectorIndex, other_indexes: OtherIndexes = no_others
    ) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._index = index
        self._other_indexes = other_indexes
        # Not at once: at a start there is other work to do.
        self._swept = time.monotonic()

    def keep_house(self) -> bool:
        """Queue jobs again whose worker is gone, and do the purges that are due. True if there was any."""
        busy = self._catalog.queue.reconcile() > 0
        if time.monotonic() - self._swept >= SWEEP_SECONDS:
            self._blobs.sweep(self._catalog.documents.names_bytes)
            self._swept = time.monotonic()
        while (plan := self._catalog.purging.claim()) is not None:
            busy = True
            if not run_purge(plan, self._catalog.purging, self._blobs, self._index, self._other_indexes):
                break
        return busy
