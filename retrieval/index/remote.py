"""`VectorIndex` over the local socket of the process that owns the index."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from retrieval.errors import IndexFault, IndexUnavailable
from retrieval.hits import Hits
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
    WireHits,
    decode_reply,
    decode_result,
    frame,
    frame_length,
    pack_filter,
    pack_point,
    pack_query,
    unpack_hits,
)
from retrieval.index.payloads import MAX_BATCH, batches
from retrieval.model import IndexPoint, IndexQuery, SearchFilter

_Result = TypeVar("_Result")
_HITS = msgspec.msgpack.Decoder(list[WireHits])
_NUMBER = msgspec.msgpack.Decoder(int)
_IDS = msgspec.msgpack.Decoder(set[str])
_STATE = msgspec.msgpack.Decoder(IndexState)
_NOTHING: msgspec.msgpack.Decoder[None] = msgspec.msgpack.Decoder(None)
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.25


class RemoteIndex:
    """Thread-safe; each call has a connection for itself, taken from those idle or made.

    When the owner is away (it restarts), a call is tried again for `connect_timeout` seconds, then `IndexUnavailable`
    is raised. Every call may be repeated: writes are by id, so a second time changes nothing. `call_timeout` bounds the
    wait for one answer, in seconds.
    """

    def __init__(self, socket_path: Path, *, connect_timeout: float = 5.0, call_timeout: float = 60.0) -> None:
        self._path = socket_path
        self._connect_timeout = connect_timeout
        self._call_timeout = call_timeout
        self._guard = threading.Lock()
        self._idle: list[socket.socket] = []
        self._process = os.getpid()
        self._closed = False

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        for batch in batches(points, MAX_BATCH):
            self._call(Upsert([pack_point(point) for point in batch]), _NOTHING)

    def search(self, queries: Sequence[IndexQuery], *, seconds: float | None = None) -> list[Hits]:
        answer = self._call(Search([pack_query(query) for query in queries]), _HITS, seconds)
        try:
            return [unpack_hits(hits) for hits in answer]
        except BadFrame as error:
            raise IndexFault("The owner of the index gave an answer of another version.") from error

    def count(self, where: SearchFilter) -> int:
        return self._call(Count(pack_filter(where)), _NUMBER)

    def ids(self, where: SearchFilter) -> set[str]:
        return self._call(Ids(pack_filter(where)), _IDS)

    def delete(self, where: SearchFilter) -> None:
        self._call(Delete(pack_filter(where)), _NOTHING)

    def flush(self) -> None:
        self._call(Flush(), _NOTHING)

    def state(self) -> IndexState:
        """What an operator wants to know of the index."""
        return self._call(GetState(), _STATE)

    def close(self) -> None:
        """Close the idle connections. The index itself belongs to its owner and stays open."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _call(self, call: Call, decoder: msgspec.msgpack.Decoder[_Result], seconds: float | None = None) -> _Result:
        message = frame(call)
        reply = self._exchange(message, self._call_timeout if seconds is None else min(seconds, self._call_timeout))
        if reply.error == "unavailable":
            raise IndexUnavailable(reply.message)
        if reply.error:
            raise IndexFault(reply.message)
        try:
            return decode_result(reply.result, decoder)
        except BadFrame as error:
            raise IndexFault("The owner of the index gave an answer of another version.") from error

    def _exchange(self, message: bytes, seconds: float) -> Reply:
        """`seconds`: for the answer, and for the owner to come back where it is away."""
        give_up: float | None = None
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._try_once(message, seconds)
            except TimeoutError as error:
                raise IndexUnavailable(f"The index gave no answer in {seconds:.3g} s.") from error
            except OSError as error:
                now = time.monotonic()
                give_up = give_up or now + min(seconds, self._connect_timeout)
                if now + pause > give_up:
                    raise IndexUnavailable(f"The index cannot be reached on {self._path}: {error}") from error
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except BadFrame as error:
                raise IndexFault("The owner of the index gave an answer of another version.") from error

    def _try_once(self, message: bytes, seconds: float) -> Reply:
        connection = self._take()
        try:
            connection.settimeout(seconds)
            connection.sendall(message)
            header = _receive(connection, HEADER.size)
            reply = decode_reply(_receive(connection, frame_length(header)))
        except BaseException:
            connection.close()
            raise
        self._put_back(connection)
        return reply

    def _take(self) -> socket.socket:
        with self._guard:
            if self._closed:
                raise IndexUnavailable("This connection to the index is closed.")
            if self._process != os.getpid():
                # After a fork the parent goes on using these connections: leave them to it.
                for inherited in self._idle:
                    inherited.close()
                self._idle, self._process = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._call_timeout)
            connection.connect(str(self._path))
        except BaseException:
            connection.close()
            raise
        return connection

    def _put_back(self, connection: socket.socket) -> None:
        with self._guard:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


def _receive(connection: socket.socket, length: int) -> bytearray:
    """Exactly `length` bytes. Raises `ConnectionResetError` when the other end closes before."""
    buffer = bytearray(length)
    view = memoryview(buffer)
    received = 0
    while received < length:
        count = connection.recv_into(view[received:])
        if count == 0:
            raise ConnectionResetError("the owner closed the connection")
        received += count
    return buffer
