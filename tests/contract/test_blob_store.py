"""What every `BlobStore` must do: bytes by content and artefacts by name, whole or not there, never elsewhere."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from ingestion.blobs import STALE_SECONDS, BlobStore, FolderBlobStore
from ingestion.blobs_s3 import S3BlobStore
from ingestion.errors import BlobMissing, BlobStoreUnavailable, StorageFull
from tests.support.s3 import S3Server, s3_server

pytestmark = pytest.mark.network

SHA256 = hashlib.sha256(b"content").hexdigest()


class Bench(Protocol):
    """A store whose bytes can be made old."""

    store: BlobStore

    def age(self, sha256: str, seconds: float) -> None: ...

    def without_room(self) -> BlobStore: ...


class FolderBench:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.store: BlobStore = FolderBlobStore(folder)

    def age(self, sha256: str, seconds: float) -> None:
        os.utime(self.store.path(sha256), (time.time() - seconds,) * 2)

    def without_room(self) -> BlobStore:
        return FolderBlobStore(self._folder, free_bytes=2**62)


class S3Bench:
    """The clock goes on instead: objects of a bucket have the time at which they were written."""

    def __init__(self, server: S3Server, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._ahead = 0.0
        self.bucket = server.new_bucket()
        self.store: BlobStore = self._open()

    def _open(self, free_bytes: int = 0) -> S3BlobStore:
        return S3BlobStore(
            self._server.client,
            self.bucket,
            self._folder,
            prefix="sourcespan",
            free_bytes=free_bytes,
            clock=lambda: time.time() + self._ahead,
        )

    def age(self, sha256: str, seconds: float) -> None:
        self._ahead += seconds

    def without_room(self) -> BlobStore:
        return self._open(free_bytes=2**62)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    if request.param == "folder":
        return FolderBench(tmp_path / "blobs")
    return S3Bench(request.getfixturevalue("server"), tmp_path / "scratch")


@pytest.fixture
def store(bench: Bench) -> BlobStore:
    return bench.store


def put(store: BlobStore, content: bytes = b"content") -> str:
    path = store.incoming / "upload"
    path.write_bytes(content)
    return store.put_file(path)


def test_the_same_bytes_are_one_thing(store: BlobStore) -> None:
    assert put(store) == put(store) == SHA256
    assert store.path(SHA256).read_bytes() == b"content"
    assert list(store.incoming.iterdir()) == []


def test_missing_bytes_and_artefacts_are_said_to_be_missing(store: BlobStore) -> None:
    with pytest.raises(BlobMissing):
        store.path("0" * 64)
    with pytest.raises(BlobMissing):
        store.read_named("t", "parses/p.json")
    with pytest.raises(BlobMissing):
        store.read_ranges("t", "parses/p.json", [(0, 1)])
    assert not store.has_named("t", "parses/p.json")
    assert store.list_named("t", "chunks/doc") == []
    store.remove_named("t", "parses/p.json")


def test_bytes_of_an_upload_just_now_are_not_removed(bench: Bench, store: BlobStore) -> None:
    """A purge must not take the bytes of an upload that the catalog does not know yet."""
    put(store)
    bench.age(SHA256, 3600)
    put(store)
    if isinstance(bench, FolderBench):
        assert store.remove(SHA256) is False
    assert store.path(SHA256).read_bytes() == b"content"
    bench.age(SHA256, 3600)
    assert store.remove(SHA256) is True
    assert store.remove(SHA256) is True
    with pytest.raises(BlobMissing):
        store.path(SHA256)


def test_a_sweep_takes_only_what_is_old_and_unknown(bench: Bench, store: BlobStore) -> None:
    known, unknown = put(store, b"known"), put(store, b"unknown")
    half = store.incoming / "half"
    half.write_bytes(b"half an upload")
    os.utime(half, (time.time() - STALE_SECONDS - 1,) * 2)
    assert store.sweep(lambda _: False) == 1
    for sha256 in (known, unknown):
        bench.age(sha256, STALE_SECONDS + 1)
    assert store.sweep(lambda sha256: sha256 == known) == 1
    assert store.path(known).is_file()
    assert not half.exists()
    with pytest.raises(BlobMissing):
        store.path(unknown)


def test_a_full_disk_refuses_uploads_before_it_is_full(bench: Bench, store: BlobStore) -> None:
    store.check_space(1)
    with pytest.raises(StorageFull):
        bench.without_room().check_space(0)


def test_artefacts_are_replaced_whole_and_read_in_parts(store: BlobStore) -> None:
    store.put_named("t", "chunks/doc_1-prs_1.ndjson", [b"first\n", b"second\n"])
    store.put_named("t", "chunks/doc_1-prs_2.ndjson", b"other")
    store.put_named("t", "chunks/doc_10-prs_2.ndjson", b"other")
    assert store.read_ranges("t", "chunks/doc_1-prs_1.ndjson", [(6, 6), (0, 5)]) == [b"second", b"first"]
    for beyond in ((6, 100), (1000, 10)):
        with pytest.raises(BlobMissing):
            store.read_ranges("t", "chunks/doc_1-prs_1.ndjson", [beyond])
    assert store.list_named("t", "chunks/doc_1-") == ["chunks/doc_1-prs_1.ndjson", "chunks/doc_1-prs_2.ndjson"]
    assert store.list_named("u", "chunks/doc_1-") == []
    store.put_named("t", "chunks/doc_1-prs_1.ndjson", b"new")
    assert store.read_named("t", "chunks/doc_1-prs_1.ndjson") == b"new"
    assert store.has_named("t", "chunks/doc_1-prs_1.ndjson")
    assert not store.has_named("u", "chunks/doc_1-prs_1.ndjson")
    store.remove_named("t", "chunks/doc_1-prs_1.ndjson")
    assert not store.has_named("t", "chunks/doc_1-prs_1.ndjson")


def test_ranges_far_apart_are_read_as_well(store: BlobStore) -> None:
    content = bytes(range(256)) * 2048
    store.put_named("t", "chunks/long.ndjson", content)
    ranges = [(400_000, 100), (0, 10), (400_050, 300), (200_000, 1)]
    assert store.read_ranges("t", "chunks/long.ndjson", ranges) == [content[at : at + size] for at, size in ranges]


@pytest.mark.parametrize("name", ["../x", "a/../b", "/etc/passwd", "a//b", "", ".x", "a\x00b", "a b"])
def test_names_stay_inside(store: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        store.put_named("t", name, b"x")


@pytest.mark.parametrize("tenant", ["", ".", ".."])
def test_tenants_stay_inside(store: BlobStore, tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        store.put_named(tenant, "a/b", b"x")


def test_a_tenant_may_be_called_anything_else(store: BlobStore, tmp_path: Path) -> None:
    store.put_named("../évil/x", "a/b", b"x")
    assert store.read_named("../évil/x", "a/b") == b"x"
    assert store.list_named("../évil/x", "a/") == ["a/b"]
    assert not (tmp_path / "évil").exists()


@pytest.mark.parametrize("sha256", ["", "..", "A" * 64, "0" * 63, "0" * 62 + "/x"])
def test_only_a_hash_names_bytes(store: BlobStore, sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(sha256)


class TestS3:
    """What can only go wrong where others use the bucket too."""

    @pytest.fixture
    def bench(self, server: S3Server, tmp_path: Path) -> S3Bench:
        return S3Bench(server, tmp_path / "scratch")

    def test_an_upload_in_the_middle_of_a_removal_wins(self, bench: S3Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        store = bench.store
        put(store)
        bench.age(SHA256, 3600)
        copy = S3BlobStore._copy

        def upload_after(self: S3BlobStore, source: str, target: str) -> None:
            copy(self, source, target)
            monkeypatch.setattr(S3BlobStore, "_copy", copy)
            bench._ahead = 0.0
            put(store)

        monkeypatch.setattr(S3BlobStore, "_copy", upload_after)
        assert store.remove(SHA256) is False
        assert store.path(SHA256).read_bytes() == b"content"

    def test_a_removal_that_was_killed_has_lost_nothing(
        self, bench: S3Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(bench.store)
        bench.age(SHA256, 3600)
        wanted = iter([False])
        monkeypatch.setattr(S3BlobStore, "_is_wanted", lambda *_: next(wanted))
        with pytest.raises(StopIteration):
            bench.store.remove(SHA256)
        assert bench.store.path(SHA256).read_bytes() == b"content"

    def test_a_store_that_does_not_answer_is_said_to_be_away(self, server: S3Server, tmp_path: Path) -> None:
        away = S3BlobStore(server.client_of("http://127.0.0.1:9"), "bucket", tmp_path)
        with pytest.raises(BlobStoreUnavailable):
            away.read_named("t", "a/b")
        missing = S3BlobStore(server.client, "no-such-bucket", tmp_path)
        with pytest.raises(BlobStoreUnavailable, match="NoSuchBucket"):
            missing.put_named("t", "a/b", b"x")
        with pytest.raises(BlobStoreUnavailable, match="NoSuchBucket"):
            missing.read_named("t", "a/b")
