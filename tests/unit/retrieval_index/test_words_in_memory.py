"""Words searched in memory find what a full computation and the engine find, whatever was written or deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from retrieval.index.edge import EdgeIndex
from retrieval.index.mirror import Mirror
from retrieval.model import AllOf, AnyOf, IndexPoint, IndexQuery, Match, Not, PointKind, Range, SearchFilter
from tests.support.vector_indexes import DIMENSION, EVERYTHING, lexical, lucene_scores, point, point_id

WORDS = [f"w{number}" for number in range(12)]
# The first words are in nearly every text, the last in few: what is left out of the common ones must not show.
texts = some.lists(
    some.integers(0, 100).map(lambda draw: WORDS[0] if draw < 50 else WORDS[(draw - 50) * 12 // 51]),
    min_size=1,
    max_size=12,
).map(" ".join)
groups = some.sampled_from([("everyone",), ("board",), ("board", "finance")])
writes = some.lists(some.tuples(some.integers(0, 60), texts, groups, some.booleans()), min_size=1, max_size=90)
questions = some.lists(some.sampled_from([*WORDS, "unknown"]), min_size=1, max_size=8)


def written(mirror: Mirror, history: list[tuple[int, str, tuple[str, ...], bool]]) -> dict[int, IndexPoint]:
    """What is left when each number was written or, where the last is true, deleted."""
    left: dict[int, IndexPoint] = {}
    for number, text, access, deleted in history:
        if deleted:
            mirror.remove([point_id(number)])
            left.pop(number, None)
        else:
            left[number] = point(number, text, access=access)
            mirror.add(point_id(number), left[number].tokens, left[number].payload)
    return left


@settings(max_examples=150, deadline=None)
@given(writes, writes, questions, some.integers(1, 12), some.sampled_from([("everyone", "board"), ("finance",)]))
def test_the_best_are_those_of_the_full_computation(
    first: list[tuple[int, str, tuple[str, ...], bool]],
    second: list[tuple[int, str, tuple[str, ...], bool]],
    words: list[str],
    limit: int,
    may_see: tuple[str, ...],
) -> None:
    mirror = Mirror()
    corpus = Match(key="access", values=may_see)
    found = AllOf(filters=(corpus, Match(key="access", values=("board", "finance"))))
    query = lexical(" ".join(words), limit=limit, where=found, corpus=corpus)
    written(mirror, first)
    mirror.by_words(query)  # what it remembers of the first state must not show in the second
    left = written(mirror, first + second)
    seen = {str(number): list(one.tokens) for number, one in left.items() if set(one.payload.access) & set(may_see)}
    scores = lucene_scores(seen, list(dict.fromkeys(words))) if seen else {}
    wanted = {
        number: scores[number]
        for number in scores
        if set(left[int(number)].payload.access) & {"board", "finance"} and scores[number] > 0
    }
    hits = mirror.by_words(query)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert [hit.score for hit in hits] == pytest.approx(sorted(wanted.values(), reverse=True)[:limit], rel=1e-4)
    for hit in hits:
        number = int(hit.id[-12:], 16)
        assert hit.score == pytest.approx(wanted[str(number)], rel=1e-4)
        assert hit.payload == left[number].payload


FILTERS: list[SearchFilter] = [
    EVERYTHING,
    Match(key="tenant", values=()),
    Match(key="tenant", values=("acme", 1)),
    Match(key="tenant", values=(True,)),
    Match(key="attributes.value", values=(True,)),
    Match(key="attributes.value", values=(1,)),
    Match(key="attributes.value", values=(1.0, "1")),
    Not(filter=Match(key="attributes.value", values=(1,))),
    Not(filter=Match(key="attributes.unknown", values=(1,))),
    Not(filter=Match(key="access", values=("board",))),
    Range(key="attributes.value", gte=0.5),
    Range(key="attributes.value", gt="2020-01-01", lte="2022-01-01"),
    Not(filter=Range(key="attributes.value", lt=1)),
    AnyOf(filters=()),
    AnyOf(filters=(Match(key="document", values=("d1",)), Match(key="element_types", values=("table",)))),
    Match(key="ordinal", values=(3,)),
    Range(key="page", gte=2),
    Match(key="unknown", values=("x",)),
]


def test_filters_mean_what_they_mean_to_the_engine(tmp_path: Path) -> None:
    values = [True, False, 1, 0, 1.0, 0.5, "1", "2021-06-30", None]
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    for number, value in enumerate(values):
        attributes = {} if value is None else {"value": value}
        kind = ("table",) if number % 2 else ()
        access = ("board",) if number % 3 else ()
        index.upsert(
            [point(number, "word", document=f"d{number % 4}", element_types=kind, access=access, **attributes)]
        )
    assert index.state().in_memory
    for where in FILTERS:
        (hits,) = index.search([lexical("word", where=where, limit=50)])
        assert {hit.id for hit in hits} == index.ids(where), where
    index.close()


def test_until_it_is_in_memory_the_engine_answers(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    index.upsert([point(number, f"word w{number % 7}", [1, 0, 0, number]) for number in range(300)])
    queries: list[IndexQuery] = [lexical("word w3", limit=60), lexical("w5", limit=5)]
    in_memory = index.search(queries)
    index.close()
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    assert not index.state().in_memory
    # Written and deleted before the reading gets there.
    index.upsert([point(299, "late", [1, 0, 0, 0])])
    index.upsert([point(299, "word w5", [1, 0, 0, 299])])
    index.delete(Match(key="ordinal", values=(298,)))
    index.upsert([point(298, "word w4", [1, 0, 0, 298])])
    for answer, wanted in zip(index.search(queries), in_memory, strict=True):
        assert [hit.id for hit in answer] == [hit.id for hit in wanted]
        assert [hit.score for hit in answer] == pytest.approx([hit.score for hit in wanted], rel=1e-4)
    while not index.state().in_memory:
        index.work()
    assert index.search(queries) == in_memory
    index.close()


def test_what_is_dead_is_left_behind_when_it_is_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.index.mirror._DEAD_ROWS", 20)
    index = EdgeIndex(tmp_path / "index", DIMENSION)
    for _ in range(4):
        index.upsert([point(number, f"word w{number}") for number in range(10)])
    before = index.search([lexical("word w4")])
    worn = index._mirrors.ready
    while index.work() or index._mirrors.ready is worn:
        pass
    assert index.search([lexical("word w4")]) == before
    assert index.count(EVERYTHING) == 10
    index.close()


def test_a_word_that_is_there_more_often_than_is_counted(tmp_path: Path) -> None:
    mirror = Mirror()
    for number, count in enumerate((1, 255, 256, 5000)):
        one = point(number, "often " * count, kind=PointKind.PAGE)
        mirror.add(one.id, one.tokens, one.payload)
    hits = mirror.by_words(
        IndexQuery(limit=9, kind=PointKind.PAGE, filter=EVERYTHING, corpus=EVERYTHING, tokens=("often",))
    )
    assert len(hits) == 4
