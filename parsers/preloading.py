"""Heavy modules (models, big libraries) are loaded once, in the forkserver, and shared by every worker forked from it.

A worker that finds it needs one that is not there asks for it with `require`; it is then replaced by a worker that has
it, and the work is done again. So a document pays for what it needs only, and only the first one pays at all.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_in_worker = False


class ModulesNeeded(Exception):
    """The task cannot go on without these modules; never a fault of the document."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        super().__init__(", ".join(modules))
        self.modules = modules


def require(module: str) -> ModuleType:
    """The module, ready for use. Raises `ModulesNeeded` in a worker that was forked without it.

    A module may have a function `preload()` that loads its model. It must leave no thread behind, since threads do not
    survive a fork.
    """
    loaded = sys.modules.get(module)
    if loaded is not None:
        return loaded
    if _in_worker:
        raise ModulesNeeded((module,))
    return preload(module)


def preload(module: str) -> ModuleType:
    """Import a module and have it load what it needs."""
    loaded = importlib.import_module(module)
    ready = getattr(loaded, "preload", None)
    if ready is not None:
        ready()
    return loaded


def enter_worker() -> None:
    """From here on this process is a worker, which must not load modules itself."""
    global _in_worker
    _in_worker = True
