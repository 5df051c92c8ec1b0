"""A document whose every page hangs; the file's name says whether opening it hangs or crashes as well."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from parsers import isolated_tasks
from parsers.isolated_wire import decode


def _inspect(payload: bytes) -> bytes:
    name = Path(decode(payload, dict[str, Any])["file"]["path"]).name
    if "hang" in name:
        time.sleep(600)
    if "crash" in name:
        os.kill(os.getpid(), signal.SIGABRT)
    return isolated_tasks.TASKS["inspect"](payload)


def _read_pages(payload: bytes) -> bytes:
    time.sleep(600)
    return b"[]"


TASKS = {**isolated_tasks.TASKS, "inspect": _inspect, "read_pages": _read_pages}
