"""The child's side of an isolated parse: a small forkserver, and the sealed workers it forks.

The forkserver is a fresh interpreter (nothing of the caller is inherited: no memory, environment or descriptors). It
loads the parsing stack once and opens no document; a worker is a fork of it, sealed for the one document it will read,
so a worker costs milliseconds and no document can reach the next one. `multiprocessing`'s own forkserver is not used:
it imports the caller's main module into every child, is shared by the whole process, and speaks pickle.

It ends when the caller does, however that ends: its socket then closes, or its parent changes.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
from collections.abc import Callable, Mapping
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from parsers.errors import ParseError
from parsers.isolated_wire import (
    Answer,
    Call,
    Channel,
    ChannelClosed,
    Command,
    Patience,
    Ready,
    Reaped,
    Spawn,
    Spawned,
    decode,
    encode,
)
from parsers.preloading import ModulesNeeded, enter_worker, preload_all
from parsers.sealing import die_with_parent, leave_network, seal_process

Task = Callable[[bytes], bytes]
"""Encoded arguments to an encoded result; raises `ParseError` for what a person should read."""

_CALL_LIMIT = 16 * 1024**2
_ORPHAN_CHECK_SECONDS = 2.0
_COLLECTIONS = (50_000, 50, 50)


def main(descriptor: int, tasks_module: str, nice: int) -> None:
    """Run the forkserver on one end of a socket pair until the other end closes."""
    caller = os.getppid()
    control = Connection(descriptor)
    os.nice(nice)
    holds = leave_network()
    try:
        tasks: Mapping[str, Task] = importlib.import_module(tasks_module).TASKS
    except (ImportError, AttributeError) as error:
        control.send_bytes(encode(Ready(failure=repr(error))))
        return
    _freeze()
    control.send_bytes(encode(Ready(holds=tuple(sorted(holds)))))
    while _next_command(control, caller):
        try:
            command: Command = decode(control.recv_bytes(), Command)
        except (EOFError, OSError):
            return
        if command.reap is not None:
            control.send_bytes(encode(_reap(command.reap)))
        elif command.spawn is not None:
            control.send_bytes(encode(_spawn(control, command.spawn, tasks, holds)))


def _spawn(control: Connection, asked: Spawn, tasks: Mapping[str, Task], holds: frozenset[str]) -> Spawned:
    descriptor = reduction.recv_handle(control)
    before = _cpu_seconds()
    if preload_all(asked.modules):
        _freeze()
    loading = _cpu_seconds() - before
    worker = _fork_worker(control, descriptor, asked, tasks, holds)
    os.close(descriptor)
    return Spawned(pid=worker, cpu_seconds=loading)


def _freeze() -> None:
    """Take all that is loaded out of the collector's sight: a worker's collections then copy none of its pages."""
    gc.collect()
    gc.freeze()


def _next_command(control: Connection, caller: int) -> bool:
    """Wait for something to read; False when the caller has died (a fork of it may still hold the socket open)."""
    while not control.poll(_ORPHAN_CHECK_SECONDS):
        if os.getppid() != caller:
            return False
    return True


def _reap(worker: int) -> Reaped:
    os.kill(worker, signal.SIGKILL)
    _, status, usage = os.wait4(worker, 0)
    return Reaped(status=os.waitstatus_to_exitcode(status), cpu_seconds=usage.ru_utime + usage.ru_stime)


def _fork_worker(
    control: Connection, descriptor: int, spawn: Spawn, tasks: Mapping[str, Task], holds: frozenset[str]
) -> int:
    server = os.getpid()
    worker = os.fork()
    if worker:
        return worker
    status = 1
    try:
        die_with_parent()
        enter_worker()
        control.close()
        # A page of cells is hundreds of thousands of values without cycles: looked at seldom, they cost a third less.
        gc.set_threshold(*_COLLECTIONS)
        if os.getppid() == server:
            _work(descriptor, spawn, tasks, holds)
        status = 0
    finally:
        os._exit(status)


def _work(descriptor: int, spawn: Spawn, tasks: Mapping[str, Task], holds: frozenset[str]) -> None:
    channel = Channel(descriptor)
    memory = _ResidentMemory()
    held = holds | seal_process(spawn.memory_bytes, [Path(path) for path in spawn.readable])
    forever = Patience()
    while True:
        try:
            call = decode(channel.receive(_CALL_LIMIT, forever), Call)
            channel.send(encode(_answer(call, tasks, memory, held)), forever)
        except ChannelClosed:
            return


def _answer(call: Call, tasks: Mapping[str, Task], memory: _ResidentMemory, holds: frozenset[str]) -> Answer:
    before = _cpu_seconds()
    needs: tuple[str, ...] = ()
    result, code, message, failure, out_of_memory = encode(None), None, "", None, False
    try:
        result = tasks[call.task](bytes(call.arguments))
    except ParseError as error:
        code, message = error.code, str(error)
    except ModulesNeeded as needed:
        needs = needed.modules
    except MemoryError:
        out_of_memory = True
    except Exception as error:  # noqa: BLE001  a hostile document may raise anything; its kind is reported, not its text
        out_of_memory = "malloc" in str(error) or "calloc" in str(error) or "realloc" in str(error)
        failure = type(error).__name__
    return Answer(
        result=msgspec.Raw(result),
        error_code=code,
        message=message,
        failure=failure,
        out_of_memory=out_of_memory,
        needs=needs,
        cpu_seconds=_cpu_seconds() - before,
        resident_bytes=memory.read(),
        holds=tuple(sorted(holds)),
    )


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _ResidentMemory:
    """Bytes of memory in use now. Opened before sealing, as /proc cannot be opened afterwards."""

    def __init__(self) -> None:
        self._descriptor = os.open("/proc/self/statm", os.O_RDONLY) if Path("/proc/self/statm").exists() else None

    def read(self) -> int:
        if self._descriptor is None:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        pages = int(os.pread(self._descriptor, 256, 0).split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
