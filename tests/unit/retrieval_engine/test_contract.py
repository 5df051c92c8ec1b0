"""The parts of the contract beside ranking: context, reranking, deadlines, traces, batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.deadline import LEAST_SEARCH_SECONDS, Deadline
from retrieval.engine import Retriever
from retrieval.errors import InvalidQuery, RetrievalError, UnknownCollection
from retrieval.options import CandidateList, ContextOptions, GroupBy, Include, Mode, RerankOptions, RetrieveQuery
from retrieval.rerank import Rerankers
from retrieval.results import RetrieveResult
from tests.unit.retrieval_engine.world import PRINCIPAL, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.index.close()


def ask(world: World, query: str, **options: Any) -> RetrieveResult:
    return world.retriever.retrieve(RetrieveQuery(query=query, **options), PRINCIPAL)


def codes(result: RetrieveResult) -> list[str]:
    return [degradation.code for degradation in result.degraded]


class Backwards:
    """A reranker that likes short passages."""

    name = "short"
    cost_ms = 0.0

    def expected_ms(self, pairs: int) -> float:
        return self.cost_ms * pairs

    def scores(self, question: str, passages: list[str]) -> list[float]:
        return [1 / (1 + len(passage)) for passage in passages]


@pytest.fixture
def reranker(world: World) -> Backwards:
    made, models = Backwards(), Rerankers(["short"])
    models._by_name["short"] = made
    world.retriever = Retriever(
        world.index, world.embedder, world.catalog, world.files, count_tokens=len, rerankers=models
    )
    return made


RERANKED = RerankOptions(enabled=True)


def test_neighbours_are_shown_with_places_and_citations_of_their_own(world: World) -> None:
    world.add("a.pdf", [(1, "rain in spring"), (1, "pension plan assets"), (2, "snow in winter"), (4, "heat")])
    result = ask(world, "pension plan", top_k=1, context=ContextOptions(neighbours=2))
    (passage,) = result.results
    blocks = [block for block in passage.content if block.type == "text"]
    assert [block.text for block in blocks] == ["rain in spring", "pension plan assets", "snow in winter"]
    assert passage.citation_id == blocks[1].citation_id
    assert [span.quote for span in passage.spans] == [block.text for block in blocks]
    assert len(passage.lineage.element_ids) == 3 and passage.page == 1
    assert result.usage.context_tokens == 9
    assert ask(world, "pension plan").usage.context_tokens is None


def test_a_budget_too_small_for_anything_is_said(world: World) -> None:
    world.add("a.pdf", [(1, "pension " * 40)])
    result = ask(world, "pension", context=ContextOptions(max_tokens=16))
    assert result.results == () and codes(result) == ["budget_too_small"]


@pytest.mark.parametrize("by", list(GroupBy))
def test_grouping_holds_with_context(world: World, by: GroupBy) -> None:
    for name in ("a.pdf", "b.pdf"):
        world.add(name, [(1, "pension plan"), (2, "pension plan assets"), (3, "rain")])
    found = ask(world, "pension plan assets", group_by=by, context=ContextOptions(neighbours=1)).results
    keys = {
        GroupBy.CHUNK: [passage.chunk_id for passage in found],
        GroupBy.PAGE: [(passage.document.id, passage.page) for passage in found],
        GroupBy.DOCUMENT: [passage.document.id for passage in found],
    }[by]
    assert len(keys) == len(set(keys)) == {"chunk": 2, "page": 6, "document": 2}[by]
    texts = [(passage.document.id, block.start) for passage in found for block in passage.content]
    assert len(texts) == len(set(texts))


def test_a_reranker_orders_anew_and_its_scores_are_the_results(world: World, reranker: Backwards) -> None:
    world.add("a.pdf", [(1, "pension plan assets of the pension plan"), (2, "pension"), (3, "pension plan")])
    plain = ask(world, "pension plan assets", top_k=2)
    result = ask(world, "pension plan assets", top_k=2, rerank=RERANKED)
    assert plain.results[0].page == 1
    assert [passage.page for passage in result.results] == [2, 3]
    for passage in result.results:
        assert passage.scores is not None and passage.scores.rerank == passage.score != passage.scores.fused
    assert "rerank" in result.timings_ms and "rerank" not in plain.timings_ms
    cut = ask(world, "pension plan assets", rerank=RERANKED, min_score=result.results[0].score)
    assert [passage.page for passage in cut.results] == [2]


def test_reranking_models_are_the_operators_choice(world: World, reranker: Backwards) -> None:
    with pytest.raises(InvalidQuery) as unknown:
        ask(world, "q", rerank=RerankOptions(enabled=True, model="../../elsewhere"))
    assert unknown.value.field == "rerank.model"
    without = Retriever(world.index, world.embedder, world.catalog, world.files, count_tokens=len)
    with pytest.raises(InvalidQuery) as none:
        without.retrieve(RetrieveQuery(query="q", rerank=RERANKED), PRINCIPAL)
    assert none.value.field == "rerank.enabled"
    assert world.index.searches == []


def test_a_short_deadline_leaves_out_what_only_makes_better_and_says_so(world: World, reranker: Backwards) -> None:
    world.add("a.pdf", [(1, "pension plan"), (1, "rain")])
    reranker.cost_ms = 1000.0
    result = ask(
        world,
        "pension plan",
        top_k=1,
        deadline_ms=1,
        rerank=RERANKED,
        context=ContextOptions(neighbours=1, max_tokens=50),
    )
    assert codes(result) == ["dense_skipped", "pages_skipped", "rerank_skipped", "context_skipped"]
    assert [block.text for block in result.results[0].content] == ["pension plan"]
    assert world.embedder.calls[-1] != ["pension plan"]
    assert {query.tokens for query in world.index.searches[-1]} == {("pension", "plan")}
    assert ask(world, "pension plan", mode=Mode.DENSE, deadline_ms=1).results


def test_a_long_deadline_changes_nothing(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    bounded = ask(world, "pension plan", deadline_ms=60_000)
    assert bounded.degraded == () and bounded.results == ask(world, "pension plan").results
    assert len(world.index.searches[0]) == len(CandidateList)


def test_the_index_is_given_the_time_that_is_left_and_never_none() -> None:
    assert Deadline().search_seconds() is None and Deadline().affords(1e12)
    assert Deadline(1).search_seconds() == LEAST_SEARCH_SECONDS
    assert 50 < (Deadline(60_000).search_seconds() or 0) <= 60


def test_a_trace_says_what_became_of_every_candidate(world: World) -> None:
    passages = [(1, "pension plan assets"), (1, "pension plan"), (5, "pension " * 60), (9, "pension rain")]
    world.add("a.pdf", passages)
    result = ask(
        world,
        "pension plan assets",
        top_k=3,
        context=ContextOptions(max_tokens=20),
        include=frozenset({Include.TRACE}),
    )
    assert result.trace is not None
    outcomes = {candidate.page: [] for candidate in result.trace}
    for candidate in result.trace:
        outcomes[candidate.page].append(candidate.outcome)
    assert outcomes[1] == ["returned", "merged"]
    assert sorted(outcome for page in (5, 9) for outcome in outcomes[page]) == ["below_top_k", "over_budget"] or (
        outcomes[9] == ["returned"] and outcomes[5] == ["below_top_k"]
    )
    merged = next(candidate for candidate in result.trace if candidate.outcome == "merged")
    assert merged.merged_into == result.results[0].chunk_id
    assert "pension" not in repr(result.trace)
    assert ask(world, "pension").trace is None


def test_a_trace_names_what_min_score_dropped(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan assets"), (2, "rain in Spain")])
    result = ask(world, "pension plan assets", min_score=0.1, include=frozenset({Include.TRACE}))
    assert len(result.results) == 1 and result.trace is not None
    assert [candidate.outcome for candidate in result.trace] == ["returned", "below_min_score"]


def test_many_questions_are_embedded_in_one_call_and_fail_alone(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan"), (2, "rain in Spain")])
    world.embedder.calls.clear()
    questions = [
        RetrieveQuery(query="pension plan"),
        RetrieveQuery(query="rain?", collections=("nowhere",)),
        RetrieveQuery(query=" "),
        RetrieveQuery(query="rain in Spain"),
        RetrieveQuery(query="words alone", mode=Mode.LEXICAL),
    ]
    answers = world.retriever.retrieve_many(questions, PRINCIPAL)
    assert world.embedder.calls == [["pension plan", "rain?", "rain in Spain"]]
    kinds = [type(answer) for answer in answers]
    assert kinds == [RetrieveResult, UnknownCollection, InvalidQuery, RetrieveResult, RetrieveResult]
    for question, answer in zip(questions, answers, strict=True):
        if not isinstance(answer, RetrievalError):
            assert answer.results == world.retriever.retrieve(question, PRINCIPAL).results
    world.embedder.broken = True
    (answer,) = world.retriever.retrieve_many([RetrieveQuery(query="something new in Spain")], PRINCIPAL)
    assert isinstance(answer, RetrieveResult) and codes(answer) == ["dense_unavailable"]
