"""Fusion, access and grouping in columns, held to what they mean, said one candidate at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from retrieval.hits import Hits, ParseKey
from retrieval.model import AllOf, IndexQuery, PointKind, PointPayload, ScoredPoint
from retrieval.options import CandidateList, FusionMethod, GroupBy
from retrieval.stages.boost import document_boosts
from retrieval.stages.candidates import KIND_OF, CandidateLists, collect
from retrieval.stages.fusion import DEFAULT_WEIGHTS, RRF_CONSTANT, fuse
from retrieval.stages.grouping import count_groups, group, group_merged

PARSES: list[ParseKey] = [("d1", "p1"), ("d1", "p2"), ("d2", "p3"), ("d3", "p4")]
Answers = dict[CandidateList, list[ScoredPoint]]


def payload_of(kind: PointKind, parse: ParseKey, page: int, ordinal: int = 0) -> PointPayload:
    document, name = parse
    of_all = {"tenant": "t", "collection": "c", "version": "v"}
    return PointPayload(kind=kind, document=document, parse=name, page=page, ordinal=ordinal, **of_all)


def points_of(kind: PointKind) -> list[tuple[str, PointPayload]]:
    """All points that there are of a kind, with ids that sort in another order than they are made in."""
    made = [
        payload_of(kind, parse, page, ordinal)
        for parse in PARSES
        for page in ((0,) if kind is PointKind.TITLE else (1, 2))
        for ordinal in ((1, 2) if kind is PointKind.CHUNK else (0,))
    ]
    return [(f"{kind}{(7 * number) % 16:02}", payload) for number, payload in enumerate(made)]


def listed(kind: PointKind) -> some.SearchStrategy[list[ScoredPoint]]:
    """Some points of the kind as an index gives them: best first, ties by id."""
    scored = some.lists(
        some.tuples(some.sampled_from(points_of(kind)), some.sampled_from([0.25, 0.5, 1.0, 3.0])),
        max_size=8,
        unique_by=lambda one: one[0][0],
    )
    return scored.map(
        lambda found: sorted(
            (ScoredPoint(id=id, score=score, payload=payload) for (id, payload), score in found),
            key=lambda point: (-point.score, point.id),
        )
    )


answers = some.fixed_dictionaries({name: listed(kind) for name, kind in KIND_OF.items()})


def collected(found: Mapping[CandidateList, Sequence[ScoredPoint]]) -> CandidateLists:
    nothing = AllOf(filters=())
    queries = {name: IndexQuery(limit=8, kind=KIND_OF[name], filter=nothing, corpus=nothing) for name in found}
    return collect(queries, [Hits.of(points) for points in found.values()])


def worth(scores: Mapping[str, float], method: FusionMethod) -> dict[str, float]:
    low, high = min(scores.values(), default=0), max(scores.values(), default=0)
    if method is FusionMethod.WEIGHTED_SUM:
        return {id: 1.0 if high == low else (score - low) / (high - low) for id, score in scores.items()}
    better = {id: sum(other > score for other in scores.values()) for id, score in scores.items()}
    return {id: (RRF_CONSTANT + 1) / (RRF_CONSTANT + 1 + rank) for id, rank in better.items()}


def place(payload: PointPayload) -> tuple[str, str, int]:
    return payload.document, payload.parse, payload.page


def one_by_one(found: Answers, boosts: Mapping[str, float], method: FusionMethod) -> dict[str, float]:
    """The score of every candidate."""
    passages_and_pages = [point for name, points in found.items() for point in points if KIND_OF[name] != "title"]
    payloads = {point.id: point.payload for point in passages_and_pages}
    with_passage = {place(payload) for payload in payloads.values() if payload.kind is PointKind.CHUNK}
    named = boosts if method is FusionMethod.WEIGHTED_SUM else worth(boosts, method)
    scores = {}
    for id, payload in payloads.items():
        if payload.kind is PointKind.PAGE and place(payload) in with_passage:
            continue
        score, total = named.get(payload.document, 0.0), float(bool(boosts))
        for name, points in found.items():
            if name is CandidateList.DOCUMENT or not points:
                continue
            total += 1
            shares = worth({point.id: point.score for point in points}, method)
            here = [
                point.id
                for point in points
                if point.id == id or (point.payload.kind is PointKind.PAGE and place(point.payload) == place(payload))
            ]
            score += sum(shares[one] for one in here)
        scores[id] = score / total
    return scores


@given(answers, some.sampled_from(FusionMethod))
def test_scores_and_order_are_those_of_one_candidate_at_a_time(found: Answers, method: FusionMethod) -> None:
    lists = collected(found)
    boosts = document_boosts(lists.named_documents())
    ranking = fuse(lists, boosts, method=method, weights=DEFAULT_WEIGHTS)
    wanted = one_by_one(found, boosts, method)
    assert {one.id: one.score for one in ranking} == pytest.approx(wanted)
    assert [one.id for one in ranking] == [
        one.id for one in sorted(ranking, key=lambda candidate: (-candidate.score, candidate.id))
    ]


@given(answers)
def test_a_candidate_says_where_it_is_and_what_each_list_gave_it(found: Answers) -> None:
    lists = collected(found)
    for one in fuse(lists, {}, method=FusionMethod.WEIGHTED_SUM, weights=DEFAULT_WEIGHTS):
        payload = lists.points[one.id]
        assert (*one.parse, one.page) == place(payload)
        for name, points in found.items():
            if name is CandidateList.DOCUMENT:
                assert one.scores[name] == 0
                continue
            given_here = [
                point.score
                for point in points
                if point.id == one.id or (KIND_OF[name] is PointKind.PAGE and place(point.payload) == place(payload))
            ]
            assert one.scores.get(name) == (given_here[0] if given_here else None)


@given(answers, some.sets(some.sampled_from(PARSES)))
def test_what_may_not_be_seen_is_as_if_it_had_not_been_found(found: Answers, kept: set[ParseKey]) -> None:
    of_kept = {
        name: [point for point in points if (point.payload.document, point.payload.parse) in kept]
        for name, points in found.items()
    }
    lists, wanted = collected(found).only(kept), collected(of_kept)
    assert dict(lists.points) == dict(wanted.points)
    assert lists.named_documents() == wanted.named_documents()
    for method in FusionMethod:
        rankings = [
            fuse(one, document_boosts(one.named_documents()), method=method, weights=DEFAULT_WEIGHTS)
            for one in (lists, wanted)
        ]
        assert list(rankings[0]) == list(rankings[1])


@given(answers, some.sampled_from(GroupBy))
def test_groups_are_stood_for_by_their_best(found: Answers, by: GroupBy) -> None:
    lists = collected(found)
    ranking = fuse(lists, {}, method=FusionMethod.WEIGHTED_SUM, weights=DEFAULT_WEIGHTS)
    keys = {GroupBy.CHUNK: lambda one: one.id, GroupBy.DOCUMENT: lambda one: one.parse[0]}
    key = keys.get(by, lambda one: (one.parse, one.page))
    best = {}
    for one in ranking:
        best.setdefault(key(one), one)
    assert list(group(ranking, by)) == list(best.values()) == group_merged(ranking, by)
    assert count_groups(lists.points, by) == len(best)


def test_a_list_at_its_limit_is_full() -> None:
    chunks = [ScoredPoint(id=id, score=1.0, payload=payload) for id, payload in sorted(points_of(PointKind.CHUNK))]
    assert collected({CandidateList.DENSE: chunks[:8]}).full
    assert not collected({CandidateList.DENSE: chunks[:7]}).full
