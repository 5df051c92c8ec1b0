"""`python -m services.cluster <role>`: a process of a cluster, with its settings from the environment.

`sourcespan api`, `worker` and `scheduler` become this. `health <role>` exits with 0 if that process of this machine is
well, for container engines.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import threading
from collections.abc import Callable
from typing import cast

from services.cluster.start import is_alive
from services.failures import Failure
from services.log_setup import configure
from services.settings import Settings, load_settings

_Run = Callable[[Settings, threading.Event], int]

ROLES = ("api", "scheduler", "worker")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.cluster")
    parser.add_argument("role", choices=[*ROLES, "prepare", "check", "health"])
    parser.add_argument("of", choices=ROLES, nargs="?", help="whose health")
    arguments = parser.parse_args()
    settings = load_settings()
    if arguments.role == "health":
        return 0 if _is_well(settings, arguments.of) else 1
    configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        return _role(arguments.role)(settings, stop)
    except Failure as failure:
        print(f"Error: {failure}", failure.hint or "", file=sys.stderr)
        return failure.exit_code


def _role(role: str) -> _Run:
    """Only its module is imported: the scheduler needs no web framework."""
    if role == "prepare":
        return cast(_Run, importlib.import_module("services.cluster.api").prepare)
    if role == "check":
        return cast(_Run, importlib.import_module("services.cluster.worker").check_embedding)
    return cast(_Run, importlib.import_module(f"services.cluster.{role}").run)


def _is_well(settings: Settings, role: str) -> bool:
    if role == "api":
        return bool(importlib.import_module("services.cluster.api").answers(settings))
    return is_alive(settings, role)


if __name__ == "__main__":
    raise SystemExit(main())
