"""Tasks that need modules which the forkserver has to load first."""

from __future__ import annotations

import os

from parsers.isolated_wire import encode
from parsers.preloading import ModuleUnusable, require

HEAVY = "tests.unit.parsers_isolation.heavy_module"
BROKEN = "tests.unit.parsers_isolation.broken_module"
MISSING = "tests.unit.parsers_isolation.no_such_module"


def _use_heavy(payload: bytes) -> bytes:
    return encode({"loaded_in": require(HEAVY).loaded_in, "pid": os.getpid()})


def _use_broken(payload: bytes) -> bytes:
    return encode(str(require(BROKEN)))


def _use_missing(payload: bytes) -> bytes:
    return encode(str(require(MISSING)))


def _do_without(payload: bytes) -> bytes:
    try:
        require(BROKEN)
    except ModuleUnusable:
        return encode("done without")
    return encode("used")


TASKS = {"heavy": _use_heavy, "broken": _use_broken, "missing": _use_missing, "without": _do_without}
