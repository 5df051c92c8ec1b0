"""Graphs are built on a copy while searches and writes go on, and a crash at any point leaves one whole shard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from retrieval.hits import Hits
from retrieval.index.edge import EdgeIndex
from retrieval.index.maintenance import MaintenanceOptions
from retrieval.model import Match, PointKind
from tests.support.vector_indexes import EVERYTHING, dense, lexical, point, point_id

ROOT = Path(__file__).parents[3]
DIMENSION = 64
AT_ONCE = MaintenanceOptions(least_points=1, share=0.01)
NEVER = MaintenanceOptions(least_points=10**9)


def small_index(path: Path, points: int, options: MaintenanceOptions) -> EdgeIndex:
    index = EdgeIndex(path, DIMENSION, maintenance=options)
    numbers = np.random.default_rng(0).standard_normal((points, DIMENSION))
    index.upsert([point(n, f"word w{n}", numbers[n].tolist(), document=f"d{n % 5}") for n in range(points)])
    return index


def work_until_built(index: EdgeIndex, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while index.state().last_build_seconds is None:
        index.work()
        assert time.monotonic() < end
        time.sleep(0.002)


def answers(index: EdgeIndex) -> list[Hits]:
    vector = [1.0, 2.0] * (DIMENSION // 2)
    return index.search([lexical("word w3", limit=50), dense(vector, limit=50), lexical("new", limit=50)])


def shards(path: Path) -> list[str]:
    return sorted(folder.name for folder in path.glob("shard*"))


def test_what_is_written_meanwhile_is_in_the_copy_that_takes_over(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", 100, AT_ONCE)
    while not index.state().building:
        index.work()
    index.upsert([point(3, "new", [1.0] * DIMENSION), point(1000, "new w3", None, year=2020)])
    index.delete(Match(key="document", values=("d1",)))
    expected, ids = answers(index), index.ids(EVERYTHING)
    work_until_built(index)
    assert point_id(1) not in ids
    assert point_id(1000) in ids
    assert index.ids(EVERYTHING) == ids
    assert answers(index) == expected
    index.upsert([point(2000, "new after", [1.0] * DIMENSION)])
    expected = answers(index)
    index.close()
    again = EdgeIndex(tmp_path / "index", DIMENSION, maintenance=NEVER)
    assert shards(tmp_path / "index") == ["shard-1"]
    while not again.state().in_memory:
        again.work()
    assert answers(again) == expected
    again.close()


def test_builds_follow_each_other(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", 40, AT_ONCE)
    work_until_built(index)
    expected = answers(index)
    index.close()
    index = EdgeIndex(tmp_path / "index", DIMENSION, maintenance=AT_ONCE)
    work_until_built(index)
    assert index.state().in_memory
    assert answers(index) == expected
    index.close()
    assert (tmp_path / "index" / "current").read_text() == "shard-2"


def test_closing_gives_up_what_is_being_built(tmp_path: Path) -> None:
    index = small_index(tmp_path / "index", 40, AT_ONCE)
    while not index.state().building:
        index.work()
    index.close()
    assert shards(tmp_path / "index") == ["shard"]


def test_nothing_is_built_where_it_does_not_pay_or_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = small_index(tmp_path / "few", 40, MaintenanceOptions(least_points=41))
    while index.work():
        pass
    assert not index.state().building
    index.close()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 9, 1))
    index = small_index(tmp_path / "full", 40, AT_ONCE)
    while index.work():
        pass
    assert not index.state().building
    assert "disk" in caplog.text
    index.close()


def test_a_build_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    index = small_index(tmp_path / "index", 40, AT_ONCE)
    index.work()
    assert index.holds_writes
    expected = answers(index)
    index.upsert([point(2000, "other", kind=PointKind.TITLE)])
    assert not index.holds_writes
    assert not index.state().building
    assert index.count(EVERYTHING) == 41
    assert answers(index) == expected
    assert shards(tmp_path / "index") == ["shard"]
    index.close()


OWNER = """
import sys
from pathlib import Path
from retrieval.index.edge import EdgeIndex
from retrieval.index.maintenance import MaintenanceOptions
from tests.support.vector_indexes import point

index = EdgeIndex(Path(sys.argv[1]), 64, maintenance=MaintenanceOptions(least_points=1, share=0.01))
number = 100_000
while True:
    index.work()
    index.upsert([point(number, f"word w{number}", [1.0, number] * 32)])
    number += 1
    state = index.state()
    print(number, state.building, state.last_build_seconds is not None, flush=True)
"""


@pytest.mark.parametrize("moment", ["copying", "building", "taken over"])
def test_kill_at_any_moment_loses_nothing(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "index"
    small_index(path, 300, NEVER).close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, env=environment
    ) as owner:
        assert owner.stdout is not None
        acknowledged = _until(owner.stdout, moment)
        owner.send_signal(signal.SIGKILL)
        rest = [line.split() for line in owner.stdout.read().decode().splitlines()]
        acknowledged = int(rest[-1][0]) if rest and len(rest[-1]) == 3 else acknowledged
    index = EdgeIndex(path, DIMENSION, maintenance=NEVER)
    wanted = {point_id(number) for number in [*range(300), *range(100_000, acknowledged)]}
    assert wanted <= index.ids(EVERYTHING)
    assert len(index.ids(EVERYTHING)) <= len(wanted) + 1
    assert len(shards(path)) == 1
    index.close()


def _until(output: IO[bytes], moment: str) -> int:
    for line in output:
        number, building, built = line.split()
        if (built if moment == "taken over" else building) == b"True":
            if moment == "building":
                for _ in range(15):
                    number = output.readline().split()[0]
            return int(number)
    raise AssertionError("the owner ended by itself")
