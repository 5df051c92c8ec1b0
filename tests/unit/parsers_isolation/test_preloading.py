"""Models are loaded once, before the fork, for whoever turns out to need them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers import preloading
from parsers.errors import ParserCrashed
from parsers.isolated_crew import Crew, Job
from parsers.isolated_process import ForkServer, decode_result, require_result
from parsers.isolated_wire import Answer
from parsers.policy import ParseLimits
from tests.unit.parsers_isolation import requiring_tasks

TASKS = requiring_tasks.__name__


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer(TASKS)
    yield server
    server.close()


@pytest.fixture
def crew(server: ForkServer, tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(server, ParseLimits(), tmp_path, (), size=1, should_stop=None)
    yield crew
    crew.end()


def _call(crew: Crew, task: str) -> Answer:
    return crew.call(Job(task=task, arguments=None, seconds=60.0, step="read"))


def test_a_model_is_loaded_in_the_forkserver_and_used_in_its_forks(server: ForkServer, crew: Crew) -> None:
    found = decode_result(_call(crew, "heavy"), dict[str, object])
    assert found["loaded_in"] == [server.pid]
    assert found["pid"] != server.pid


def test_loading_is_paid_once_and_counted_as_overhead(server: ForkServer, crew: Crew, tmp_path: Path) -> None:
    _call(crew, "heavy")
    crew.end()
    assert crew.cpu_seconds["overhead"] > 0.3
    assert crew.cpu_seconds["read"] < 0.2
    second = Crew(server, ParseLimits(), tmp_path, (), size=1, should_stop=None)
    assert decode_result(_call(second, "heavy"), dict[str, object])["loaded_in"] == [server.pid]
    second.end()
    assert second.cpu_seconds["overhead"] < 0.2


@pytest.mark.parametrize(("task", "kind"), [("broken", "RuntimeError"), ("missing", "ModuleNotFoundError")])
def test_what_cannot_be_loaded_is_a_clear_error_and_not_tried_for_ever(crew: Crew, task: str, kind: str) -> None:
    for _ in range(2):
        with pytest.raises(ParserCrashed, match=rf"cannot be loaded \({kind}\)") as raised:
            require_result(_call(crew, task))
        assert "/somewhere" not in str(raised.value)


def test_an_extractor_may_do_without_what_cannot_be_loaded(crew: Crew) -> None:
    assert decode_result(_call(crew, "without"), str) == "done without"


def test_outside_a_worker_it_is_simply_loaded() -> None:
    module = preloading.require("parsers.plain_text")
    assert module.count_characters("a b") == 2
    assert preloading.require("parsers.plain_text") is module
