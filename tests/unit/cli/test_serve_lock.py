import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.serve_lock import AlreadyServing, ServeLock, Serving, read_serving


def _lock(folder: Path) -> ServeLock:
    return ServeLock(folder / "serve.lock", folder / "children.lock")


def test_a_second_holder_is_told_who_and_where(tmp_path: Path) -> None:
    with _lock(tmp_path) as lock:
        lock.say("http://127.0.0.1:8000")
        with pytest.raises(AlreadyServing, match=f"process {os.getpid()}, at http://127.0.0.1:8000") as caught:
            _lock(tmp_path)
    assert caught.value.serving == Serving(pid=os.getpid(), url="http://127.0.0.1:8000")


def test_the_lock_ends_with_its_holder_and_says_nothing_then(tmp_path: Path) -> None:
    with _lock(tmp_path) as lock:
        lock.say("http://127.0.0.1:8000")
    assert read_serving(tmp_path / "serve.lock") is None
    with _lock(tmp_path):
        pass


def test_a_holder_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, pathlib\n"
        "from services.serve_lock import ServeLock\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "lock = ServeLock(folder / 'serve.lock', folder / 'children.lock')\n"
        "lock.say('http://gone')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert read_serving(tmp_path / "serve.lock") is not None
    with _lock(tmp_path):
        pass


def test_a_new_holder_waits_for_the_children_of_the_former(tmp_path: Path) -> None:
    held = os.open(tmp_path / "children.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    said: list[str] = []
    with _lock(tmp_path) as lock:
        assert not lock.wait_for_former_children(0.0, lambda: said.append("waits"))
        os.close(held)
        assert lock.wait_for_former_children(0.0, lambda: said.append("waits"))
    assert said in ([], ["waits"])


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": "x", "url": null}', "null", "3"])
def test_a_lock_file_that_says_nothing_sensible_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "serve.lock").write_text(content)
    assert read_serving(tmp_path / "serve.lock") is None
