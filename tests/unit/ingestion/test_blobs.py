"""What only a folder of blobs does; what every store does is in tests/contract/test_blob_store.py."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from ingestion.blobs import STALE_SECONDS, FolderBlobStore
from ingestion.errors import BlobMissing, StorageFull

SHA256 = hashlib.sha256(b"content").hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderBlobStore:
    return FolderBlobStore(tmp_path / "blobs")


def put(store: FolderBlobStore, content: bytes = b"content") -> str:
    path = store.incoming / "upload"
    path.write_bytes(content)
    return store.put_file(path)


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_the_same_bytes_lie_in_one_place(store: FolderBlobStore, tmp_path: Path) -> None:
    assert put(store) == put(store) == SHA256
    assert store.path(SHA256).read_bytes() == b"content"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_sweep_takes_only_what_is_old_and_unknown(store: FolderBlobStore) -> None:
    known, unknown, young = put(store, b"known"), put(store, b"unknown"), put(store, b"young")
    for sha256 in (known, unknown):
        age(store.path(sha256), STALE_SECONDS + 1)
    for name, seconds in (("old", STALE_SECONDS + 1), ("new", 0.0)):
        (store.incoming / name).write_bytes(b"half an upload")
        age(store.incoming / name, seconds)
    assert store.sweep(lambda sha256: sha256 == known) == 2
    assert store.path(known).is_file()
    assert store.path(young).is_file()
    assert [path.name for path in store.incoming.iterdir()] == ["new"]
    with pytest.raises(BlobMissing):
        store.path(unknown)


def test_a_full_disk_refuses_uploads_before_it_is_full(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path, free_bytes=2**62)
    with pytest.raises(StorageFull):
        store.check_space(0)
    with pytest.raises(StorageFull):
        put(store)
    roomy = FolderBlobStore(tmp_path, free_bytes=0)
    roomy.check_space(1)
    with pytest.raises(StorageFull):
        roomy.check_space(2**62)
