"""What is particular to the engine on disk: its folder, its one opener, its life after a crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.errors import IndexFault, IndexUnavailable
from retrieval.index.edge import EdgeIndex
from retrieval.model import Match, Range
from tests.support.vector_indexes import DIMENSION, EVERYTHING, dense, lexical, point, point_id

ROOT = Path(__file__).parents[3]


def test_what_was_closed_is_there_when_opened_again(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path / "index", DIMENSION, model_id="mini")
    index.upsert([point(1, "net sales", [1, 0, 0, 0], year=2023), point(2, "other", [0, 1, 0, 0], year=2020)])
    before = index.search([lexical("net"), dense([1, 0, 0, 0])])
    index.close()
    index.close()
    with pytest.raises(IndexUnavailable):
        index.count(EVERYTHING)
    again = EdgeIndex(tmp_path / "index", DIMENSION, model_id="mini", create=False)
    assert again.search([lexical("net"), dense([1, 0, 0, 0])]) == before
    assert again.ids(Range(key="attributes.year", gt=2021)) == {point_id(1)}
    again.upsert([point(3, "net", year=2022)])
    assert again.count(Range(key="attributes.year", gt=2021)) == 2
    again.close()


def test_a_second_opener_is_told_so_and_disturbs_nothing(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    with pytest.raises(IndexUnavailable, match="Another process"):
        EdgeIndex(tmp_path / "index", DIMENSION)
    index.upsert([point(1, "a")])
    assert index.count(EVERYTHING) == 1
    index.close()


def test_an_index_of_another_make_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index = EdgeIndex(path, DIMENSION, model_id="mini")
    index.upsert([point(1, "a")])
    index.close()
    with pytest.raises(IndexFault, match="dimension 4, not 8"):
        EdgeIndex(path, 8, model_id="mini")
    with pytest.raises(IndexFault, match="model_id 'mini', not 'maxi'"):
        EdgeIndex(path, DIMENSION, model_id="maxi")
    description = json.loads((path / "index.json").read_text())
    (path / "index.json").write_text(json.dumps({**description, "schema_version": 99}))
    with pytest.raises(IndexFault, match="schema_version 99"):
        EdgeIndex(path, DIMENSION, model_id="mini")
    (path / "index.json").write_text("{")
    with pytest.raises(IndexFault, match="does not describe"):
        EdgeIndex(path, DIMENSION, model_id="mini")
    (path / "index.json").write_text(json.dumps(description))
    index = EdgeIndex(path, DIMENSION, model_id="mini")
    assert index.count(EVERYTHING) == 1
    index.close()


def test_the_schema_version_is_what_is_written(tmp_path: Path) -> None:
    EdgeIndex(tmp_path / "index", DIMENSION, model_id="mini").close()
    written = json.loads((tmp_path / "index" / "index.json").read_text())
    assert written == {"schema_version": 2, "dimension": DIMENSION, "model_id": "mini"}


def test_a_missing_index_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="There is no index"):
        EdgeIndex(tmp_path / "index", DIMENSION, create=False)
    assert not (tmp_path / "index").exists()


def test_a_half_made_index_is_made_again(tmp_path: Path) -> None:
    draft = tmp_path / "index" / "shard.new"
    draft.mkdir(parents=True)
    (draft / "edge_config.json").write_text("{")
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    index.upsert([point(1, "a")])
    assert index.count(EVERYTHING) == 1
    index.close()


def test_deleting_in_slices_may_be_interrupted(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    index.upsert([point(number, "a", document=f"d{number % 2}") for number in range(20)])
    slices = index.delete_in_slices(Match(key="document", values=("d0",)), 4)
    next(slices)
    assert index.count(EVERYTHING) == 16
    assert len(list(slices)) == 2
    assert index.ids(EVERYTHING) == {point_id(number) for number in range(1, 20, 2)}
    index.close()


WRITER = """
import sys
from pathlib import Path
from retrieval.index.edge import EdgeIndex
from tests.support.vector_indexes import EVERYTHING, DIMENSION, point
from retrieval.model import Match

index = EdgeIndex(Path(sys.argv[1]), DIMENSION)
start = index.count(EVERYTHING)
for number in range(start, start + 10_000, 5):
    index.upsert([point(n, f"word w{n}", [1, 0, 0, n], document=f"d{n}") for n in range(number, number + 5)])
    print(number + 5, flush=True)
"""


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    path = tmp_path / "index"
    acknowledged = 0
    for acknowledgements in (3, 40):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as writer:
            assert writer.stdout is not None
            for _ in range(acknowledgements):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        index = EdgeIndex(path, DIMENSION)
        found = index.ids(EVERYTHING)
        assert {point_id(number) for number in range(acknowledged)} <= found
        assert len(found) - acknowledged in (0, 5), "a batch is there wholly or not at all"
        assert len(index.search([lexical("word", limit=1000)])[0]) == len(found)
        assert len(index.search([dense([1, 0, 0, 1], limit=1000)])[0]) == len(found)
        index.close()
