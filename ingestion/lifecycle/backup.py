"""A copy of what a data folder holds, taken while the service runs, and put back into an empty one.

The catalog is copied first, by SQLite's own backup, as of one moment; then the blobs that are there, each of which is
written once and never changed. What was deleted between the two is missing from the copy: its documents are deleted in
the next moment of the catalog anyway. The index is left out: `sourcespan index rebuild` writes it from the rest, and
embeds nothing. Keys are left out unless they are asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion.errors import BackupUnusable
from ingestion.lifecycle.check import sha256_of

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
CATALOG = "catalog.db"
BLOBS = "blobs"
SECRETS = ("secrets.key", "admin.key")
_COPIED = ("sha256", "tenants")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    documents: int
    files: int
    size: int
    with_keys: bool
    missing: tuple[str, ...]
    """SHA-256s of originals that the catalog names and the copy lacks, though their documents are not deleted."""


def back_up(data_dir: Path, target: Path, *, with_keys: bool, progress: Progress = lambda _: None) -> BackupSummary:
    """Copy into the folder `target`, which must not exist. It is made beside its place and renamed when it is whole.
    Files are hard links where both lie on one file system: blobs are never changed in place.

    Raises BackupUnusable.
    """
    if not (data_dir / CATALOG).is_file():
        raise BackupUnusable(f"There is no catalog in {data_dir}.")
    if target.exists():
        raise BackupUnusable(f"{target} exists; a backup never overwrites.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.mkdir(mode=0o700, parents=True)
    try:
        _copy_catalog(data_dir / CATALOG, draft / CATALOG)
        files, size = _copy_blobs(data_dir / BLOBS, draft / BLOBS, progress, linked=True)
        if with_keys:
            for name in SECRETS:
                if (data_dir / name).exists():
                    _copy(data_dir / name, draft / name, linked=False)
        summary = BackupSummary(
            documents=_count_documents(draft / CATALOG),
            files=files,
            size=size,
            with_keys=with_keys,
            missing=tuple(_missing_originals(draft)),
        )
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "catalog_sha256": sha256_of(draft / CATALOG),
            **asdict(summary),
        }
        _write(draft / MANIFEST, json.dumps(manifest, indent=1).encode())
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return summary


def verify(backup: Path, *, progress: Progress = lambda _: None) -> BackupSummary:
    """Compare the copy with its manifest, and every original with its checksum. Raises BackupUnusable."""
    summary, catalog_sha256 = _manifest(backup)
    if sha256_of(backup / CATALOG) != catalog_sha256:
        raise BackupUnusable("The catalog in the backup is not the one that was written.")
    with closing(sqlite3.connect(f"file:{backup / CATALOG}?mode=ro", uri=True)) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
        if verdict != "ok":
            raise BackupUnusable("The catalog in the backup is damaged.")
    originals = sorted((backup / BLOBS / "sha256").glob("*/*"))
    for number, path in enumerate(originals):
        progress(number)
        if sha256_of(path) != path.parent.name + path.name:
            raise BackupUnusable("An original in the backup is damaged.")
    files = sum(1 for kind in _COPIED for path in (backup / BLOBS / kind).rglob("*") if path.is_file())
    if files != summary.files:
        raise BackupUnusable(f"The backup has {files} files instead of {summary.files}.")
    return summary


def restore(backup: Path, data_dir: Path, *, progress: Progress = lambda _: None) -> BackupSummary:
    """Put a verified copy back into a data folder that is empty or not there. Raises BackupUnusable."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise BackupUnusable(f"{data_dir} is not empty; a backup is never restored over something.")
    summary = verify(backup)
    draft = data_dir.with_name(f".{data_dir.name}.{os.getpid()}")
    draft.mkdir(mode=0o700, parents=True)
    try:
        _copy_blobs(backup / BLOBS, draft / BLOBS, progress, linked=False)
        for name in SECRETS:
            if (backup / name).exists():
                _copy(backup / name, draft / name, linked=False)
        _copy(backup / CATALOG, draft / CATALOG, linked=False)
        _forget_indexes(draft / CATALOG)
        if data_dir.exists():
            data_dir.rmdir()
        draft.replace(data_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return summary


def _copy_catalog(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _copy_blobs(source: Path, target: Path, progress: Progress, *, linked: bool) -> tuple[int, int]:
    """Uploads under way (`incoming`) and files that are being written are left out."""
    files = size = 0
    for kind in _COPIED:
        (target / kind).mkdir(mode=0o700, parents=True)
        for path in _files(source / kind):
            place = target / kind / path.relative_to(source / kind)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                _copy(path, place, linked=linked)
                size += place.stat().st_size
            except FileNotFoundError:
                continue  # deleted meanwhile
            files += 1
            progress(files)
    (target / "incoming").mkdir(mode=0o700)
    return files, size


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _copy(source: Path, target: Path, *, linked: bool) -> None:
    if linked:
        try:
            os.link(source, target)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
        else:
            return
    shutil.copyfile(source, target)
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _manifest(backup: Path) -> tuple[BackupSummary, str]:
    try:
        content = json.loads((backup / MANIFEST).read_bytes())
        if content["schema_version"] != SCHEMA_VERSION:
            raise BackupUnusable(f"The backup is of version {content['schema_version']}, which cannot be read.")
        summary = BackupSummary(
            documents=content["documents"],
            files=content["files"],
            size=content["size"],
            with_keys=content["with_keys"],
            missing=tuple(content["missing"]),
        )
        return summary, str(content["catalog_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupUnusable(f"{backup} is not a backup of this software.") from None


def _count_documents(catalog: Path) -> int:
    with closing(sqlite3.connect(catalog)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM documents WHERE deleted_at IS NULL").fetchone()
        return int(count)


def _missing_originals(draft: Path) -> list[str]:
    with closing(sqlite3.connect(draft / CATALOG)) as connection:
        named = connection.execute("SELECT DISTINCT sha256 FROM documents WHERE deleted_at IS NULL").fetchall()
    place = draft / BLOBS / "sha256"
    return sorted(sha256 for (sha256,) in named if not (place / sha256[:2] / sha256[2:]).is_file())


def _forget_indexes(catalog: Path) -> None:
    """They are not in the backup. Leases of workers that are not there run out by themselves."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "indexes" in tables:
            connection.execute("DELETE FROM indexes")
