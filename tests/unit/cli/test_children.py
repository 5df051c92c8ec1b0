import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from services import children
from services.children import Child, ChildSpec

FOREVER = "import time; time.sleep(600)"


def _child(tmp_path: Path, code: str, report: Callable[[str], None]) -> Child:
    spec = ChildSpec(
        role="worker",
        name="worker-1",
        title="worker 1",
        command=(sys.executable, "-c", code),
        environment={},
        descriptors=(),
        log_file=tmp_path / "worker-1.log",
        seconds_to_stop=1,
    )
    return Child(spec, report)


def _until(condition: Callable[[], bool]) -> None:
    """Wait for it; the tests' own time limit ends a wait in vain."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_a_killed_child_is_started_again_and_that_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    child = _child(tmp_path, FOREVER, told.append)
    child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    _until(lambda: child.keep_alive(time.monotonic()) is None and child.pid not in (None, first))
    assert told == ["! The worker 1 was ended by SIGKILL; starting it again."]
    child.end()
    _until(lambda: child.exit_code() is not None)


def test_a_child_that_keeps_dying_is_told_once_and_tried_more_slowly(tmp_path: Path) -> None:
    told: list[str] = []
    starts: list[float] = []
    child = _child(tmp_path, "raise SystemExit(3)", told.append)
    child.start()
    now = time.monotonic()
    while not child.keeps_dying:
        before = child.pid
        child.keep_alive(now)
        if child.pid is None:
            now += children.LONGEST_PAUSE_SECONDS  # what the pause would be is not waited for
        elif child.pid != before:
            starts.append(now)
            _until(lambda: child.exit_code() is not None)
            now = time.monotonic()
        else:
            _until(lambda: child.exit_code() is not None)
    assert [line for line in told if "5 times in a row" in line] == told[-1:]
    assert str(tmp_path / "worker-1.log") in told[-1]
    # not before the long pause is over
    child.keep_alive(time.monotonic())
    assert child.pid is None


def test_what_a_child_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, pathlib, time\n"
        f"other = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(other.pid))\n"
        "time.sleep(600)"
    )
    child = _child(tmp_path, code, lambda _: None)
    child.start()
    _until(lambda: pid_file.exists() and pid_file.read_text() != "")
    grandchild = psutil.Process(int(pid_file.read_text()))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    _until(lambda: child.exit_code() is not None)
    _until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_output_is_kept_and_only_notices_and_warnings_reach_the_console(tmp_path: Path) -> None:
    told: list[str] = []
    lines = (
        "2026-01-02 03:04:05,678 INFO a: quiet",
        "2026-01-02 03:04:05,678 NOTICE a.b: told as it is",
        "2026-01-02 03:04:05,678 WARNING a.b: told: with its child",
        "Traceback of some library",
    )
    child = _child(tmp_path, f"print({chr(10).join(lines)!r})", told.append)
    child.start()
    _until(lambda: child.exit_code() is not None)
    log = tmp_path / "worker-1.log"
    _until(lambda: log.exists() and log.read_text().splitlines() == list(lines))
    assert told == ["told as it is", "! worker 1: told: with its child"]


def test_a_long_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_LOG_BYTES", 10)
    child = _child(tmp_path, "print('first line of it'); print('second')", lambda _: None)
    child.start()
    _until(lambda: child.exit_code() is not None)
    log, former = tmp_path / "worker-1.log", tmp_path / "worker-1.log.1"
    _until(lambda: former.exists() and log.exists() and log.read_text() == "second\n")
    assert former.read_text() == "first line of it\n"


def test_a_child_that_does_not_hear_is_ended(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = f"import signal, pathlib, time; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(started)!r}).touch(); "
    child = _child(tmp_path, code + "time.sleep(600)", lambda _: None)
    child.start()
    _until(started.exists)
    child.ask_to_stop()
    assert child.exit_code() is None
    child.end()
    _until(lambda: child.exit_code() == -signal.SIGKILL)
