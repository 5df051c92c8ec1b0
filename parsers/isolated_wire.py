"""What the processes of an isolated parse say to each other: MessagePack in length-prefixed frames, over a socket pair.

MessagePack carries pictures and files as they are, where JSON would make them a third longer. Nothing that comes from
a child is ever unpickled, believed about its own length, or waited for without a limit.
"""

from __future__ import annotations

import os
import select
import struct
import time
from dataclasses import dataclass
from typing import Any

import msgspec

_LENGTH = struct.Struct("=Q")
_CHUNK = 1 << 20


def encode(value: object) -> bytes:
    """A value as it travels."""
    return msgspec.msgpack.encode(value)


def decode(payload: bytes | bytearray | msgspec.Raw, kind: Any) -> Any:
    """What travelled, checked against its type. Raises `msgspec.MsgspecError`."""
    return msgspec.msgpack.decode(payload, type=kind)


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
class Spawned:
    """The worker's process, and the CPU seconds it took to load its modules."""

    pid: int
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the forkserver is to do: fork a worker, or kill the worker `reap` and tell how it ended."""

    spawn: Spawn | None = None
    reap: int | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a side waits: until `deadline` (`time.monotonic`), or for ever."""

    deadline: float | None = None

    def wait(self, descriptor: int, event: int) -> None:
        """Wait until a descriptor is ready. Raises `ChannelOverrun`."""
        poller = select.poll()
        poller.register(descriptor, event)
        while not poller.poll(self._milliseconds()):
            self.check()

    def check(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise ChannelOverrun(too_long=False)

    def _milliseconds(self) -> float | None:
        return None if self.deadline is None else max(1.0, 1000 * (self.deadline - time.monotonic()))


class Channel:
    """One end of a socket pair, given as a descriptor that this object owns."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._length: int | None = None
        self._received = bytearray()

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def send(self, payload: bytes, patience: Patience) -> None:
        """Send one frame. Raises `ChannelClosed`, `ChannelOverrun`."""
        for part in (_LENGTH.pack(len(payload)), payload):
            rest = memoryview(part)
            while rest:
                patience.wait(self._descriptor, select.POLLOUT)
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:
                    patience.check()
                except OSError as error:
                    raise ChannelClosed from error

    def receive(self, limit: int, patience: Patience) -> bytearray:
        """Receive one frame of at most `limit` bytes. Raises `ChannelClosed`, `ChannelOverrun`."""
        while (frame := self.take(limit)) is None:
            patience.check()
            patience.wait(self._descriptor, select.POLLIN)
        return frame

    def take(self, limit: int) -> bytearray | None:
        """Read what has arrived, without waiting: a whole frame, or None. Raises `ChannelClosed`, `ChannelOverrun`."""
        while True:
            wanted = (_LENGTH.size if self._length is None else self._length) - len(self._received)
            if wanted == 0:
                frame, self._received = self._received, bytearray()
                if self._length is not None:
                    self._length = None
                    return frame
                (self._length,) = _LENGTH.unpack(frame)
                if self._length > limit:
                    raise ChannelOverrun(too_long=True)
                continue
            try:
                part = os.read(self._descriptor, min(_CHUNK, wanted))
            except BlockingIOError:
                return None
            except OSError as error:
                raise ChannelClosed from error
            if not part:
                raise ChannelClosed
            self._received += part
