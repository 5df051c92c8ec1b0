"""The caller's side of isolated work: start the forkserver, have it fork workers, call them within limits, end them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from multiprocessing import Pipe, reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from parsers.errors import ParseCancelled, ParseError, ParserCrashed
from parsers.isolated_wire import (
    Answer,
    Call,
    Channel,
    ChannelClosed,
    ChannelOverrun,
    ChannelStopped,
    Patience,
    Ready,
    Reaped,
    Spawn,
)

_START_SECONDS = 60.0
_CONTROL_SECONDS = 20.0
_ANSWER_BYTES = 128 * 1024**2
_BOOT = (
    "import sys; sys.path[:] = sys.argv[4:]; "
    "from parsers.isolated_child import main; main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))"
)


_ERROR_KINDS: tuple[type[ParseError], ...] = (ParseError, *ParseError.__subclasses__())
# Only the caller cancels: a worker that says so has no say in it.
_ERRORS = {kind.code: kind for kind in _ERROR_KINDS if kind is not ParseCancelled}


class Loss(StrEnum):
    """Why a call gave no answer."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    FAILED = "failed"
    STOPPED = "stopped"


class CallLost(Exception):
    """A call without an answer; the worker is gone unless `loss` is `FAILED`. `seconds` is the wall time it took."""

    def __init__(self, loss: Loss, seconds: float) -> None:
        super().__init__(loss.value)
        self.loss = loss
        self.seconds = seconds


class ForkServer:
    """Owns one forkserver process, started at the first worker and again if it died. For one thread at a time.

    `tasks_module` names a module with `TASKS`, the functions that workers run. `nice` is added to the niceness.
    """

    def __init__(self, tasks_module: str, *, nice: int = 0) -> None:
        self._tasks_module = tasks_module
        self._nice = nice
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The forkserver's process id; None before the first worker and after `close()`."""
        return None if self._process is None else self._process.pid

    def spawn(self, *, memory_bytes: int, readable: tuple[Path, ...], modules: tuple[str, ...] = ()) -> Worker:
        """Fork a worker sealed for reading `readable`, with `modules` loaded (see `parsers.preloading`).

        Raises `ParserCrashed` when no process can be started.
        """
        paths = tuple(str(path.resolve()) for path in readable)
        message = msgspec.json.encode(Spawn(memory_bytes=memory_bytes, readable=paths, modules=modules))
        for attempt in (1, 2):
            try:
                return self._spawn(message)
            except (OSError, EOFError) as error:
                self.close()
                if attempt == 2:
                    raise ParserCrashed("The isolated process could not be started.") from error
        raise AssertionError("unreachable")

    def reap(self, pid: int) -> Reaped:
        """Kill a worker and wait for it. CPU seconds are 0 when the forkserver itself has died."""
        try:
            if self._control is not None:
                self._control.send_bytes(str(pid).encode())
                return msgspec.json.decode(self._receive(_CONTROL_SECONDS), type=Reaped)
        except (OSError, EOFError):
            self.close()
        return Reaped(status=-9, cpu_seconds=0.0)

    def close(self) -> None:
        """End the forkserver and with it every worker. It starts again when it is next used."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(timeout=1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _spawn(self, message: bytes) -> Worker:
        control = self._control or self._start()
        ours, theirs = Pipe(duplex=True)
        try:
            control.send_bytes(message)
            reduction.send_handle(control, theirs.fileno(), None)
            pid = int(self._receive(_CONTROL_SECONDS))
            return Worker(self, pid, Channel(os.dup(ours.fileno())))
        finally:
            ours.close()
            theirs.close()

    def _start(self) -> Connection:
        ours, theirs = Pipe(duplex=True)
        arguments = [str(theirs.fileno()), self._tasks_module, str(self._nice), *(path for path in sys.path if path)]
        # A session of its own: Ctrl-C is for the caller, who ends its children itself. The environment stays here.
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own code
            [sys.executable, "-I", "-c", _BOOT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env={"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        ready = msgspec.json.decode(self._receive(_START_SECONDS), type=Ready)
        if ready.failure is not None:
            self.close()
            raise ParserCrashed("The isolated process could not load the parser.") from ImportError(ready.failure)
        return ours

    def _receive(self, seconds: float) -> bytes:
        if self._control is None or not self._control.poll(seconds):
            raise EOFError
        return self._control.recv_bytes()


class Worker:
    """A sealed process that runs tasks one after the other. Made by `ForkServer.spawn`."""

    def __init__(self, server: ForkServer, pid: int, channel: Channel) -> None:
        self._server = server
        self._channel = channel
        self._ended: Reaped | None = None
        self.pid = pid
        self.calls = 0

    def call(
        self,
        task: str,
        arguments: object,
        *,
        seconds: float,
        should_stop: Callable[[], bool] | None = None,
    ) -> Answer:
        """Run one task for at most `seconds` of wall clock, asking `should_stop` ten times a second.

        Raises `CallLost`. An `Answer` may carry an error of the task's own, which leaves the worker usable.
        """
        started = time.monotonic()
        patience = Patience(deadline=started + seconds, should_stop=should_stop)
        request = msgspec.json.encode(Call(task=task, arguments=msgspec.Raw(msgspec.json.encode(arguments))))
        self.calls += 1
        try:
            self._channel.send(request, patience)
            answer = msgspec.json.decode(self._channel.receive(_ANSWER_BYTES, patience), type=Answer)
        except ChannelStopped:
            loss = Loss.STOPPED
        except ChannelOverrun as overrun:
            loss = Loss.MEMORY if overrun.too_long else Loss.TIMEOUT
        except (ChannelClosed, msgspec.MsgspecError):
            loss = Loss.CRASH
        else:
            if not answer.out_of_memory:
                return answer
            loss = Loss.MEMORY
        self.end()
        raise CallLost(loss, time.monotonic() - started)

    def end(self) -> Reaped:
        """Kill the worker, if it lives, and return how it ended and the CPU seconds of its whole life."""
        if self._ended is None:
            self._channel.close()
            self._ended = self._server.reap(self.pid)
        return self._ended


def require_result(answer: Answer) -> None:
    """Raise the `ParseError` that a task raised, or `CallLost` when it failed without one."""
    if answer.error_code is not None:
        raise _ERRORS.get(answer.error_code, ParseError)(answer.message)
    if answer.failure is not None:
        raise CallLost(Loss.FAILED, 0.0)


def decode_result(answer: Answer, kind: Any) -> Any:
    """Decode a result against its type. Raises `CallLost` for what does not fit: the process is not trusted."""
    try:
        return msgspec.json.decode(answer.result, type=kind)
    except msgspec.MsgspecError:
        raise CallLost(Loss.FAILED, 0.0) from None
