"""Parses files for requests: a bounded number at a time, each in isolated processes, each with an end in sight."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from parsers.errors import LimitExceeded, ParseCancelled
from parsers.isolation import IsolatedParser
from parsers.policy import ParseLimits, ParseOptions
from parsers.tree import ParseTree, parse_tree
from parsers.vision import Vision
from services.api.parts import PoolBusy


class ParsePool:
    """`parsers` files at a time, and `waiting` requests that wait for their turn; for any number of threads.

    A parser's processes are started at its first file and kept. `seconds` bounds a file with all that is inside it.
    """

    def __init__(
        self,
        limits: ParseLimits,
        *,
        parsers: int,
        waiting: int,
        seconds: float,
        scratch: Path,
        vision: Vision | None = None,
    ) -> None:
        self._limits = limits
        self._seconds = seconds
        self._scratch = scratch
        self._vision = vision
        self._places = threading.BoundedSemaphore(parsers + waiting)
        self._turns = threading.Semaphore(parsers)
        self._lock = threading.Lock()
        self._idle: list[IsolatedParser] = []

    def parse(
        self,
        path: Path,
        *,
        name: str,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        children: bool,
        should_stop: Callable[[], bool],
    ) -> ParseTree:
        """Parse a file; blocks until it is its turn and done. Raises `PoolBusy`, and a `ParseError` of the file."""
        if not self._places.acquire(blocking=False):
            raise PoolBusy
        try:
            while not self._turns.acquire(timeout=0.2):
                if should_stop():
                    raise ParseCancelled("The parse was cancelled.")
            try:
                return self._parse(path, name, sha256, media_type, options, children, should_stop)
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def close(self) -> None:
        """End the processes of every idle parser."""
        with self._lock:
            idle, self._idle = self._idle, []
        for parser in idle:
            parser.close()

    def _parse(
        self,
        path: Path,
        name: str,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        children: bool,
        should_stop: Callable[[], bool],
    ) -> ParseTree:
        deadline = time.monotonic() + self._seconds
        parser = self._take()
        try:
            with tempfile.TemporaryDirectory(prefix="parse-", dir=self._scratch) as scratch:
                return parse_tree(
                    parser,
                    path,
                    name=name,
                    sha256=sha256,
                    media_type=media_type,
                    options=options,
                    scratch=Path(scratch) if children else None,
                    should_stop=lambda: should_stop() or time.monotonic() > deadline,
                )
        except ParseCancelled:
            if should_stop():
                raise
            raise LimitExceeded(f"The file could not be read within {self._seconds:g} seconds; upload it.") from None
        finally:
            with self._lock:
                self._idle.append(parser)

    def _take(self) -> IsolatedParser:
        with self._lock:
            return self._idle.pop() if self._idle else IsolatedParser(self._limits, vision=self._vision)
