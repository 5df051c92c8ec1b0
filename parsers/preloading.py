"""Heavy modules (models, big libraries) are loaded once, in the forkserver, and shared by every worker forked from it.

A worker that finds it needs one that is not there asks for it with `require`; it is then replaced by a worker that has
it, and the work is done again. So a document pays for what it needs only, and only the first one pays at all.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from types import ModuleType

from parsers.errors import ParserCrashed

_in_worker = False
_ready: set[str] = set()
_unusable: dict[str, str] = {}


class ModulesNeeded(Exception):
    """The task cannot go on without these modules; never a fault of the document."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        super().__init__(", ".join(modules))
        self.modules = modules


class ModuleUnusable(ParserCrashed):
    """A part of the parser could not be loaded: it is not installed, or broken. Never a fault of the document.

    An extractor that can be done without catches it; else the parse ends with it.
    """


def require(module: str) -> ModuleType:
    """The module, ready for use. Raises `ModulesNeeded` in a worker that was forked without it, or `ModuleUnusable`.

    A module may have a function `preload()` that loads its model. It must leave no thread behind, since threads do not
    survive a fork: what waits for one of them would wait for ever.
    """
    if module in _unusable:
        raise ModuleUnusable(_unusable[module])
    if module in _ready:
        return sys.modules[module]
    if _in_worker:
        raise ModulesNeeded((module,))
    return _load(module)


def preload_all(modules: Iterable[str]) -> bool:
    """Load what the next workers need, in the forkserver; True if anything was loaded.

    What cannot be loaded is remembered, so that it is tried once: `require` says so wherever it is asked for.
    """
    missing = [module for module in modules if module not in _ready and module not in _unusable]
    for module in missing:
        try:
            _load(module)
        except ModuleUnusable:
            continue
    return bool(missing)


def _load(module: str) -> ModuleType:
    """Import a module and have it load what it needs. Raises `ModuleUnusable`, then and ever after."""
    try:
        loaded = importlib.import_module(module)
        ready = getattr(loaded, "preload", None)
        if ready is not None:
            ready()
    except Exception as error:
        # Any library may fail in its own way here; the kind is told, as a message may hold a path of this machine.
        _unusable[module] = f"The parser's part {module} cannot be loaded ({type(error).__name__})."
        raise ModuleUnusable(_unusable[module]) from error
    _ready.add(module)
    return loaded


def enter_worker() -> None:
    """From here on this process is a worker, which must not load modules itself."""
    global _in_worker
    _in_worker = True
