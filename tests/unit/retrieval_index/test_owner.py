"""The owner's loop and the connection to it: who goes first, who is let in, and what a lost client or owner means."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from retrieval.errors import IndexFault, IndexUnavailable
from retrieval.hits import Hits
from retrieval.index import owner as owner_module
from retrieval.index.codec import HEADER, Count, Upsert, frame, pack_filter, pack_point
from retrieval.index.edge import EdgeIndex
from retrieval.index.owner import SLICE_POINTS, serve
from retrieval.index.remote import RemoteIndex
from retrieval.model import IndexPoint, IndexQuery, Match, SearchFilter
from tests.support.vector_indexes import (
    DIMENSION,
    EVERYTHING,
    dense,
    lexical,
    point,
    point_id,
    served,
    served_edge,
    short_folder,
)

pytestmark = pytest.mark.network


class ScriptedIndex:
    """An index that only remembers the order of calls. `gate` holds the first slice of a write back."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.points = 0
        self.in_write = threading.Event()
        self.gate = threading.Event()
        self.search_seconds = 0.0
        self.failure: Exception | None = None

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        self.in_write.set()
        assert self.gate.wait(30)
        self.points += len(points)
        self.calls.append(f"upsert {len(points)}")

    def search(self, queries: Sequence[IndexQuery], *, seconds: float | None = None) -> list[Hits]:
        if self.failure:
            raise self.failure
        time.sleep(self.search_seconds)
        self.calls.append("search")
        return [Hits.of([]) for _ in queries]

    def count(self, where: SearchFilter) -> int:
        self.calls.append("count")
        return self.points

    def ids(self, where: SearchFilter) -> set[str]:
        return set()

    def delete(self, where: SearchFilter) -> None:
        self.calls.append("delete")

    def flush(self) -> None:
        self.calls.append("flush")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as path:
        yield path


@pytest.fixture
def scripted() -> ScriptedIndex:
    return ScriptedIndex()


@pytest.fixture
def remote(folder: Path, scripted: ScriptedIndex) -> Iterator[RemoteIndex]:
    with served(lambda: scripted, folder / "run" / "s") as remote:
        remote.count(EVERYTHING)
        scripted.calls.clear()
        yield remote
        scripted.gate.set()


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(30)
    connection.connect(str(path))
    return connection


def wait_until(holds, seconds: float = 30) -> None:
    """For what happens soon: fails only if it does not happen at all."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_searches_go_before_the_rest_of_a_write(remote: RemoteIndex, scripted: ScriptedIndex) -> None:
    with ThreadPoolExecutor(4) as pool:
        write = pool.submit(remote.upsert, [point(number, "a") for number in range(3 * SLICE_POINTS)])
        assert scripted.in_write.wait(30)
        reads = [pool.submit(remote.search, [lexical("a")]), pool.submit(remote.count, EVERYTHING)]
        time.sleep(0.2)  # the two wait in the socket while the first slice is held back
        scripted.gate.set()
        write.result(30)
        assert reads[0].result(30) == [[]]
        assert reads[1].result(30) == SLICE_POINTS
    assert scripted.calls[0] == f"upsert {SLICE_POINTS}"
    assert sorted(scripted.calls[1:3]) == ["count", "search"]
    assert scripted.calls[3:] == [f"upsert {SLICE_POINTS}"] * 2


def test_writes_do_not_starve(remote: RemoteIndex, scripted: ScriptedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.gate.set()
    scripted.search_seconds = 0.002
    done = threading.Event()

    def search_for_ever() -> None:
        while not done.is_set():
            remote.search([lexical("a")])

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search_for_ever) for _ in range(3)]
        try:
            wait_until(lambda: len(scripted.calls) > 20)
            remote.upsert([point(number, "a") for number in range(5 * SLICE_POINTS)])
        finally:
            done.set()
        for search in searches:
            search.result(30)
    assert scripted.points == 5 * SLICE_POINTS


def test_writes_keep_their_order(remote: RemoteIndex, scripted: ScriptedIndex) -> None:
    scripted.gate.set()
    remote.upsert([point(1, "a")])
    remote.delete(EVERYTHING)
    remote.upsert([point(1, "a"), point(2, "b")])
    remote.flush()
    assert scripted.calls == ["upsert 1", "delete", "upsert 2", "flush"]


def test_stopping_finishes_what_was_accepted_and_closes(folder: Path, scripted: ScriptedIndex) -> None:
    path, stop = folder / "run" / "s", threading.Event()
    with ThreadPoolExecutor(2) as pool:
        owner = pool.submit(serve, scripted, path, stop)
        wait_until(path.exists)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        write = pool.submit(RemoteIndex(path).upsert, [point(number, "a") for number in range(2 * SLICE_POINTS)])
        assert scripted.in_write.wait(30)
        stop.set()
        scripted.gate.set()
        write.result(30)
        owner.result(30)
    assert scripted.calls == [f"upsert {SLICE_POINTS}"] * 2 + ["close"]
    assert list(path.parent.iterdir()) == []


def test_a_client_that_leaves_disturbs_nobody(remote: RemoteIndex, scripted: ScriptedIndex, folder: Path) -> None:
    path = folder / "run" / "s"
    raw(path).close()
    half = raw(path)
    half.sendall(frame(Count(pack_filter(EVERYTHING)))[:-1])
    half.close()
    gone = raw(path)
    gone.sendall(frame(Upsert([pack_point(point(number, "a")) for number in range(2 * SLICE_POINTS)])))
    assert scripted.in_write.wait(30)
    gone.close()
    scripted.gate.set()
    wait_until(lambda: remote.count(EVERYTHING) == 2 * SLICE_POINTS)


@pytest.mark.parametrize(
    "sent", [HEADER.pack(5) + b"hello", HEADER.pack(2**32 - 1), HEADER.pack(0), b"GET / HTTP/1.1\r\n\r\n"]
)
def test_a_client_that_talks_nonsense_is_cut_off(remote: RemoteIndex, folder: Path, sent: bytes) -> None:
    stranger = raw(folder / "run" / "s")
    stranger.sendall(sent)
    assert stranger.recv(1) == b""
    stranger.close()
    assert remote.count(EVERYTHING) == 0


def test_a_failing_call_is_answered_and_the_owner_lives(remote: RemoteIndex, scripted: ScriptedIndex) -> None:
    for failure, expected, words in (
        (IndexFault("no such thing"), IndexFault, "no such thing"),
        (IndexUnavailable("not now"), IndexUnavailable, "not now"),
        (KeyError("secret text"), IndexFault, "KeyError"),
    ):
        scripted.failure = failure
        with pytest.raises(expected, match=words) as raised:
            remote.search([lexical("a")])
        assert "secret" not in str(raised.value)
    assert remote.count(EVERYTHING) == 0


def test_a_stale_socket_is_replaced_and_a_live_one_refused(folder: Path, scripted: ScriptedIndex) -> None:
    path = folder / "run" / "s"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with served(lambda: scripted, path) as remote:
        assert remote.count(EVERYTHING) == 0
        with pytest.raises(IndexUnavailable, match="already serves"):
            serve(ScriptedIndex(), path, threading.Event())
        assert remote.count(EVERYTHING) == 0


def test_a_path_that_is_too_long_is_named(tmp_path: Path, scripted: ScriptedIndex) -> None:
    path = tmp_path / ("x" * 100) / "index.sock"
    with pytest.raises(IndexFault, match="choose a shorter data directory"):
        serve(scripted, path, threading.Event())
    longest = owner_module.MAX_SOCKET_PATH
    assert longest == 107


def test_calls_wait_for_an_owner_that_restarts(folder: Path) -> None:
    with served_edge(folder) as first:
        first.upsert([point(1, "a", [1, 0, 0, 0])])
        connection = RemoteIndex(folder / "run" / "index.sock")
        assert connection.count(EVERYTHING) == 1
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(connection.count, EVERYTHING), pool.submit(connection.upsert, [point(2, "a")])]
        time.sleep(0.3)
        with served_edge(folder) as second:
            assert waiting[0].result(30) in (1, 2)
            waiting[1].result(30)
            assert second.count(EVERYTHING) == 2
    connection.close()


def test_without_an_owner_the_index_is_unavailable(folder: Path) -> None:
    connection = RemoteIndex(folder / "s", connect_timeout=0.1)
    with pytest.raises(IndexUnavailable, match="cannot be reached"):
        connection.count(EVERYTHING)
    connection.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        connection.count(EVERYTHING)


def test_an_owner_that_does_not_answer_is_not_waited_for_for_ever(folder: Path, scripted: ScriptedIndex) -> None:
    with served(lambda: scripted, folder / "s"):
        impatient = RemoteIndex(folder / "s", call_timeout=0.2)
        with pytest.raises(IndexUnavailable, match="no answer"):
            impatient.upsert([point(1, "a")])
        scripted.gate.set()
        assert impatient.count(EVERYTHING) in (0, 1)
        impatient.close()


def test_threads_get_their_own_answers(folder: Path) -> None:
    with served_edge(folder) as remote:
        remote.upsert([point(number, f"w{number}", [1, 0, 0, 0], document=f"d{number}") for number in range(20)])

        def ask(number: int) -> bool:
            (hits,) = remote.search([lexical(f"w{number % 20}")])
            remote.upsert([point(100 + number, "more", document="more")])
            found = remote.ids(Match(key="document", values=(f"d{number % 20}",)))
            return [hit.id for hit in hits] == [point_id(number % 20)] and found == {point_id(number % 20)}

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(80)))
        assert remote.count(Match(key="document", values=("more",))) == 80


def test_a_child_of_a_fork_does_not_use_its_parents_connections(folder: Path) -> None:
    with served_edge(folder) as remote:
        remote.upsert([point(1, "a")])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if all(remote.count(EVERYTHING) == 1 for _ in range(50)) else 1
            finally:
                os._exit(code)
        assert all(remote.search([lexical("a")])[0][0].id == point_id(1) for _ in range(50))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_vectors_keep_their_value_on_the_way(folder: Path) -> None:
    vector = [0.1, -0.7, 1e-7, 0.7]
    with served_edge(folder) as remote:
        remote.upsert([point(1, "", vector), point(2, "", [0.3, 0.1, 0.2, 0.0])])
        over_the_socket = remote.search([dense(vector)])
        remote.flush()
    index = EdgeIndex(folder / "index", DIMENSION, create=False)
    directly = index.search([dense(vector)])
    index.close()
    assert [hit.id for hit in over_the_socket[0]] == [hit.id for hit in directly[0]]
    assert [hit.score for hit in over_the_socket[0]] == pytest.approx([hit.score for hit in directly[0]], abs=1e-6)
