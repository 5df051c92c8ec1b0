"""Tasks that do what hostile documents make parsers do; loaded by the forkserver of the tests."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from parsers.errors import EncryptedDocument
from parsers.isolated_wire import decode, encode
from parsers.preloading import ModulesNeeded, ModuleUnusable, require


def _echo(payload: bytes) -> bytes:
    return payload


def _hang(payload: bytes) -> bytes:
    while True:
        time.sleep(60)


def _spin(payload: bytes) -> bytes:
    while True:
        pass


def _die(payload: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return encode(None)


def _exit(payload: bytes) -> bytes:
    os._exit(0)


def _devour(payload: bytes) -> bytes:
    held = []
    while True:
        held.append(bytearray(64 * 1024**2))


def _refuse(payload: bytes) -> bytes:
    raise EncryptedDocument("It is locked.")


def _stumble(payload: bytes) -> bytes:
    raise ValueError("secret text of the document")


def _flood(payload: bytes) -> bytes:
    return encode(b"x" * (130 * 1024**2))


def _babble(payload: bytes) -> bytes:
    return b"\xc1"


def _environment(payload: bytes) -> bytes:
    return encode(
        {"environment": sorted(os.environ), "modules": sorted(sys.modules), "niceness": os.nice(0), "pid": os.getpid()}
    )


def _attempt(payload: bytes) -> bytes:
    """Try what a sealed process may not do; for each the name of the error, or "done"."""
    asked = decode(payload, dict[str, Any])
    attempts = {
        "read_document": lambda: Path(asked["document"]).read_bytes(),
        "read_neighbour": lambda: Path(asked["neighbour"]).read_bytes(),
        "write": lambda: Path(asked["new"]).write_text("x"),
        "append": lambda: os.close(os.open(asked["document"], os.O_WRONLY | os.O_APPEND)),
        "write_nowhere": lambda: Path(os.devnull).write_text("x"),
        "connect": lambda: socket.create_connection(("127.0.0.1", asked["port"]), timeout=5),
        "look_up": lambda: socket.getaddrinfo("localhost.invalid", 80),
        "local_socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close(),
        "temporary_file": lambda: tempfile.TemporaryFile().close(),
        "loaded": lambda: require(asked["module"]) if "module" in asked else None,
        "run": lambda: os.execv("/bin/true", ["true"]),
    }
    outcome = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            outcome[name] = "done"
        except (OSError, ModuleUnusable, ModulesNeeded) as error:
            outcome[name] = type(error).__name__
    return encode(outcome)


TASKS = {
    "echo": _echo,
    "hang": _hang,
    "spin": _spin,
    "die": _die,
    "exit": _exit,
    "devour": _devour,
    "refuse": _refuse,
    "stumble": _stumble,
    "flood": _flood,
    "babble": _babble,
    "environment": _environment,
    "attempt": _attempt,
}
