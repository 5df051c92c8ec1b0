"""Which files an `ingest` means, what each is called in the collection, and how they are sent in batches."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.failures import WrongUsage

BATCH_FILES = 16
BATCH_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """`name` is the document's key in the collection: the path below the folder that was given, with `/`."""

    name: str
    path: Path
    size: int


def find_files(arguments: Sequence[str], include: Sequence[str]) -> list[LocalFile]:
    """The files that paths, folders and glob patterns name, in order of their names; each once.

    Hidden files and folders are left out of folders. `include` are glob patterns on the name or on its last part.
    Raises `WrongUsage` when an argument names nothing, or when two files would have the same name.
    """
    found: dict[str, LocalFile] = {}
    for argument in arguments:
        for file in _files_of(argument):
            if include and not any(_matches(file.name, pattern) for pattern in include):
                continue
            other = found.setdefault(file.name, file)
            if not other.path.samefile(file.path):
                raise WrongUsage(
                    f"{other.path} and {file.path} would both be called {file.name}.",
                    hint="Give the folder that contains both, or ingest them into two collections.",
                )
    return sorted(found.values(), key=lambda file: file.name)


def _files_of(argument: str) -> Iterator[LocalFile]:
    path = Path(argument).expanduser()
    if path.is_file():
        yield _local(path, path.name)
    elif path.is_dir():
        for below in sorted(path.rglob("*")):
            relative = below.relative_to(path)
            if below.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield _local(below, relative.as_posix())
    else:
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  (the pattern may be absolute)
        if not matches:
            raise WrongUsage(f"There is no file or folder {argument}.")
        for match in matches:
            if Path(match).is_file():
                yield _local(Path(match), Path(match).name)


def _local(path: Path, name: str) -> LocalFile:
    return LocalFile(name=name, path=path, size=path.stat().st_size)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.rpartition("/")[2], pattern)


def batches(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Groups for one request each: small enough that progress shows, a large file alone."""
    batch: list[LocalFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= BATCH_FILES or size + file.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch
