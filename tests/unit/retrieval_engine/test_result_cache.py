"""Remembered answers: the same for the same caller, gone with any change, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval.engine import Retriever
from retrieval.model import Principal
from retrieval.options import Include, RetrieveQuery
from retrieval.ports import Pin
from retrieval.result_cache import ResultCache, cache_key
from retrieval.results import RetrieveResult
from tests.unit.retrieval_engine.world import PRINCIPAL, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.retriever = Retriever(
        world.index, world.embedder, world.catalog, world.files, count_tokens=len, cache=ResultCache()
    )
    world.catalog.revision = (7, 0, 0)
    yield world
    world.index.close()


def ask(world: World, query: str = "pension", principal: Principal = PRINCIPAL, **options: Any) -> RetrieveResult:
    return world.retriever.retrieve(RetrieveQuery(query=query, **options), principal)


def test_the_same_question_is_answered_from_memory_and_says_so(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    first, second = ask(world), ask(world)
    assert len(world.index.searches) == 1
    assert (first.usage.cached, second.usage.cached, second.usage.embedded_texts) == (False, True, 0)
    assert second.results == first.results and second.answerability == first.answerability
    assert list(second.timings_ms) == ["cache", "total"]
    assert second.query_plan[0].details == {"hit": True}
    assert [step.stage for step in second.query_plan[1:]] == [step.stage for step in first.query_plan[1:]]


@pytest.mark.parametrize("moved", [(8, 0, 0), (7, 1, 0), (7, 0, 1)])
def test_any_change_of_the_catalog_shows_at_once(world: World, moved: tuple[int, ...]) -> None:
    document = world.add("a.pdf", [(1, "pension plan")])
    (passage,) = ask(world).results
    del world.catalog.live[document, passage.lineage.parse_id]
    world.catalog.revision = moved
    assert ask(world).results == ()


def test_nothing_is_shared_with_who_may_see_something_else(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    ask(world)
    assert ask(world, principal=replace(PRINCIPAL, tenant="t2")).results == ()
    assert not ask(world, principal=replace(PRINCIPAL, groups=frozenset({"everyone", "board"}))).usage.cached
    colleague = ask(world, principal=replace(PRINCIPAL, id="key_2", business_unit="sales"))
    assert colleague.usage.cached and colleague.usage.business_unit == "sales"


def test_every_option_is_part_of_the_key() -> None:
    plain = RetrieveQuery(query="q")
    others = [
        replace(plain, query="p"),
        replace(plain, top_k=3),
        replace(plain, filters={"type": "eq", "key": "a", "value": 1}),
        replace(plain, filters={"type": "eq", "key": "a", "value": True}),
        replace(plain, filters={"type": "eq", "key": "a", "value": "1"}),
        replace(plain, collections=()),
        replace(plain, include=frozenset()),
        replace(plain, min_score=0.5),
    ]
    assert len({cache_key(query, PRINCIPAL) for query in [plain, *others]}) == len(others) + 1
    same = replace(plain, include=frozenset([Include.GEOMETRY, Include.SCORES]))
    assert cache_key(same, PRINCIPAL) == cache_key(plain, PRINCIPAL)


def test_an_answer_that_lacks_something_is_not_remembered(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    world.embedder.broken = True
    assert ask(world).degraded
    world.embedder.broken = False
    assert not ask(world).degraded


def test_without_a_known_revision_nothing_is_remembered(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    world.catalog.revision = None
    ask(world)
    assert not ask(world).usage.cached


def test_memory_is_bounded_and_the_oldest_go_first(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    answer = ask(world)
    pin = Pin(epoch=7, revision=(7, 0, 0))
    cache = ResultCache(max_bytes=100_000)
    for number in range(50):
        cache.put(b"%d" % number, pin, answer)
    kept = [number for number in range(50) if cache.get(b"%d" % number, pin) is not None]
    assert 2 <= len(kept) < 25 and kept == list(range(50 - len(kept), 50))
    cache.put(b"again", pin, answer)
    cache.put(b"again", pin, answer)
    assert cache._bytes <= 100_000
    tiny = ResultCache(max_bytes=10)
    tiny.put(b"1", pin, answer)
    assert tiny.get(b"1", pin) is None


def test_a_slow_reader_of_the_past_neither_finds_nor_keeps_anything(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    answer = ask(world)
    cache = ResultCache()
    old, new = Pin(epoch=7, revision=(7, 0, 0)), Pin(epoch=8, revision=(8, 0, 0))
    cache.put(b"1", old, answer)
    assert cache.get(b"1", new) is None
    assert cache.get(b"1", old) is None
    cache.put(b"1", old, answer)
    assert cache.get(b"1", new) is None
