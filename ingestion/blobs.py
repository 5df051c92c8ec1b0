"""Where bytes lie: documents by their SHA-256, artefacts by tenant and name.

Layout of a folder store: `<root>/sha256/<2 hex>/<62 hex>` and `<root>/tenants/<tenant>/<kind>/<name>`. A file is
written beside its place, synced and renamed, so that it is there wholly or not at all, also after a power cut.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from ingestion.errors import BlobMissing, StorageFull

FREE_BYTES = 256 * 1024**2
"""With less free space than this nothing more is accepted: catalog and index need room to finish what they have."""

YOUNG_SECONDS = 900.0
"""Bytes stored less than this ago may belong to an upload that the catalog does not know yet."""

STALE_SECONDS = 24 * 3600.0
"""An upload that is older than this has been given up."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class BlobStore(Protocol):
    """Bytes by content, artefacts by name. Names are `kind/name`, of letters, digits, dots, dashes, underscores."""

    @property
    def incoming(self) -> Path:
        """A folder on the same file system for uploads under way; `put_file` takes them from there."""
        ...

    def check_space(self, size: int) -> None:
        """Raises StorageFull if `size` more bytes should not be taken in."""
        ...

    def put_file(self, path: Path) -> str:
        """Move a file in; its SHA-256. The file is gone from its place, and durable, when this returns.
        Raises StorageFull."""
        ...

    def path(self, sha256: str) -> Path:
        """Where to read the bytes. Raises BlobMissing."""
        ...

    def remove(self, sha256: str) -> bool:
        """Remove bytes unless they were stored just now; True when they are gone."""
        ...

    def sweep(self, is_known: Callable[[str], bool]) -> int:
        """Remove what uploads that never came to an end have left a day ago and more; how many files. `is_known` says
        of a SHA-256 whether the catalog names it."""
        ...

    def put_named(self, tenant: str, name: str, content: bytes | Iterable[bytes]) -> None:
        """Store an artefact; one that is large may come in parts."""
        ...

    def has_named(self, tenant: str, name: str) -> bool: ...

    def read_named(self, tenant: str, name: str) -> bytes:
        """Raises BlobMissing."""
        ...

    def read_ranges(self, tenant: str, name: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        """Parts of an artefact by (offset, length). Raises BlobMissing, also where the artefact is too short."""
        ...

    def list_named(self, tenant: str, prefix: str) -> list[str]:
        """Names that begin with `prefix`, which holds at least the kind (`chunks/doc_1-`)."""
        ...

    def remove_named(self, tenant: str, name: str) -> None:
        """What is not there is gone already."""
        ...


class FolderBlobStore:
    """A BlobStore in a folder. For a file under `incoming`, `put_file` is a rename."""

    def __init__(self, root: Path, *, free_bytes: int = FREE_BYTES, young_seconds: float = YOUNG_SECONDS) -> None:
        self._root = root
        self._free = free_bytes
        self._young = young_seconds
        for folder in ("sha256", "tenants", "incoming"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    @property
    def incoming(self) -> Path:
        return self._root / "incoming"

    def check_space(self, size: int) -> None:
        if shutil.disk_usage(self._root).free - size < self._free:
            raise StorageFull("There is too little disk space left to take in more documents.")

    def put_file(self, path: Path) -> str:
        self.check_space(0)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        target = self._content_path(sha256)
        target.parent.mkdir(exist_ok=True)
        # Also where the bytes are there already: the new file is young, which keeps a purge from removing it before
        # the catalog knows of this upload.
        os.utime(path)
        try:
            path.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            moved = self.incoming / uuid.uuid4().hex
            shutil.copyfile(path, moved)
            _sync(moved)
            moved.replace(target)
            path.unlink()
        _sync(target.parent)
        return sha256

    def path(self, sha256: str) -> Path:
        path = self._content_path(sha256)
        if not path.is_file():
            raise BlobMissing("The bytes of this version are not in the store.")
        return path

    def remove(self, sha256: str) -> bool:
        return self._remove_older(self._content_path(sha256), self._young)

    def sweep(self, is_known: Callable[[str], bool]) -> int:
        count = 0
        for entry in list(_files(self.incoming)):
            count += self._remove_older(Path(entry.path), STALE_SECONDS)
        for folder in sorted((self._root / "sha256").iterdir()):
            for entry in list(_files(folder)):
                old = time.time() - entry.stat().st_mtime >= STALE_SECONDS
                if old and not is_known(folder.name + entry.name):
                    count += self._remove_older(Path(entry.path), STALE_SECONDS)
        return count

    def _remove_older(self, path: Path, seconds: float) -> bool:
        """True when the file is gone. It is taken aside before its age is looked at, since an upload of the same bytes
        may replace it at any moment by one that is young."""
        aside = self.incoming / uuid.uuid4().hex
        try:
            path.rename(aside)
        except FileNotFoundError:
            return True
        if time.time() - aside.stat().st_mtime < seconds:
            aside.rename(path)
            return False
        aside.unlink()
        return True

    def put_named(self, tenant: str, name: str, content: bytes | Iterable[bytes]) -> None:
        target = self._named_path(tenant, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.parent / f".{uuid.uuid4().hex}"
        try:
            with scratch.open("wb") as file:
                file.writelines([content] if isinstance(content, bytes) else content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(target)
        finally:
            scratch.unlink(missing_ok=True)
        _sync(target.parent)

    def has_named(self, tenant: str, name: str) -> bool:
        return self._named_path(tenant, name).is_file()

    def read_named(self, tenant: str, name: str) -> bytes:
        try:
            return self._named_path(tenant, name).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing("An artefact of this parse is not in the store.") from error

    def read_ranges(self, tenant: str, name: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        try:
            descriptor = os.open(self._named_path(tenant, name), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise BlobMissing("An artefact of this parse is not in the store.") from error
        try:
            parts = [os.pread(descriptor, length, offset) for offset, length in ranges]
        finally:
            os.close(descriptor)
        if any(len(part) != length for part, (_, length) in zip(parts, ranges, strict=True)):
            raise BlobMissing("An artefact of this parse is shorter than the index says.")
        return parts

    def list_named(self, tenant: str, prefix: str) -> list[str]:
        folder, _, start = prefix.rpartition("/")
        parent = self._named_path(tenant, folder)
        if not parent.is_dir():
            return []
        return sorted(f"{folder}/{entry.name}" for entry in _files(parent) if entry.name.startswith(start))

    def remove_named(self, tenant: str, name: str) -> None:
        self._named_path(tenant, name).unlink(missing_ok=True)

    def _content_path(self, sha256: str) -> Path:
        return self._root / "sha256" / check_sha256(sha256)[:2] / sha256[2:]

    def _named_path(self, tenant: str, name: str) -> Path:
        return self._root / "tenants" / check_name(tenant, name) / name


def check_sha256(sha256: str) -> str:
    """Itself. Raises ValueError for what is no hash, and might lead elsewhere in the store."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("a SHA-256 is 64 lower-case hex digits")
    return sha256


def check_name(tenant: str, name: str) -> str:
    """The name of the tenant's folder. Raises ValueError for a tenant or a name that would lead out of it."""
    if not _NAME.fullmatch(name):
        raise ValueError("an artefact's name has letters, digits, dots, dashes and underscores only")
    folder = quote(tenant, safe="")
    if folder in {"", ".", ".."}:
        raise ValueError("a tenant's name is not empty and not made of dots")
    return folder


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith(".") and entry.is_file())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
