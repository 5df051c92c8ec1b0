"""Building the graphs for search by meaning on a copy of the shard, in a child process, and taking the copy over.

While the child copies the files (a second per gigabyte or two), writes are held back and searches go on. From then on
the ids of all points that are written or deleted are noted; when the copy is built, what became of those points is
copied from the live shard to it, a few at a time, until there are none left. Then one rename of a small file says that
the copy is the shard. Until that rename the old shard is the only one that counts, and after it only the new one is: a
crash at any point leaves one whole shard, and what else lies there is removed at the next start.
"""

from __future__ import annotations

import logging
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qdrant_edge import EdgeShard, Point, UpdateOperation

from retrieval.index.building import COPIED

log = logging.getLogger(__name__)

_FIRST = "shard"
_POINTER = "current"
_CATCH_UP = 24
_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_AFTER_FAILURE = 600.0
# The copy, what the engine writes beside it while it builds, and some room for what comes in meanwhile.
_ROOM = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceOptions:
    """A build starts when at least `least_points` are in no graph, and they are at least `share` of all. Below that,
    comparing them all is cheap: 1 ms at 10,000 points of 384 numbers, 5 at 30,000."""

    least_points: int = 30_000
    share: float = 0.2


def current_shard(folder: Path) -> Path:
    """The shard that counts. Other shards in the folder were being made, or had served, when a process died: they are
    removed. To be called by the one who holds the folder's lock."""
    pointer = folder / _POINTER
    name = pointer.read_text() if pointer.exists() else _FIRST
    for other in folder.glob(f"{_FIRST}*"):
        if other.name != name and other.suffix != ".new":
            shutil.rmtree(other, ignore_errors=True)
    return folder / name


class _Builder:
    """The child process, and what it said."""

    def __init__(self, source: Path, target: Path, dimension: int) -> None:
        self._output, writing = os.pipe()
        command = [sys.executable, "-m", "retrieval.index.building", str(source), str(target), str(dimension)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writing)  # noqa: S603
        finally:
            os.close(writing)
        self.has_copied = False

    def listen(self, seconds: float) -> None:
        """Waits so long for word that the files are copied, or for the end."""
        if not self.has_copied and select.select([self._output], [], [], seconds)[0]:
            self.has_copied = os.read(self._output, len(COPIED)) == COPIED

    def result(self) -> int | None:
        """The exit code, once it has ended."""
        return self._process.poll()

    def close(self) -> None:
        """Ends it if it has not ended."""
        self._process.kill()
        self._process.wait()
        os.close(self._output)


class Maintenance:
    """`step` is called again and again by the process that owns the shard; it never takes long, but for opening the
    copy. Not thread-safe."""

    def __init__(self, folder: Path, dimension: int, options: MaintenanceOptions) -> None:
        self._folder = folder
        self._dimension = dimension
        self._options = options
        self._child: _Builder | None = None
        self._copy: Any = None
        self._touched: set[str] = set()
        self._target = folder / _FIRST
        self._look_again = 0.0
        self._started = 0.0
        self.last_build_seconds: float | None = None

    @property
    def building(self) -> bool:
        return self._child is not None or self._copy is not None

    @property
    def holds_writes(self) -> bool:
        """Whether files are being copied, so that nothing may be written."""
        return self._child is not None and not self._child.has_copied

    def note(self, ids: Iterable[str]) -> None:
        """These points were written or deleted."""
        if self.building:
            self._touched.update(ids)

    def wait_for_copy(self) -> None:
        while self._child is not None and not self._child.has_copied:
            self._follow(self._child, seconds=1.0)

    def step(self, shard: Any, source: Path) -> Any | None:
        """A bit of the work; a shard where one is to take the place of `shard` from now on, after `take_over`."""
        if self._copy is not None:
            return self._copy if self._catch_up(shard) else None
        if self._child is not None:
            self._follow(self._child, seconds=0.0)
            return None
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + _SECONDS_BETWEEN_LOOKS
            if self._worth_it(shard) and self._has_room(source):
                self._start(shard, source)
        return None

    @property
    def busy(self) -> bool:
        """Whether `step` has something to do at once."""
        return self._copy is not None

    def take_over(self) -> Path:
        """Makes the copy the shard that counts, and says where it is. The old one may be closed and removed."""
        self._copy.flush()
        draft = self._folder / f"{_POINTER}.tmp"
        with draft.open("w") as file:
            file.write(self._target.name)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / _POINTER)
        _sync_folder(self._folder)
        self._copy = None
        self.last_build_seconds = time.monotonic() - self._started
        log.info("The graphs are built: %.0f s.", self.last_build_seconds)
        return self._target

    def stop(self) -> None:
        """Gives up what is being built."""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._copy is not None:
            self._copy.close()
            self._copy = None
        if self._target.name != current_shard(self._folder).name:
            shutil.rmtree(self._target, ignore_errors=True)

    def _worth_it(self, shard: Any) -> bool:
        info = shard.info()
        waiting = info.points_count - info.indexed_vectors_count
        return bool(waiting >= self._options.least_points and waiting >= self._options.share * info.points_count)

    def _has_room(self, source: Path) -> bool:
        size = sum(file.stat().st_size for file in source.rglob("*") if file.is_file())
        free = shutil.disk_usage(self._folder).free
        if free < _ROOM * size:
            log.warning(
                "Graphs are not built: it needs %.0f MB of disk, %.0f are free.", _ROOM * size / 1e6, free / 1e6
            )
            self._look_again = time.monotonic() + _SECONDS_AFTER_FAILURE
            return False
        return True

    def _start(self, shard: Any, source: Path) -> None:
        shard.flush()
        number = int(source.name.rpartition("-")[2]) if "-" in source.name else 0
        self._target = self._folder / f"{_FIRST}-{number + 1}"
        shutil.rmtree(self._target, ignore_errors=True)
        self._child = _Builder(source, self._target, self._dimension)
        self._touched = set()
        self._started = time.monotonic()

    def _follow(self, child: _Builder, *, seconds: float) -> None:
        """Whether the child has copied, built, or failed."""
        child.listen(seconds)
        code = child.result()
        if code is None:
            return
        child.close()
        self._child = None
        if code == 0 and child.has_copied:
            self._copy = EdgeShard.load(str(self._target))
        else:
            log.error("Building the graphs failed (exit code %s); it is tried again later.", code)
            shutil.rmtree(self._target, ignore_errors=True)
            self._look_again = time.monotonic() + _SECONDS_AFTER_FAILURE

    def _catch_up(self, shard: Any) -> bool:
        """Brings some of the points that changed since to the copy; whether it has them all."""
        ids = [self._touched.pop() for _ in range(min(_CATCH_UP, len(self._touched)))]
        if ids:
            records = shard.retrieve(ids, with_payload=True, with_vector=True)
            there = [Point(record.id, record.vector, record.payload) for record in records]
            gone = set(ids) - {str(record.id) for record in records}
            if gone:
                self._copy.update(UpdateOperation.delete_points([*gone]))
            if there:
                self._copy.update(UpdateOperation.upsert_points(there))
        return not self._touched


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
