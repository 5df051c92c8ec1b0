"""What a start needs done once, before the other processes: the catalog's tables, the first key, a checked embedder."""

from __future__ import annotations

import base64
import logging
import os
from pathlib import Path

from ingestion.catalog import Catalog
from retrieval.errors import RetrievalError
from services.failures import Failure
from services.index_parts import IndexedModel, LiveIndex, adopt_index, check_index_folder
from services.log_setup import NOTICE
from services.parts import make_embedder, open_catalog
from services.processes.role import RoleContext
from services.profile import derived
from services.settings import Settings

TENANT = "default"
_ALL_SCOPES = frozenset({"read", "write", "admin"})

log = logging.getLogger(__name__)


def run(context: RoleContext) -> int:
    settings = context.settings
    catalog = open_catalog(settings)
    _ensure_administrator(catalog, settings)
    if not settings.embedding_dir.exists():
        log.log(NOTICE, "Checking the embedding runtime (first start only)…")
    try:
        model = _prepare_index(settings, catalog)
    except (Failure, RetrievalError) as failure:
        log.error("%s", failure)
        return 1
    finally:
        catalog.close()
    log.log(NOTICE, "Embedding with %s on %s.", model.model_id, model.runtime)
    return 0


def _prepare_index(settings: Settings, catalog: Catalog) -> IndexedModel:
    """The model that the live index is made with; that of the settings where there is no index yet."""
    live = catalog.indexes.live()
    made_with = settings if live is None else LiveIndex.of(catalog).lay_over(settings)
    if settings.embedding_model not in (None, made_with.embedding_model):
        log.warning(
            "The index is made with another embedding model than %s, and is used as it is. To change the model: "
            "`sourcespan index rebuild --embedding-model %s`.",
            settings.embedding_model,
            settings.embedding_model,
        )
    model = IndexedModel.of(make_embedder(made_with))
    record = adopt_index(made_with, catalog, model)
    check_index_folder(settings, catalog, record)
    model.write(settings)
    return model


def _ensure_administrator(catalog: Catalog, settings: Settings) -> None:
    """Leave a key that works in the data folder, readable by the operator only. A key that was revoked is not replaced:
    revoking must not be undone by a start. In a cluster it follows from the secret: every API leaves the same."""
    key_file = settings.admin_key_file
    if settings.secret is not None:
        made = base64.urlsafe_b64encode(derived(settings.secret, "administrator")).rstrip(b"=").decode()
        catalog.keys.ensure(TENANT, "administrator", _ALL_SCOPES, f"ssk_{made}")
        _leave_key(key_file, f"ssk_{made}")
        return
    if key_file.exists():
        if catalog.keys.verify(key_file.read_text().strip()) is None:
            log.warning("The key in %s is not valid any more. To have a new one made, remove the file.", key_file)
        return
    secret, _ = catalog.keys.create(TENANT, "administrator", _ALL_SCOPES)
    _leave_key(key_file, secret)
    log.log(NOTICE, "Made the administrator's key: %s", key_file)


def _leave_key(key_file: Path, secret: str) -> None:
    draft = key_file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  (a descriptor)
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(key_file)
