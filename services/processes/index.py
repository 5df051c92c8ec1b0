"""The index owner: the only process that opens the embedded index.

It serves the live index, and after a switch also the one before, until nobody asks that any more.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path

from ingestion.catalog import Catalog
from ingestion.catalog.indexes import IndexRecord
from ingestion.errors import CatalogBusy
from retrieval.index.owner import serve
from services.index_parts import open_index, socket_of
from services.processes.role import RoleContext
from services.settings import Settings

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 0.5


class _Served:
    """One index on a thread of its own. If it cannot be served the process ends, and is started again."""

    def __init__(self, settings: Settings, record: IndexRecord) -> None:
        self.record = record
        self.failure: Exception | None = None
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=record.id)
        self._thread.start()

    def _run(self) -> None:
        try:
            index = open_index(self._settings, self.record)
            log.info("The index %s is open.", self.record.id)
            serve(index, socket_of(self._settings, self.record), self._stop)
            log.info("The index %s is written and closed.", self.record.id)
        except Exception as error:
            log.exception("The index cannot be served. If it is damaged: `sourcespan index rebuild`")
            self.failure = error
            os.kill(os.getpid(), signal.SIGTERM)

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


def run(context: RoleContext) -> int:
    served: dict[str, _Served] = {}
    with Catalog.open(context.settings.catalog_url) as catalog:
        try:
            while not context.stop.is_set():
                _follow(context.settings, catalog, served)
                context.stop.wait(_SECONDS_BETWEEN_LOOKS)
        finally:
            for index in served.values():
                index.end()
    return 1 if any(index.failure for index in served.values()) else 0


def _follow(settings: Settings, catalog: Catalog, served: dict[str, _Served]) -> None:
    """Serve what may be asked, and no more."""
    try:
        asked = {record.id: record for record in catalog.indexes.asked()}
    except CatalogBusy:
        return
    for identity in served.keys() - asked.keys():
        served.pop(identity).end()
    for number, (identity, record) in enumerate(asked.items()):
        if number == 0 and identity not in served:
            served[identity] = _Served(settings, record)
            _lead(settings.index_socket, socket_of(settings, record))


def _lead(link: Path, target: Path) -> None:
    draft = link.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target.name)
    draft.replace(link)
