"""How the processes of a cluster begin, what they wait for before they work, and how they say that they are well."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path

from ingestion.catalog import Catalog
from ingestion.errors import CatalogBusy
from services.failures import Failure
from services.settings import Settings, child_environment

ALIVE_SECONDS = 60.0
"""A process that has not said so for longer is not well."""

_SECONDS_TO_WAIT = 120.0
_PAUSE_SECONDS = 1.0

_log = logging.getLogger(__name__)


def become(role: str, settings: Settings) -> None:
    """Turn this process into one of the role; it keeps its id, so that signals reach it."""
    if not settings.is_cluster:
        raise Failure(
            f"`sourcespan {role}` is for a cluster, and none is configured.",
            hint="Set SOURCESPAN_CATALOG_URL, _REDIS_URL, _QDRANT_URL, _BLOB_BUCKET and _SECRET, or use: "
            "sourcespan serve",
        )
    os.umask(0o077)
    for folder in (settings.data_dir, settings.run_dir):
        folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "services.cluster", role]
    os.execve(sys.executable, command, child_environment(settings))  # noqa: S606  (our own interpreter and module)


def open_catalog_when_there(settings: Settings, stop: threading.Event, *, prepared: bool = True) -> Catalog:
    """The catalog, as soon as its database answers and (`prepared`) an API has entered its index.

    Raises `Failure` after two minutes, or when asked to stop.
    """
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    catalog: Catalog | None = None
    while not stop.is_set() and time.monotonic() < deadline:
        try:
            catalog = catalog or Catalog.open(settings.catalog_url, versions_kept=settings.versions_kept)
            if not prepared or catalog.indexes.live() is not None:
                return catalog
            _log.info("Waiting for an API to prepare the catalog.")
        except CatalogBusy:
            _log.warning("Waiting for the catalog's database.")
        stop.wait(_PAUSE_SECONDS)
    if catalog is None:
        raise Failure("The catalog's database does not answer.", hint="Is SOURCESPAN_CATALOG_URL right?")
    catalog.close()
    raise Failure("No API has prepared the catalog yet.", hint="Start one with: sourcespan api")


def say_alive(settings: Settings, role: str) -> None:
    path = _alive_file(settings, role)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def is_alive(settings: Settings, role: str) -> bool:
    """Whether the role's process on this machine has said so lately."""
    try:
        return time.time() - _alive_file(settings, role).stat().st_mtime < ALIVE_SECONDS
    except OSError:
        return False


def _alive_file(settings: Settings, role: str) -> Path:
    return settings.run_dir / f"{role}.alive"
