"""The parser's real tasks, except that the first reader of the format fails as the file's name says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from parsers import isolated_tasks
from parsers.errors import DamagedDocument, NoPages
from parsers.isolated_wire import decode

BAD_PAGE = 2


def _inspect(payload: bytes) -> bytes:
    file = decode(payload, dict[str, Any])["file"]
    how = Path(file["path"]).stem
    if how == "hopeless":
        raise DamagedDocument("The first reader cannot." if not file["second"] else "The second cannot either.")
    if not file["second"]:
        if how == "damaged":
            raise DamagedDocument("The first reader cannot.")
        if how == "no_pages":
            raise NoPages("The first reader sees no page.")
        if how == "hangs":
            time.sleep(600)
        if how == "dies":
            os.kill(os.getpid(), signal.SIGABRT)
    return isolated_tasks.TASKS["inspect"](payload)


def _read_pages(payload: bytes) -> bytes:
    asked = decode(payload, dict[str, Any])
    first = Path(asked["file"]["path"]).stem == "page_dies" and not asked["file"]["second"]
    if first and asked["first"] <= BAD_PAGE <= asked["last"]:
        os.kill(os.getpid(), signal.SIGSEGV)
    return isolated_tasks.TASKS["read_pages"](payload)


TASKS = {**isolated_tasks.TASKS, "inspect": _inspect, "read_pages": _read_pages}
