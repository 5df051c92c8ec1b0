"""What a start needs done once, before the other processes: the catalog's tables, the first key, a checked embedder."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ingestion.catalog import Catalog
from services.index_parts import IndexedModel
from services.log_setup import NOTICE
from services.parts import make_embedder, open_catalog
from services.processes.role import RoleContext

TENANT = "default"

log = logging.getLogger(__name__)


def run(context: RoleContext) -> int:
    settings = context.settings
    catalog = open_catalog(settings)
    _ensure_administrator(catalog, settings.admin_key_file)
    catalog.close()
    if not settings.embedding_dir.exists():
        log.log(NOTICE, "Checking the embedding runtime (first start only)…")
    model = IndexedModel.of(make_embedder(settings))
    model.write(settings)
    log.log(NOTICE, "Embedding with %s on %s.", model.model_id, model.runtime)
    return 0


def _ensure_administrator(catalog: Catalog, key_file: Path) -> None:
    """Leave a key that works in `key_file`, readable by the operator only. A key that was revoked is not replaced:
    revoking must not be undone by a start."""
    if key_file.exists():
        if catalog.keys.verify(key_file.read_text().strip()) is None:
            log.warning("The key in %s is not valid any more. To have a new one made, remove the file.", key_file)
        return
    secret, _ = catalog.keys.create(TENANT, "administrator", frozenset({"read", "write", "admin"}))
    draft = key_file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  (a descriptor)
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(key_file)
    log.log(NOTICE, "Made the administrator's key: %s", key_file)
