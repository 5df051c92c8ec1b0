"""The engine on a real index: what is found, in which order, for whom, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval.citations import parse_citation_id
from retrieval.errors import (
    EmbeddingFailed,
    IndexFault,
    IndexUnavailable,
    InvalidQuery,
    UnknownCollection,
    UnknownField,
)
from retrieval.model import PointKind, Principal
from retrieval.options import (
    CandidateList,
    FusionMethod,
    FusionOptions,
    GroupBy,
    Include,
    Mode,
    RetrieveQuery,
)
from retrieval.results import RetrieveResult
from tests.unit.retrieval_engine.world import PRINCIPAL, World

OLD_PARSE = "prs_" + "01" * 12


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.index.close()


def ask(world: World, query: str, principal: Principal = PRINCIPAL, **options: Any) -> RetrieveResult:
    return world.retriever.retrieve(RetrieveQuery(query=query, **options), principal)


def texts(result: RetrieveResult) -> list[str]:
    return [passage.content[-1].text for passage in result.results]


@pytest.mark.parametrize("mode", list(Mode))
def test_the_passage_with_the_answer_comes_first_and_is_cited(world: World, mode: Mode) -> None:
    document = world.add("a.pdf", [(1, "Net sales rose to 4,212 million"), (2, "The board met in Paris twice")])
    world.add("b.pdf", [(1, "Employees are covered by a pension plan")])
    result = ask(world, "How much were net sales?", mode=mode)
    best = result.results[0]
    assert texts(result)[0] == "Net sales rose to 4,212 million"
    assert best.document.id == document
    key = parse_citation_id(best.citation_id)
    assert (key.document_id, key.parse_id, key.start, key.end) == (document, best.lineage.parse_id, 0, 31)
    assert best.trust.untrusted
    assert result.results == tuple(sorted(result.results, key=lambda passage: -passage.score))
    assert all(0 <= passage.score <= 1 for passage in result.results)
    assert (result.epoch, result.index_version) == (7, "words@1")


def test_scores_say_where_they_came_from(world: World) -> None:
    world.add("a.pdf", [(1, "pension obligations")], title="Acme annual report")
    world.add("b.pdf", [(1, "pension obligations")], title="Bolt annual report")
    best, other = ask(world, "pension obligations of Acme").results
    assert best.document.title == "Acme annual report"
    assert best.scores is not None and other.scores is not None
    assert best.scores.document == 1.0 and other.scores.document == 0.0
    assert best.scores.fused == best.score and best.scores.rerank is None
    lexical = ask(world, "pension obligations of Acme", mode=Mode.LEXICAL).results[0]
    assert lexical.scores is not None and lexical.scores.dense is None and lexical.scores.lexical is not None


def test_the_document_boost_is_soft_and_can_be_left_out(world: World) -> None:
    world.add("a.pdf", [(1, "weather and rain")], title="Acme report")
    world.add("b.pdf", [(1, "pension obligations grew")], title="Bolt report")
    question = "Acme pension obligations"
    assert texts(ask(world, question, fusion=FusionOptions(weights={"document": 0.2})))[0] == "pension obligations grew"
    without = ask(world, question, fusion=FusionOptions(weights={"document": 0}))
    assert all(passage.scores is not None and passage.scores.document is None for passage in without.results)
    assert PointKind.TITLE not in {query.kind for query in world.index.searches[-1]}


def test_all_lists_are_asked_for_in_one_search(world: World) -> None:
    world.add("a.pdf", [(1, "pension obligations")], title="Acme")
    ask(world, "Acme pension")
    assert [len(queries) for queries in world.index.searches] == [len(CandidateList)]


def test_rrf_orders_by_rank(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan assets"), (2, "rain in Spain"), (3, "pension rain")])
    result = ask(world, "pension plan assets", fusion=FusionOptions(method=FusionMethod.RRF))
    assert texts(result)[0] == "pension plan assets"
    assert 0 < result.results[-1].score < result.results[0].score <= 1


@pytest.mark.parametrize(("by", "count"), [(GroupBy.CHUNK, 4), (GroupBy.PAGE, 3), (GroupBy.DOCUMENT, 2)])
def test_groups_give_their_best_passage(world: World, by: GroupBy, count: int) -> None:
    world.add("a.pdf", [(1, "pension plan"), (1, "pension plan assets grew"), (2, "pension")])
    world.add("b.pdf", [(1, "pension plan of others")])
    result = ask(world, "pension plan assets", group_by=by)
    assert len(result.results) == count
    assert texts(result)[0] == "pension plan assets grew"
    assert len({(passage.document.id, passage.page) for passage in result.results}) >= min(count, 3) - (by == "chunk")


def test_another_tenant_is_neither_found_nor_felt(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan"), (2, "rain fell")])
    before = ask(world, "pension plan")
    for number in range(20):
        world.add(f"{number}.pdf", [(1, f"pension plan {number}")], tenant="t2", title="pension plan")
    after = ask(world, "pension plan")
    assert [(passage.chunk_id, passage.scores) for passage in after.results] == [
        (passage.chunk_id, passage.scores) for passage in before.results
    ]


def test_a_version_that_is_not_live_changes_nothing(world: World) -> None:
    document = world.add("a.pdf", [(1, "pension plan"), (2, "rain fell")], title="Acme")
    before = ask(world, "Acme pension plan")
    world.add("a.pdf", [(1, "pension plan pension plan"), (5, "old")], title="Acme", parse=OLD_PARSE, live=False)
    after = ask(world, "Acme pension plan")
    assert [passage.chunk_id for passage in after.results] == [passage.chunk_id for passage in before.results]
    del world.catalog.live[document, before.results[0].lineage.parse_id]
    assert ask(world, "Acme pension plan").results == ()


def test_dropped_hits_are_refilled_from_deeper(world: World) -> None:
    for number in range(9):
        world.add(f"hidden {number}", [(page, "pension plan") for page in range(1, 60)], live=False)
    world.add("seen", [(1, "the pension plan of everybody else who works in the rain")])
    result = ask(world, "pension plan", top_k=1)
    assert texts(result) == ["the pension plan of everybody else who works in the rain"]
    depths = [queries[0].limit for queries in world.index.searches]
    assert len(depths) == 2 and depths[1] > depths[0]


def test_filters_element_types_documents_and_collections_narrow(world: World) -> None:
    old = world.add("a.pdf", [(1, "pension plan")], attributes={"year": 2020})
    new = world.add("b.pdf", [(1, "pension plan")], attributes={"year": 2024}, kinds=("table",))
    world.add("c.pdf", [(1, "pension plan")], collection="other")

    def found(**options: Any) -> set[str]:
        return {passage.document.id for passage in ask(world, "pension plan", **options).results}

    assert found(filters={"type": "gte", "key": "year", "value": 2022}) == {new}
    assert found(filters={"type": "ne", "key": "year", "value": 2024}) == {old}
    assert found(element_types=("table",)) == {new}
    assert found(document_ids=(old,)) == {old}
    assert found(collections=("demo",)) == {old, new}
    assert found(collections=()) == set()
    assert found(filters={"type": "eq", "key": "year", "value": 1999}) == set()
    with pytest.raises(UnknownField):
        found(filters={"type": "eq", "key": "month", "value": 1})
    with pytest.raises(UnknownCollection):
        found(collections=("nowhere",))


def test_min_score_cuts_the_tail(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan assets"), (2, "pension weather"), (3, "rain")])
    everything = ask(world, "pension plan assets")
    cut = ask(world, "pension plan assets", min_score=everything.results[1].score)
    assert [passage.chunk_id for passage in cut.results] == [passage.chunk_id for passage in everything.results[:2]]


def test_what_is_not_included_is_left_out(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    bare = ask(world, "pension", include=frozenset()).results[0]
    assert bare.scores is None and bare.spans[0].boxes == () and bare.spans[0].quote == "pension plan"
    full = ask(world, "pension", include=frozenset({Include.SCORES, Include.GEOMETRY})).results[0]
    assert full.scores is not None and full.spans[0].boxes == ((1.0, 2.0, 3.0, 4.0),)


def test_a_question_is_embedded_once_per_tenant(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    world.embedder.calls.clear()
    first, second = ask(world, "pension  plan?"), ask(world, "pension plan?")
    assert world.embedder.calls == [["pension plan?"]]
    assert (first.usage.embedded_texts, second.usage.embedded_texts) == (1, 0)
    ask(world, "pension plan?", replace(PRINCIPAL, tenant="t2"))
    assert len(world.embedder.calls) == 2


def test_every_stage_is_timed_and_told(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    result = ask(world, "pension plan")
    stages = ["scope", "query_analysis", "embed", "candidates", "access", "boost", "fusion", "grouping", "read", "cite"]
    stages.append("answerability")
    assert [step.stage for step in result.query_plan] == stages
    assert list(result.timings_ms) == [*stages, "total"]
    assert result.answerability.score is not None and result.answerability.reason
    assert result.usage.business_unit == "research"
    assert "pension" not in repr(result.query_plan)


def test_hybrid_goes_on_without_the_model_and_says_so(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    world.embedder.broken = True
    result = ask(world, "pension plan")
    assert texts(result) == ["pension plan"]
    assert [degradation.code for degradation in result.degraded] == ["dense_unavailable"]
    with pytest.raises(EmbeddingFailed):
        ask(world, "pension plan", mode=Mode.DENSE)
    with pytest.raises(EmbeddingFailed):
        ask(world, "?!")


def test_a_question_without_words_says_that_bm25_could_not_serve(world: World) -> None:
    world.add("a.pdf", [(1, "pension plan")])
    result = ask(world, "what is the", mode=Mode.LEXICAL)
    assert result.results == ()
    assert [degradation.code for degradation in result.degraded] == ["no_searchable_words"]


def test_an_index_that_is_away_is_an_error_and_no_empty_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(queries: object, *, seconds: float | None) -> list[list[Any]]:
        raise IndexUnavailable("The index is away.")

    monkeypatch.setattr(world.index, "search", away)
    with pytest.raises(IndexUnavailable):
        ask(world, "pension plan")


def test_a_point_that_leads_to_another_record_is_a_fault(world: World) -> None:
    document = world.add("a.pdf", [(1, "pension plan"), (2, "rain")])
    records = world.files.records["t1", document, "prs_" + "ab" * 12]
    records.reverse()
    with pytest.raises(IndexFault):
        ask(world, "pension plan", top_k=1)


def test_a_request_is_validated_before_anything_is_searched(world: World) -> None:
    with pytest.raises(InvalidQuery):
        ask(world, "pension", top_k=0)
    assert world.index.searches == [] and world.embedder.calls == []
