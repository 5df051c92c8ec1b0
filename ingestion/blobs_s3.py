"""A `BlobStore` in a bucket of any S3-compatible store, for services on several machines.

Layout of the bucket, below a prefix: `sha256/<2 hex>/<62 hex>`, `tenants/<tenant>/<kind>/<name>`,
`uploads/<sha256>/<id>` (a mark that these bytes are being brought in) and `aside/<sha256>` (bytes that are about to be
removed; whoever dies over it has lost nothing). Originals are read through a bounded folder of copies on this machine;
artefacts are read from the bucket each time, so that nothing of a deleted document stays behind on a machine that
served it, and originals for an hour at most.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.blobs import FREE_BYTES, STALE_SECONDS, YOUNG_SECONDS, check_name, check_sha256
from ingestion.errors import BlobMissing, BlobStoreUnavailable, StorageFull

CACHE_BYTES = 4 * 1024**3
CACHE_SECONDS = 3600.0
GAP_BYTES = 64 * 1024
"""Two ranges closer than this are read in one request: a request costs more than so many bytes."""

_PARALLEL_READS = 8
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    key: str
    modified: float


class S3BlobStore:
    """Thread-safe. `client` is a boto3 S3 client; `scratch` a folder of this machine for uploads and copies.

    Raises `BlobStoreUnavailable` where the store does not answer, and `StorageFull` where it says that it is full.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        scratch: Path,
        *,
        prefix: str = "",
        free_bytes: int = FREE_BYTES,
        young_seconds: float = YOUNG_SECONDS,
        cache_bytes: int = CACHE_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._scratch = scratch
        self._free = free_bytes
        self._young = young_seconds
        self._cache_bytes = cache_bytes
        self._clock = clock
        self._readers = ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="blobs")
        for folder in ("incoming", "copies"):
            (scratch / folder).mkdir(parents=True, exist_ok=True)

    @property
    def incoming(self) -> Path:
        return self._scratch / "incoming"

    def check_space(self, size: int) -> None:
        if shutil.disk_usage(self._scratch).free - size < self._free:
            raise StorageFull("There is too little disk space left to take in more documents.")

    def put_file(self, path: Path) -> str:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        # The mark comes first: whoever removes these bytes at the same moment sees it, and puts them back.
        with self._errors():
            self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}uploads/{sha256}/{uuid.uuid4().hex}")
            self._client.upload_file(str(path), self._bucket, self._content_key(sha256))
        path.unlink()
        return sha256

    def path(self, sha256: str) -> Path:
        copy = self._scratch / "copies" / check_sha256(sha256)
        try:
            os.utime(copy)
            return copy
        except FileNotFoundError:
            pass
        self._make_room()
        draft = self._scratch / "copies" / f".{uuid.uuid4().hex}"
        try:
            try:
                self._download(self._content_key(sha256), draft)
            except BlobMissing:
                self._download(self._aside_key(sha256), draft)
            draft.replace(copy)
        finally:
            draft.unlink(missing_ok=True)
        return copy

    def _download(self, key: str, target: Path) -> None:
        with self._errors("The bytes of this version are not in the store."):
            self._client.download_file(self._bucket, key, str(target))

    def remove(self, sha256: str) -> bool:
        return self._remove_older(sha256, self._young)

    def sweep(self, is_known: Callable[[str], bool]) -> int:
        count = 0
        for entry in self.incoming.iterdir():
            if self._clock() - entry.stat().st_mtime >= STALE_SECONDS:
                entry.unlink(missing_ok=True)
                count += 1
        for mark in self._objects(f"{self._prefix}uploads/"):
            if self._clock() - mark.modified >= STALE_SECONDS:
                self._delete(mark.key)
        for content in self._objects(f"{self._prefix}sha256/"):
            sha256 = "".join(content.key.rsplit("/", 2)[-2:])
            if self._clock() - content.modified >= STALE_SECONDS and not is_known(sha256):
                count += self._remove_older(sha256, STALE_SECONDS)
        return count

    def _remove_older(self, sha256: str, seconds: float) -> bool:
        """True when the bytes are gone. They are taken aside first: an upload of the same bytes may come at any moment,
        and has left its mark by then."""
        key, aside = self._content_key(sha256), self._aside_key(sha256)
        if self._is_wanted(sha256, seconds):
            return False
        try:
            self._copy(key, aside)
        except BlobMissing:
            self._forget(sha256)
            return True
        self._delete(key)
        wanted = self._is_wanted(sha256, seconds)
        if wanted:
            self._copy(aside, key)
        else:
            self._forget(sha256)
        self._delete(aside)
        return not wanted

    def _is_wanted(self, sha256: str, seconds: float) -> bool:
        marks = self._objects(f"{self._prefix}uploads/{sha256}/")
        return any(self._clock() - mark.modified < seconds for mark in marks)

    def _forget(self, sha256: str) -> None:
        (self._scratch / "copies" / sha256).unlink(missing_ok=True)

    def put_named(self, tenant: str, name: str, content: bytes | Iterable[bytes]) -> None:
        key = self._named_key(tenant, name)
        draft = self.incoming / uuid.uuid4().hex
        try:
            with draft.open("wb") as file:
                file.writelines([content] if isinstance(content, bytes) else content)
            with self._errors():
                self._client.upload_file(str(draft), self._bucket, key)
        finally:
            draft.unlink(missing_ok=True)

    def has_named(self, tenant: str, name: str) -> bool:
        try:
            with self._errors("An artefact of this parse is not in the store."):
                self._client.head_object(Bucket=self._bucket, Key=self._named_key(tenant, name))
        except BlobMissing:
            return False
        return True

    def read_named(self, tenant: str, name: str) -> bytes:
        return self._get(self._named_key(tenant, name))

    def read_ranges(self, tenant: str, name: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        key = self._named_key(tenant, name)
        spans = _merged(ranges)
        contents = list(self._readers.map(lambda span: self._get(key, span), spans))
        parts = []
        for offset, length in ranges:
            start, content = next(
                (start, content)
                for (start, end), content in zip(spans, contents, strict=True)
                if start <= offset and offset + length <= end
            )
            parts.append(content[offset - start : offset - start + length])
        if any(len(part) != length for part, (_, length) in zip(parts, ranges, strict=True)):
            raise BlobMissing("An artefact of this parse is shorter than the index says.")
        return parts

    def list_named(self, tenant: str, prefix: str) -> list[str]:
        folder, _, _ = prefix.rpartition("/")
        root = f"{self._prefix}tenants/{check_name(tenant, folder)}/"
        return sorted(found.key.removeprefix(root) for found in self._objects(f"{root}{prefix}"))

    def remove_named(self, tenant: str, name: str) -> None:
        self._delete(self._named_key(tenant, name))

    def _get(self, key: str, span: tuple[int, int] | None = None) -> bytes:
        """`span`: from its first byte up to, not including, its last."""
        limits = {} if span is None else {"Range": f"bytes={span[0]}-{span[1] - 1}"}
        with self._errors("An artefact of this parse is not in the store."):
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=key, **limits)["Body"].read()
            return content

    def _copy(self, source: str, target: str) -> None:
        with self._errors("The bytes of this version are not in the store."):
            self._client.copy({"Bucket": self._bucket, "Key": source}, self._bucket, target)

    def _delete(self, key: str) -> None:
        with self._errors():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def _objects(self, start: str) -> Iterator[_Object]:
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=start)
            for page in pages:
                for found in page.get("Contents", ()):
                    yield _Object(key=found["Key"], modified=found["LastModified"].timestamp())

    def _make_room(self) -> None:
        """Copies go that are old, and the oldest of those that are too many."""
        copies = sorted(
            ((entry.stat(), entry) for entry in (self._scratch / "copies").iterdir()),
            key=lambda copy: copy[0].st_mtime,
            reverse=True,
        )
        kept = 0
        for state, entry in copies:
            kept += state.st_size
            if kept > self._cache_bytes or self._clock() - state.st_mtime > CACHE_SECONDS:
                entry.unlink(missing_ok=True)

    def _content_key(self, sha256: str) -> str:
        return f"{self._prefix}sha256/{check_sha256(sha256)[:2]}/{sha256[2:]}"

    def _aside_key(self, sha256: str) -> str:
        return f"{self._prefix}aside/{check_sha256(sha256)}"

    def _named_key(self, tenant: str, name: str) -> str:
        return f"{self._prefix}tenants/{check_name(tenant, name)}/{name}"

    @contextmanager
    def _errors(self, absent: str | None = None) -> Iterator[None]:
        """`absent`: what to say where the object is not there."""
        try:
            yield
        except (ClientError, Boto3Error) as error:
            code = _code(error)
            if code in _ABSENT and absent is not None:
                raise BlobMissing(absent) from error
            if code == "InvalidRange":
                raise BlobMissing("An artefact of this parse is shorter than the index says.") from error
            if code in _FULL:
                raise StorageFull("The blob store says that it is full.") from error
            raise BlobStoreUnavailable(f"The blob store answered with an error: {code}.") from error
        except BotoCoreError as error:
            raise BlobStoreUnavailable(f"The blob store cannot be reached: {type(error).__name__}.") from error


def _code(error: Exception) -> str:
    """The store's own word for the error; transfers hide it in the text of another."""
    cause = error if isinstance(error, ClientError) else error.__context__
    if isinstance(cause, ClientError):
        return str(cause.response.get("Error", {}).get("Code"))
    return type(error).__name__


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(offset, length) pairs as few (first, end) spans, in order, that cover them."""
    spans: list[tuple[int, int]] = []
    for offset, length in sorted(ranges):
        if spans and offset - spans[-1][1] <= GAP_BYTES:
            spans[-1] = (spans[-1][0], max(spans[-1][1], offset + length))
        else:
            spans.append((offset, offset + length))
    return spans
