"""The process that owns an index: serves any `VectorIndex` on a local socket, one call at a time.

The engine's bindings hold the GIL, so threads would only wait for each other; one loop decides instead what runs
next: searches and counts first, writes in slices of a few milliseconds, and a share of the time for writes when
searches never stop. A slice is a few points of an upsert or a delete; a write is answered when its last slice is done.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from retrieval.errors import IndexFault, IndexUnavailable, RetrievalError
from retrieval.index.codec import (
    HEADER,
    BadFrame,
    Call,
    Count,
    Delete,
    Flush,
    GetState,
    Ids,
    IndexState,
    Reply,
    Search,
    Upsert,
    decode_call,
    encode_result,
    frame,
    frame_length,
    pack_hits,
    unpack_filter,
    unpack_point,
    unpack_query,
)
from retrieval.index.payloads import batches
from retrieval.model import SearchFilter
from retrieval.ports import VectorIndex

log = logging.getLogger(__name__)

# Of 8, 4 and 2 points a slice a point costs the same within 5 %, and a question waits 2.3, 1.2 or 0.6 ms for it.
SLICE_POINTS = 2
SLICE_DELETES = 8
READ_SECONDS_PER_SLICE = 0.005
MAX_SOCKET_PATH = 107
_RECEIVE_BYTES = 1 << 18
_IDLE_SECONDS = 0.2
_ROUNDS_BEFORE_A_SLICE = 16
_SECONDS_BETWEEN_OWN_WORK = 0.05
_HELD_SECONDS = 0.01


@runtime_checkable
class DeletesInSlices(Protocol):
    """An index that can delete a few points at a time."""

    def delete_in_slices(self, where: SearchFilter, size: int) -> Iterator[None]: ...


@runtime_checkable
class WorksWhenIdle(Protocol):
    """An index with something to do of its own."""

    def work(self) -> bool:
        """A few milliseconds of it; whether there is more to do now."""
        ...

    @property
    def holds_writes(self) -> bool:
        """Whether a write would have to wait."""
        ...

    def state(self) -> IndexState: ...


def serve(index: VectorIndex, socket_path: Path, stop: threading.Event | None = None) -> None:
    """Serve the index until `stop` is set (looked at five times a second), then flush and close it.

    Takes over a socket file that nobody listens on. Raises `IndexUnavailable` when somebody does, and `IndexFault`
    when the path is too long for a local socket. Must be the only user of the index.
    """
    listener = bind(socket_path)
    owner = _Owner(index, listener)
    try:
        owner.run(stop or threading.Event())
    finally:
        owner.disconnect()
        socket_path.unlink(missing_ok=True)
        index.close()


def bind(socket_path: Path) -> socket.socket:
    """A listening socket that only this user may reach."""
    if len(os.fsencode(socket_path)) > MAX_SOCKET_PATH:
        raise IndexFault(
            f"The path {socket_path} is longer than the {MAX_SOCKET_PATH} bytes a local socket may have: "
            "choose a shorter data directory."
        )
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _is_live(socket_path):
        raise IndexUnavailable(f"Another process already serves the index on {socket_path}.")
    # Bound under a name of its own and then renamed: the file never exists with wider rights or unlistened to.
    draft = socket_path.with_name(f"{socket_path.name[:8]}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(draft))
        draft.chmod(0o600)
        listener.listen(128)
        listener.setblocking(False)
        draft.replace(socket_path)
    except OSError as error:
        listener.close()
        draft.unlink(missing_ok=True)
        raise IndexFault(f"The index cannot be served on {socket_path}: {error}") from error
    return listener


def _is_live(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket_path))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


class _Connection:
    """One client: bytes that came and do not make a frame yet, bytes that could not be sent yet."""

    __slots__ = ("incoming", "outgoing", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.incoming = bytearray()
        self.outgoing = bytearray()

    def frames(self) -> Iterator[bytes]:
        """The complete frames received so far, taken out of the buffer."""
        start = 0
        while len(self.incoming) - start >= HEADER.size:
            body = start + HEADER.size
            end = body + frame_length(self.incoming[start:body])
            if len(self.incoming) < end:
                break
            yield bytes(self.incoming[body:end])
            start = end
        del self.incoming[:start]


class _Owner:
    def __init__(self, index: VectorIndex, listener: socket.socket) -> None:
        self._index = index
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._connections: dict[int, _Connection] = {}
        self._reads: deque[tuple[_Connection, Call]] = deque()
        self._writes: deque[tuple[_Connection, Iterator[None]]] = deque()
        self._read_seconds = 0.0
        self._more_own_work = False
        self._own_work_at = 0.0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._exchange(self._patience())
            # A question takes a few rounds to come in: a client is let in, then heard. A slice must not slip between.
            rounds = _ROUNDS_BEFORE_A_SLICE
            while self._exchange(0.0) and rounds and not self._reads:
                rounds -= 1
            self._work()
        # What was accepted is finished; new calls are not taken any more.
        while self._reads or self._writes:
            self._serve_one(held=False)

    def disconnect(self) -> None:
        for connection in list(self._connections.values()):
            self._drop(connection)
        self._selector.close()
        self._listener.close()

    def _patience(self) -> float:
        """How long to wait for something to come in, in seconds."""
        if self._reads or self._more_own_work:
            return 0.0
        if self._writes:
            return _HELD_SECONDS if self._held() else 0.0
        return _IDLE_SECONDS

    def _held(self) -> bool:
        return isinstance(self._index, WorksWhenIdle) and self._index.holds_writes

    def _work(self) -> None:
        """One search, one slice of a write, or a bit of the index's own work."""
        held = self._held()
        waiting = self._reads or (self._writes and not held)
        if waiting and time.monotonic() < self._own_work_at:
            self._serve_one(held=held)
        else:
            self._work_of_its_own()
            self._own_work_at = time.monotonic() + _SECONDS_BETWEEN_OWN_WORK

    def _serve_one(self, *, held: bool) -> None:
        writable = bool(self._writes) and not held
        starving = writable and self._read_seconds >= READ_SECONDS_PER_SLICE
        if self._reads and not starving:
            started = time.perf_counter()
            connection, call = self._reads.popleft()
            self._reply(connection, self._answer(call))
            self._read_seconds += time.perf_counter() - started
        elif writable:
            self._read_seconds = 0.0
            self._write_slice()

    def _work_of_its_own(self) -> None:
        if not isinstance(self._index, WorksWhenIdle):
            return
        try:
            self._more_own_work = self._index.work()
        except RetrievalError:
            self._more_own_work = False
            log.exception("Work on the index itself failed; it is tried again later")

    def _write_slice(self) -> None:
        connection, slices = self._writes[0]
        try:
            next(slices)
        except StopIteration:
            reply = Reply("", "", encode_result(None))
        except (RetrievalError, BadFrame) as error:
            reply = _failure(error)
        except Exception as error:
            log.exception("A write to the index failed in a way that was not foreseen")
            reply = _failure(error)
        else:
            return
        self._writes.popleft()
        self._reply(connection, reply)

    def _slices(self, call: Upsert | Delete | Flush) -> Iterator[None]:
        """Does the call bit by bit; after each yield a search may run."""
        if isinstance(call, Upsert):
            for batch in batches(call.points, SLICE_POINTS):
                self._index.upsert([unpack_point(point) for point in batch])
                yield
        elif isinstance(call, Delete) and isinstance(self._index, DeletesInSlices):
            yield from self._index.delete_in_slices(unpack_filter(call.where), SLICE_DELETES)
        elif isinstance(call, Delete):
            self._index.delete(unpack_filter(call.where))
        else:
            self._index.flush()

    def _answer(self, call: Call) -> Reply:
        try:
            return Reply("", "", encode_result(self._read(call)))
        except (RetrievalError, BadFrame) as error:
            return _failure(error)
        except Exception as error:
            log.exception("A search of the index failed in a way that was not foreseen")
            return _failure(error)

    def _read(self, call: Call) -> object:
        if isinstance(call, Search):
            queries = [unpack_query(query) for query in call.queries]
            return [pack_hits(hits) for hits in self._index.search(queries)]
        if isinstance(call, Count):
            return self._index.count(unpack_filter(call.where))
        if isinstance(call, Ids):
            return self._index.ids(unpack_filter(call.where))
        if isinstance(call, GetState) and isinstance(self._index, WorksWhenIdle):
            return self._index.state()
        raise BadFrame(f"{type(call).__name__} is no read")

    def _exchange(self, timeout: float) -> bool:
        """Takes and sends what the sockets are ready for; whether any was."""
        ready = self._selector.select(timeout)
        for key, events in ready:
            if key.fileobj is self._listener:
                self._accept()
                continue
            connection: _Connection = key.data
            if events & selectors.EVENT_WRITE:
                self._send(connection)
            if events & selectors.EVENT_READ:
                self._receive(connection)
        return bool(ready)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # the client left before it was let in
        sock.setblocking(False)
        connection = _Connection(sock)
        self._connections[sock.fileno()] = connection
        self._selector.register(sock, selectors.EVENT_READ, connection)

    def _receive(self, connection: _Connection) -> None:
        try:
            received = connection.sock.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._drop(connection)
            return
        connection.incoming += received
        try:
            for body in connection.frames():
                self._enqueue(connection, decode_call(body))
        except BadFrame as error:
            log.warning("A client of the index sent something that is no call; its connection is closed: %s", error)
            self._drop(connection)

    def _enqueue(self, connection: _Connection, call: Call) -> None:
        if isinstance(call, Upsert | Delete | Flush):
            self._writes.append((connection, self._slices(call)))
        else:
            self._reads.append((connection, call))

    def _reply(self, connection: _Connection, reply: Reply) -> None:
        """Send the answer, or forget it when the client has gone: what it wrote is written all the same."""
        if connection.sock.fileno() < 0:
            return
        try:
            connection.outgoing += frame(reply)
        except IndexFault as error:
            connection.outgoing += frame(_failure(error))
        self._send(connection)

    def _send(self, connection: _Connection) -> None:
        if connection.sock.fileno() < 0:
            return
        try:
            sent = connection.sock.send(connection.outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(connection)
            return
        del connection.outgoing[:sent]
        waiting = selectors.EVENT_WRITE if connection.outgoing else 0
        self._selector.modify(connection.sock, selectors.EVENT_READ | waiting, connection)

    def _drop(self, connection: _Connection) -> None:
        descriptor = connection.sock.fileno()
        if descriptor < 0:
            return
        self._selector.unregister(connection.sock)
        del self._connections[descriptor]
        connection.sock.close()


def _failure(error: Exception) -> Reply:
    """A call that fails must not end the process: the client would repeat it, and end the next one too."""
    kind = "unavailable" if isinstance(error, IndexUnavailable) else "fault"
    foreseen = isinstance(error, RetrievalError | BadFrame)
    return Reply(kind, str(error) if foreseen else f"The index failed: {type(error).__name__}.", encode_result(None))
