"""The renderer's real task, except that 13 dots per inch kill it."""

from __future__ import annotations

import json
import os
import signal

from parsers import rasterize


def _render_page(payload: bytes) -> bytes:
    if json.loads(payload)["dpi"] == 13:
        os.kill(os.getpid(), signal.SIGSEGV)
    return rasterize.TASKS["render_page"](payload)


TASKS = {"render_page": _render_page}
