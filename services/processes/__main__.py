"""Entry point of every supervised process."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import threading
from dataclasses import dataclass
from typing import Protocol, cast

from services.log_setup import configure
from services.processes.lifeline import follow_parent
from services.processes.role import RoleContext
from services.settings import load_settings

# Only the module of the role is imported: the index owner needs no web framework, the API no parser.
_ROLES = {
    "prepare": "services.processes.prepare",
    "index": "services.processes.index",
    "api": "services.processes.api",
    "worker": "services.processes.worker",
}


class _RoleModule(Protocol):
    def run(self, context: RoleContext) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arguments:
    role: str
    number: int
    lifeline: int
    held: int
    listen: int | None


def _arguments() -> _Arguments:
    parser = argparse.ArgumentParser(prog="python -m services.processes")
    parser.add_argument("role", choices=sorted(_ROLES))
    parser.add_argument("--number", type=int, default=1, help="which of several processes of the role")
    parser.add_argument("--lifeline", type=int, required=True, help="descriptor that ends with the supervisor")
    parser.add_argument("--held", type=int, required=True, help="descriptor of the lock that this process holds")
    parser.add_argument("--listen", type=int, help="descriptor of the socket to answer on")
    return _Arguments(**vars(parser.parse_args()))


def main() -> int:
    arguments = _arguments()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_parent(arguments.lifeline)
    os.set_inheritable(arguments.held, False)
    settings = load_settings()
    configure(settings.log_level)
    role = cast(_RoleModule, importlib.import_module(_ROLES[arguments.role]))
    return role.run(RoleContext(settings=settings, stop=stop, number=arguments.number, listen=arguments.listen))


if __name__ == "__main__":
    raise SystemExit(main())
