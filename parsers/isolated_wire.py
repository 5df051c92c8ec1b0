"""What the processes of an isolated parse say to each other: JSON in length-prefixed frames, over a socket pair.

Nothing that comes from a child is ever unpickled, believed about its own length, or waited for without a limit.
"""

from __future__ import annotations

import os
import select
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

_LENGTH = struct.Struct("=Q")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """Fork a worker. `readable` are the only documents it will be able to open. A descriptor follows this message.

    `modules` are loaded before (see `parsers.preloading`), if they are not there yet.
    """

    memory_bytes: int
    readable: tuple[str, ...]
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The forkserver has loaded its tasks, or could not."""

    holds: tuple[str, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """How a worker ended: `status` as of `os.waitstatus_to_exitcode`, and the CPU seconds of its whole life."""

    status: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One task for a worker, `arguments` by name."""

    task: str
    arguments: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a task gave: a `result`, or an `error_code` of `parsers.errors` with its sentence, or a `failure`.

    `needs` are modules without which the task could not be done.
    """

    result: msgspec.Raw
    error_code: str | None = None
    message: str = ""
    failure: str | None = None
    out_of_memory: bool = False
    needs: tuple[str, ...] = ()
    cpu_seconds: float
    resident_bytes: int
    holds: tuple[str, ...] = ()


class ChannelClosed(Exception):
    """The other side has gone."""


class ChannelOverrun(Exception):
    """The other side took longer, or said more, than it may."""

    def __init__(self, *, too_long: bool) -> None:
        super().__init__("message over its size" if too_long else "no answer in time")
        self.too_long = too_long


class ChannelStopped(Exception):
    """The caller asked to stop waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a side waits: until `deadline` (`time.monotonic`), asking `should_stop` every `interval` seconds."""

    deadline: float | None = None
    should_stop: Callable[[], bool] | None = None
    interval: float = 0.1

    def wait(self, descriptor: int, event: int) -> None:
        poller = select.poll()
        poller.register(descriptor, event)
        while not poller.poll(self._milliseconds()):
            self.check()

    def check(self) -> None:
        if self.should_stop is not None and self.should_stop():
            raise ChannelStopped
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise ChannelOverrun(too_long=False)

    def _milliseconds(self) -> float | None:
        if self.deadline is None and self.should_stop is None:
            return None
        left = self.interval if self.deadline is None else min(self.interval, self.deadline - time.monotonic())
        return max(1.0, left * 1000)


class Channel:
    """One end of a socket pair, given as a descriptor that this object owns."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def send(self, payload: bytes, patience: Patience) -> None:
        """Send one frame. Raises `ChannelClosed`, `ChannelOverrun`, `ChannelStopped`."""
        rest = memoryview(_LENGTH.pack(len(payload)) + payload)
        while rest:
            patience.wait(self._descriptor, select.POLLOUT)
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                patience.check()
            except OSError as error:
                raise ChannelClosed from error

    def receive(self, limit: int, patience: Patience) -> bytes:
        """Receive one frame of at most `limit` bytes. Raises `ChannelClosed`, `ChannelOverrun`, `ChannelStopped`."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, patience))
        if length > limit:
            raise ChannelOverrun(too_long=True)
        return self._read(length, patience)

    def _read(self, length: int, patience: Patience) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            patience.check()
            patience.wait(self._descriptor, select.POLLIN)
            try:
                part = os.read(self._descriptor, min(_CHUNK, length - len(parts)))
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChannelClosed from error
            if not part:
                raise ChannelClosed
            parts += part
        return bytes(parts)
