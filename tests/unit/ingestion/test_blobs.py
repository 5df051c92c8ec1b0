"""Bytes by content, artefacts by name: whole or not there, and never outside the folder."""

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


def test_missing_bytes_and_artefacts_are_said_to_be_missing(store: FolderBlobStore) -> None:
    with pytest.raises(BlobMissing):
        store.path("0" * 64)
    with pytest.raises(BlobMissing):
        store.read_named("t", "parses/p.json")
    with pytest.raises(BlobMissing):
        store.read_ranges("t", "parses/p.json", [(0, 1)])
    assert store.list_named("t", "chunks/doc") == []
    store.remove_named("t", "parses/p.json")


def test_bytes_of_an_upload_just_now_are_not_removed(store: FolderBlobStore) -> None:
    """A purge must not take the bytes of an upload that the catalog does not know yet."""
    put(store)
    age(store.path(SHA256), 3600)
    put(store)
    assert store.remove(SHA256) is False
    assert store.path(SHA256).read_bytes() == b"content"
    age(store.path(SHA256), 3600)
    assert store.remove(SHA256) is True
    assert store.remove(SHA256) is True
    with pytest.raises(BlobMissing):
        store.path(SHA256)


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


def test_artefacts_are_replaced_whole_and_read_in_parts(store: FolderBlobStore) -> None:
    store.put_named("t", "chunks/doc_1-prs_1.ndjson", b"first\nsecond\n")
    store.put_named("t", "chunks/doc_1-prs_2.ndjson", b"other")
    store.put_named("t", "chunks/doc_10-prs_2.ndjson", b"other")
    assert store.read_ranges("t", "chunks/doc_1-prs_1.ndjson", [(6, 6), (0, 5)]) == [b"second", b"first"]
    with pytest.raises(BlobMissing):
        store.read_ranges("t", "chunks/doc_1-prs_1.ndjson", [(6, 100)])
    assert store.list_named("t", "chunks/doc_1-") == ["chunks/doc_1-prs_1.ndjson", "chunks/doc_1-prs_2.ndjson"]
    assert store.list_named("u", "chunks/doc_1-") == []
    store.put_named("t", "chunks/doc_1-prs_1.ndjson", b"new")
    assert store.read_named("t", "chunks/doc_1-prs_1.ndjson") == b"new"
    assert store.has_named("t", "chunks/doc_1-prs_1.ndjson")
    assert not store.has_named("u", "chunks/doc_1-prs_1.ndjson")


@pytest.mark.parametrize("name", ["../x", "a/../b", "/etc/passwd", "a//b", "", ".x", "a\x00b", "a b"])
def test_names_stay_inside(store: FolderBlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        store.put_named("t", name, b"x")


@pytest.mark.parametrize("tenant", ["", ".", ".."])
def test_tenants_stay_inside(store: FolderBlobStore, tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        store.put_named(tenant, "a/b", b"x")


def test_a_tenant_may_be_called_anything_else(store: FolderBlobStore, tmp_path: Path) -> None:
    store.put_named("../évil/x", "a/b", b"x")
    assert store.read_named("../évil/x", "a/b") == b"x"
    assert not (tmp_path / "évil").exists()


@pytest.mark.parametrize("sha256", ["", "..", "A" * 64, "0" * 63, "0" * 62 + "/x"])
def test_only_a_hash_names_bytes(store: FolderBlobStore, sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(sha256)
