"""No process of a parse outlives the program that started it, however that ends and whatever kind of program it is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from parsers.isolated_process import ForkServer
from parsers.isolated_wire import decode
from tests.conftest import ROOT

TASKS = "tests.unit.parsers_isolation.misbehaving_tasks"

CALLER = f"""
import signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
sys.path.insert(0, {str(ROOT)!r})
from parsers.isolated_process import ForkServer
from parsers.isolated_wire import decode
server = ForkServer({TASKS!r})
workers = []
starter = threading.Thread(target=lambda: workers.append(server.spawn(memory_bytes=1 << 29, readable=())))
starter.start()
starter.join()  # what a thread started must outlive the thread
print(server.pid, workers[0].pid, flush=True)
threading.Thread(target=lambda: workers[0].call("hang", None, seconds=600), daemon=True).start()
time.sleep(600)
"""

FORK = """
import os
if os.fork() == 0:
    time.sleep(20)
    os._exit(0)
"""


def _start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def _gone(pid: int) -> bool:
    for _ in range(600):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_a_caller_that_is_killed(ending: signal.Signals) -> None:
    caller = _start(CALLER)
    assert caller.stdout is not None
    children = [int(pid) for pid in caller.stdout.readline().split()]
    assert len(children) == 2
    assert all(psutil.pid_exists(pid) for pid in children)
    caller.send_signal(ending)
    caller.wait()
    assert all(_gone(pid) for pid in children)
    caller.stdout.close()


def test_children_end_although_a_fork_of_the_caller_lives_on() -> None:
    forked = CALLER.replace("time.sleep(600)", FORK + "time.sleep(600)")
    caller = _start(forked)
    assert caller.stdout is not None
    children = [int(pid) for pid in caller.stdout.readline().split()]
    time.sleep(0.5)  # let the caller fork: its copy holds our sockets open
    caller.kill()
    caller.wait()
    assert all(_gone(pid) for pid in children)
    caller.stdout.close()


def _echo_from_a_child(answers: Connection) -> None:
    server = ForkServer(TASKS)
    worker = server.spawn(memory_bytes=1 << 29, readable=())
    answer = worker.call("echo", "hello", seconds=60)
    answers.send_bytes(bytes(answer.result))
    answers.send_bytes(str(server.pid).encode())
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_daemonic_child_process_can_be_the_caller(method: str) -> None:
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_echo_from_a_child, args=(theirs,), daemon=True)
    process.start()
    assert ours.poll(60)
    assert decode(ours.recv_bytes(), str) == "hello"
    server = int(ours.recv_bytes())
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert _gone(server)


def test_no_descriptor_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        server = ForkServer(TASKS)
        worker = server.spawn(memory_bytes=1 << 29, readable=())
        worker.end()
        server.spawn(memory_bytes=1 << 29, readable=()).end()
        server.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
