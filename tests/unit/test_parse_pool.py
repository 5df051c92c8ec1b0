"""The pool that parses for requests: how many at a time, who waits, who is sent away, and what ends a parse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parsers.errors import LimitExceeded, ParseCancelled
from parsers.policy import ParseLimits, ParseOptions
from services import parse_pool
from services.api.parts import PoolBusy
from services.parse_pool import ParsePool

ENOUGH = 30.0
"""Seconds after which a test that hangs fails; nothing waits so long that goes as it should."""


class Parsers:
    """Stands in for isolated parsers and what they do: `act` is called instead of each parse."""

    def __init__(self) -> None:
        self.started = 0
        self.closed = 0
        self.act: Callable[[Callable[[], bool]], Any] = lambda should_stop: "tree"
        self.scratches: list[Path | None] = []

    def start(self, limits: ParseLimits, vision: object = None) -> Parsers:
        self.started += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def parse_tree(self, parser: object, path: Path, **asked: Any) -> Any:
        assert parser is self
        self.scratches.append(asked["scratch"])
        if asked["scratch"] is not None:
            assert asked["scratch"].is_dir()
        return self.act(asked["should_stop"])


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parsers]:
    parsers = Parsers()
    monkeypatch.setattr(parse_pool, "IsolatedParser", parsers.start)
    monkeypatch.setattr(parse_pool, "parse_tree", parsers.parse_tree)
    yield parsers


def pool_of(tmp_path: Path, *, parsers: int = 1, waiting: int = 1, seconds: float = ENOUGH) -> ParsePool:
    return ParsePool(ParseLimits(), parsers=parsers, waiting=waiting, seconds=seconds, scratch=tmp_path)


def parse(pool: ParsePool, *, children: bool = False, should_stop: Callable[[], bool] = lambda: False) -> Any:
    return pool.parse(
        Path("file.pdf"),
        name="file.pdf",
        sha256="0" * 64,
        media_type="application/pdf",
        options=ParseOptions(),
        children=children,
        should_stop=should_stop,
    )


def test_a_parser_is_started_once_and_used_again(parsers: Parsers, tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    assert [parse(pool), parse(pool)] == ["tree", "tree"]
    pool.close()
    pool.close()
    assert (parsers.started, parsers.closed) == (1, 1)


def test_children_have_a_scratch_folder_that_goes_with_the_parse(parsers: Parsers, tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    parse(pool, children=True)
    parse(pool)
    assert parsers.scratches[0] is not None and parsers.scratches[1] is None
    assert list(tmp_path.iterdir()) == []


def test_one_waits_and_the_next_is_sent_away(parsers: Parsers, tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    go, begun = threading.Event(), threading.Semaphore(0)
    most, now = [0], [0]

    def hold(should_stop: Callable[[], bool]) -> str:
        now[0] += 1
        most[0] = max(most[0], now[0])
        begun.release()
        assert go.wait(ENOUGH)
        now[0] -= 1
        return "tree"

    parsers.act = hold
    waits = threading.Event()
    read: list[Any] = []
    first = threading.Thread(target=lambda: read.append(parse(pool)))
    first.start()
    assert begun.acquire(timeout=ENOUGH)

    def looked() -> bool:
        waits.set()
        return False

    second = threading.Thread(target=lambda: read.append(parse(pool, should_stop=looked)))
    second.start()
    assert waits.wait(ENOUGH)
    with pytest.raises(PoolBusy):
        parse(pool)
    go.set()
    first.join(ENOUGH)
    second.join(ENOUGH)
    assert read == ["tree", "tree"] and most == [1] and parsers.started == 1


def test_who_waits_can_be_stopped_and_leaves_his_place(parsers: Parsers, tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    go, begun = threading.Event(), threading.Event()

    def hold(should_stop: Callable[[], bool]) -> str:
        begun.set()
        assert go.wait(ENOUGH)
        return "tree"

    parsers.act = hold
    first = threading.Thread(target=lambda: parse(pool))
    first.start()
    assert begun.wait(ENOUGH)
    for _ in range(2):
        with pytest.raises(ParseCancelled):
            parse(pool, should_stop=lambda: True)
    go.set()
    first.join(ENOUGH)
    assert parse(pool) == "tree"


def test_a_parse_past_its_seconds_is_over_the_limit(parsers: Parsers, tmp_path: Path) -> None:
    def stop(should_stop: Callable[[], bool]) -> str:
        if should_stop():
            raise ParseCancelled("The parse was cancelled.")
        return "tree"

    parsers.act = stop
    with pytest.raises(LimitExceeded, match="upload"):
        parse(pool_of(tmp_path, seconds=-1.0))
    with pytest.raises(ParseCancelled):
        parse(pool_of(tmp_path), should_stop=lambda: True)


def test_a_parser_and_the_place_come_back_after_a_failure(parsers: Parsers, tmp_path: Path) -> None:
    pool = pool_of(tmp_path, waiting=0)

    def fail(should_stop: Callable[[], bool]) -> str:
        raise LimitExceeded("too large")

    parsers.act = fail
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            parse(pool)
    assert parsers.started == 1
