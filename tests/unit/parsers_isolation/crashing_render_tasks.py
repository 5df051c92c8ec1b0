"""The renderer's real task, except that 13 dots per inch kill it."""

from __future__ import annotations

import os
import signal
from typing import Any

from parsers import rasterize
from parsers.isolated_wire import decode


def _render_page(payload: bytes) -> bytes:
    if decode(payload, dict[str, Any])["dpi"] == 13:
        os.kill(os.getpid(), signal.SIGSEGV)
    return rasterize.TASKS["render_page"](payload)


TASKS = {"render_page": _render_page}
