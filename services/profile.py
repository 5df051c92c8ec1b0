"""Which implementation stands behind a port in each profile: everything on one machine, or shared by many."""

from __future__ import annotations

import base64
import importlib
from typing import Any, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingestion.blobs import BlobStore, FolderBlobStore
from ingestion.secrets import SecretBox
from retrieval.ports import VectorIndex
from services.failures import Failure
from services.settings import Settings


def open_blobs(settings: Settings) -> BlobStore:
    if settings.is_cluster:
        return cast(BlobStore, _shared_parts().open_bucket(settings))
    return FolderBlobStore(settings.blobs_dir)


def connect_shared_index(settings: Settings, name: str, dimension: int) -> VectorIndex:
    """An index of a cluster."""
    return cast(VectorIndex, _shared_parts().connect_server_index(settings, name, dimension))


def open_secrets(settings: Settings) -> SecretBox:
    if settings.secret is None:
        return SecretBox.of_file(settings.secrets_key_file)
    return SecretBox(base64.urlsafe_b64encode(derived(settings.secret, "stored passwords")))


def derived(secret: str, purpose: str) -> bytes:
    """32 bytes that only who knows the cluster's secret can make (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sourcespan {purpose}".encode()).derive(secret.encode())


def _shared_parts() -> Any:
    """Loaded where a cluster is configured: one machine needs none of these libraries."""
    try:
        return importlib.import_module("services.cluster.shared_parts")
    except ImportError as error:
        raise Failure(
            f"The cluster profile needs {error.name}.", hint="Install it with: pip install 'sourcespan[cluster]'"
        ) from error
