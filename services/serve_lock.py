"""One service per data folder: who holds it, and where its API answers.

Two locks, both released by the kernel however the holder ends:

* `serve.lock` is held by the supervisor; its content says who that is;
* `run/children.lock` is held by the supervisor's children through the descriptor they inherit, so that a new supervisor
  can wait until the last child of a killed one is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from services.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The service of a data folder. `url` is None while it starts."""

    pid: int
    url: str | None


class AlreadyServing(Failure):
    """Another `serve` holds the data folder."""

    def __init__(self, serving: Serving | None) -> None:
        who = "another process" if serving is None else f"process {serving.pid}"
        where = "" if serving is None or serving.url is None else f", at {serving.url}"
        super().__init__(
            f"This data folder is already being served by {who}{where}.",
            hint="Use that service, stop it first, or serve another folder with --data-dir and --port.",
        )
        self.serving = serving


def read_serving(lock_file: Path) -> Serving | None:
    """What the lock file says; None when there is none or it says nothing. The process may be gone."""
    try:
        content = json.loads(lock_file.read_text() or "null")
        return Serving(pid=int(content["pid"]), url=content["url"]) if content else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class ServeLock:
    """Held while open. Raises `AlreadyServing` when another process holds it."""

    def __init__(self, lock_file: Path, children_lock: Path) -> None:
        self._path = lock_file
        self._descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._descriptor):
            os.close(self._descriptor)
            raise AlreadyServing(read_serving(lock_file))
        self.say(None)
        self.children_descriptor = os.open(children_lock, os.O_RDWR | os.O_CREAT, 0o600)

    def say(self, url: str | None) -> None:
        """Write down who serves, and where."""
        content = json.dumps(asdict(Serving(pid=os.getpid(), url=url))).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def wait_for_former_children(self, seconds: float, on_wait: Callable[[], None]) -> bool:
        """Wait until no child of a former supervisor lives; False when some still do after `seconds`."""
        deadline = time.monotonic() + seconds
        said = False
        while not _try_lock(self.children_descriptor):
            if time.monotonic() > deadline:
                return False
            if not said:
                on_wait()
                said = True
            time.sleep(0.1)
        return True

    def close(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        os.close(self.children_descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
