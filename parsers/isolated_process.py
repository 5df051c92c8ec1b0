"""The caller's side of isolated work: start the forkserver, have it fork workers, call them within limits, end them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
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
    Command,
    Patience,
    Ready,
    Reaped,
    Spawn,
    Spawned,
    decode,
    encode,
)

_START_SECONDS = 60.0
_CONTROL_SECONDS = 90.0
"""For the forkserver to fork, kill, and before that to load a model on a busy machine."""
_STOP_INTERVAL = 0.1
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
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
    """A call without an answer; the worker is gone unless `loss` is `FAILED`. `seconds` is the wall time it took.

    `failure` is the kind of exception that a task ended with, or "".
    """

    def __init__(self, loss: Loss, seconds: float, *, failure: str = "") -> None:
        super().__init__(loss.value)
        self.loss = loss
        self.seconds = seconds
        self.failure = failure


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
        asked = Spawn(memory_bytes=memory_bytes, readable=paths, modules=modules)
        for attempt in (1, 2):
            try:
                return self._spawn(asked)
            except (OSError, EOFError) as error:
                self.close()
                if attempt == 2:
                    raise ParserCrashed("The isolated process could not be started.") from error
        raise AssertionError("unreachable")

    def reap(self, pid: int) -> Reaped:
        """Kill a worker and wait for it. CPU seconds are 0 when the forkserver itself has died."""
        try:
            if self._control is not None:
                self._control.send_bytes(encode(Command(reap=pid)))
                reaped: Reaped = decode(self._receive(_CONTROL_SECONDS), Reaped)
                return reaped
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

    def _spawn(self, asked: Spawn) -> Worker:
        control = self._control or self._start()
        ours, theirs = Pipe(duplex=True)
        try:
            control.send_bytes(encode(Command(spawn=asked)))
            reduction.send_handle(control, theirs.fileno(), None)
            spawned: Spawned = decode(self._receive(_CONTROL_SECONDS), Spawned)
            return Worker(self, asked, spawned, Channel(os.dup(ours.fileno())))
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
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        ready: Ready = decode(self._receive(_START_SECONDS), Ready)
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

    def __init__(self, server: ForkServer, asked: Spawn, spawned: Spawned, channel: Channel) -> None:
        self._server = server
        self._channel = channel
        self._ended: Reaped | None = None
        self._started = self._deadline = 0.0
        self.pid = spawned.pid
        self.memory_bytes = asked.memory_bytes
        self.modules = asked.modules
        self.loading_seconds = spawned.cpu_seconds
        """CPU seconds that the forkserver took to load what this worker, and all later ones, have."""
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
        self.begin(task, arguments, seconds=seconds)
        while (answer := self.take_answer()) is None:
            if not wait_for_any((self,), should_stop):
                raise self._lost(Loss.STOPPED)
        return answer

    def begin(self, task: str, arguments: object, *, seconds: float) -> None:
        """Start one task, to be done within `seconds` of wall clock. Raises `CallLost` when the worker has died."""
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self.calls += 1
        request = encode(Call(task=task, arguments=msgspec.Raw(encode(arguments))))
        try:
            self._channel.send(request, Patience(deadline=self._deadline))
        except ChannelOverrun:
            raise self._lost(Loss.TIMEOUT) from None
        except ChannelClosed:
            raise self._lost(Loss.CRASH) from None

    def take_answer(self) -> Answer | None:
        """The answer to what was begun, or None while there is time for it. Raises `CallLost`."""
        try:
            frame = self._channel.take(_ANSWER_BYTES)
            answer: Answer | None = None if frame is None else decode(frame, Answer)
        except ChannelOverrun:
            raise self._lost(Loss.MEMORY) from None
        except (ChannelClosed, msgspec.MsgspecError):
            raise self._lost(Loss.CRASH) from None
        if answer is None and time.monotonic() >= self._deadline:
            raise self._lost(Loss.TIMEOUT)
        if answer is not None and answer.out_of_memory:
            raise self._lost(Loss.MEMORY)
        return answer

    def _lost(self, loss: Loss) -> CallLost:
        self.end()
        return CallLost(loss, time.monotonic() - self._started)

    @property
    def descriptor(self) -> int:
        """Readable when the worker has said something, or died."""
        return self._channel.descriptor

    @property
    def seconds_left(self) -> float:
        """Until what was begun is late."""
        return self._deadline - time.monotonic()

    def end(self) -> Reaped:
        """Kill the worker, if it lives, and return how it ended and the CPU seconds of its whole life."""
        if self._ended is None:
            self._channel.close()
            self._ended = self._server.reap(self.pid)
        return self._ended


def wait_for_any(workers: Sequence[Worker], should_stop: Callable[[], bool] | None = None) -> bool:
    """Wait until one of the busy workers has something to say or is late; False as soon as `should_stop` says so."""
    poller = select.poll()
    for worker in workers:
        poller.register(worker.descriptor, select.POLLIN)
    while True:
        if should_stop is not None and should_stop():
            return False
        left = min(worker.seconds_left for worker in workers)
        if left <= 0 or poller.poll(max(1.0, 1000 * (left if should_stop is None else min(left, _STOP_INTERVAL)))):
            return True


def require_result(answer: Answer) -> None:
    """Raise the `ParseError` that a task raised, or `CallLost` when it failed without one."""
    if answer.error_code is not None:
        raise _ERRORS.get(answer.error_code, ParseError)(answer.message)
    if answer.failure is not None:
        raise CallLost(Loss.FAILED, 0.0, failure=answer.failure)


def decode_result(answer: Answer, kind: Any) -> Any:
    """Decode a result against its type. Raises `CallLost` for what does not fit: the process is not trusted."""
    try:
        return decode(answer.result, kind)
    except msgspec.MsgspecError:
        raise CallLost(Loss.FAILED, 0.0) from None
