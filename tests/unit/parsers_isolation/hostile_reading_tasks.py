"""The parser's real tasks, except that some pages do what hostile pages do. Pages are told apart by their number."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from parsers import isolated_tasks
from parsers.errors import DamagedDocument
from parsers.isolated_wire import decode

HANGING, CRASHING, DEVOURING, FAILING = 2, 4, 5, 6


def _read_pages(payload: bytes) -> bytes:
    asked = decode(payload, dict[str, Any])
    pages = range(asked["first"], asked["last"] + 1)
    if HANGING in pages:
        time.sleep(600)
    if CRASHING in pages:
        os.kill(os.getpid(), signal.SIGSEGV)
    if DEVOURING in pages:
        bytearray(1 << 40)
    if FAILING in pages:
        raise DamagedDocument("This page is beyond repair.")
    return isolated_tasks.TASKS["read_pages"](payload)


TASKS = {**isolated_tasks.TASKS, "read_pages": _read_pages}
