"""The isolated process by itself: it answers, is ended when it does not, and can do nothing else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parsers.errors import EncryptedDocument
from parsers.isolated_process import CallLost, ForkServer, Loss, Worker, decode_result, require_result
from parsers.isolated_wire import encode

TASKS = "tests.unit.parsers_isolation.misbehaving_tasks"
MEMORY = 512 * 1024**2


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(TASKS)
    yield server
    server.close()


@pytest.fixture
def worker(server: ForkServer) -> Iterator[Worker]:
    worker = server.spawn(memory_bytes=MEMORY, readable=())
    yield worker
    worker.end()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _gone(pid: int) -> bool:
    """Whether a process ends: a zombie that its parent has yet to reap counts as ended."""
    for _ in range(400):
        status = Path(f"/proc/{pid}/stat")
        if not _alive(pid) or (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"):
            return True
        time.sleep(0.05)
    return False


def test_a_task_gets_its_arguments_and_gives_its_result(worker: Worker) -> None:
    value = {"text": "€ 5", "pages": [1, 2]}
    answer = worker.call("echo", value, seconds=30)
    assert decode_result(answer, dict[str, Any]) == value
    assert answer.cpu_seconds >= 0
    assert answer.resident_bytes > 1024**2


def test_a_large_answer_arrives_whole(worker: Worker) -> None:
    text = "x" * 3_000_000
    assert decode_result(worker.call("echo", text, seconds=30), str) == text


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        ("hang", Loss.TIMEOUT),
        ("spin", Loss.TIMEOUT),
        ("die", Loss.CRASH),
        ("exit", Loss.CRASH),
        ("babble", Loss.CRASH),
        ("devour", Loss.MEMORY),
        ("flood", Loss.MEMORY),
    ],
)
def test_a_lost_call_says_why_and_the_next_worker_works(server: ForkServer, task: str, loss: Loss) -> None:
    worker = server.spawn(memory_bytes=MEMORY, readable=())
    seconds = 0.3 if loss is Loss.TIMEOUT else 60
    with pytest.raises(CallLost) as lost:
        worker.call(task, None, seconds=seconds)
    assert lost.value.loss is loss
    assert _gone(worker.pid)
    following = server.spawn(memory_bytes=MEMORY, readable=())
    assert decode_result(following.call("echo", 1, seconds=30), int) == 1
    following.end()


def test_cpu_time_of_a_killed_worker_is_counted(server: ForkServer) -> None:
    worker = server.spawn(memory_bytes=MEMORY, readable=())
    with pytest.raises(CallLost):
        worker.call("spin", None, seconds=0.5)
    assert worker.end().cpu_seconds > 0.05


def test_errors_of_the_parser_cross_with_their_code(worker: Worker) -> None:
    with pytest.raises(EncryptedDocument, match="It is locked"):
        require_result(worker.call("refuse", None, seconds=30))


def test_text_of_foreign_errors_does_not_cross(worker: Worker) -> None:
    answer = worker.call("stumble", None, seconds=30)
    assert answer.failure == "ValueError"
    assert b"secret" not in encode(answer)


def test_should_stop_ends_a_running_call(worker: Worker) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(CallLost) as lost:
        worker.call("hang", None, seconds=600, should_stop=stop.is_set)
    assert lost.value.loss is Loss.STOPPED
    assert _gone(worker.pid)


def test_nothing_of_the_caller_is_inherited(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    found = decode_result(worker.call("environment", None, seconds=30), dict[str, Any])
    ours = {"LC_ALL", "LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY"}
    assert set(found["environment"]) <= ours
    assert "pytest" not in found["modules"]


def test_niceness_is_added() -> None:
    server = ForkServer(TASKS, nice=3)
    worker = server.spawn(memory_bytes=MEMORY, readable=())
    found = decode_result(worker.call("environment", None, seconds=30), dict[str, Any])
    assert found["niceness"] == min(19, os.nice(0) + 3)
    server.close()
    assert _gone(worker.pid)


def test_a_sealed_worker_reads_its_document_and_nothing_else(server: ForkServer, tmp_path: Path) -> None:
    document, neighbour = tmp_path / "a.pdf", tmp_path / "b.pdf"
    document.write_bytes(b"mine")
    neighbour.write_bytes(b"not mine")
    worker = server.spawn(memory_bytes=MEMORY, readable=(document,))
    asked = {"document": str(document), "neighbour": str(neighbour), "new": str(tmp_path / "new"), "port": 9}
    answer = worker.call("attempt", asked, seconds=30)
    outcome = decode_result(answer, dict[str, str])
    worker.end()
    assert outcome["read_document"] == outcome["write_nowhere"] == "done"
    if "landlock_files" in answer.holds:
        assert outcome["read_neighbour"] == outcome["write"] == outcome["append"] == "PermissionError"
        assert not (tmp_path / "new").exists()
    if "syscall_filter" in answer.holds:
        assert outcome["connect"] == outcome["run"] == "PermissionError"
    elif "network_namespace" in answer.holds:
        assert outcome["connect"] != "done"
    assert "rlimits" in answer.holds
    assert document.read_bytes() == b"mine"


def test_a_killed_forkserver_is_started_again() -> None:
    server = ForkServer(TASKS)
    worker = server.spawn(memory_bytes=MEMORY, readable=())
    assert server.pid is not None
    os.kill(server.pid, 9)
    assert _gone(worker.pid), "a worker must not outlive its forkserver"
    with pytest.raises(CallLost):
        worker.call("echo", 1, seconds=30)
    again = server.spawn(memory_bytes=MEMORY, readable=())
    assert decode_result(again.call("echo", 1, seconds=30), int) == 1
    server.close()


def test_threads_may_each_own_a_forkserver() -> None:
    results: list[int] = []

    def work(number: int) -> None:
        server = ForkServer(TASKS)
        worker = server.spawn(memory_bytes=MEMORY, readable=())
        results.append(decode_result(worker.call("echo", number, seconds=60), int))
        server.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 2]
