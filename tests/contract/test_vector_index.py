"""What every `VectorIndex` must do: the engine in this process, a server, and the owner's socket."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from qdrant_client import QdrantClient

from retrieval.errors import IndexFault
from retrieval.index.edge import EdgeIndex
from retrieval.index.qdrant_server import QdrantServerIndex
from retrieval.model import AllOf, AnyOf, IndexQuery, Match, Not, PointKind, Range, SearchFilter
from retrieval.ports import VectorIndex
from tests.support.vector_indexes import (
    DIMENSION,
    EVERYTHING,
    LocalServer,
    dense,
    lexical,
    lucene_scores,
    point,
    point_id,
    served_edge,
    short_folder,
)

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
]


@pytest.fixture(scope="module", params=["edge", "server", "remote"])
def kept_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorIndex]:
    """One for all tests: making an index waits for the disk, and what a test leaves behind must not matter."""
    if request.param == "edge":
        edge = EdgeIndex(tmp_path_factory.mktemp("edge") / "index", DIMENSION)
        yield edge
        edge.close()
    elif request.param == "server":
        url = os.environ.get("SOURCESPAN_QDRANT_URL")
        name = f"contract-{uuid.uuid4().hex}"
        client = QdrantClient(url=url) if url else LocalServer()
        yield QdrantServerIndex(client, name, DIMENSION)
        client.delete_collection(name)
        client.close()
    else:
        with short_folder() as folder, served_edge(folder) as remote:
            yield remote


@pytest.fixture
def index(kept_index: VectorIndex) -> VectorIndex:
    kept_index.delete(EVERYTHING)
    return kept_index


def numbers(index: VectorIndex, where: SearchFilter) -> list[int]:
    found = sorted(uuid.UUID(name).int for name in index.ids(where))
    assert index.count(where) == len(found)
    return found


def hits(index: VectorIndex, query: IndexQuery) -> list[tuple[int, float]]:
    return [(uuid.UUID(hit.id).int, hit.score) for hit in index.search([query])[0]]


def test_what_was_written_is_found_with_its_payload(index: VectorIndex) -> None:
    written = point(
        7,
        "net sales",
        [1, 0, 0, 0],
        access=("finance", "board"),
        element_types=("table", "caption"),
        year=2023,
        ratio=0.5,
        audited=True,
        name="Acme & Co",
        filed="2024-02-03",
    )
    index.upsert([written])
    by_words, by_vector = index.search([lexical("sales"), dense([1, 0, 0, 0])])
    assert [hit.payload for hit in by_words] == [written.payload]
    assert [hit.payload for hit in by_vector] == [written.payload]
    assert by_vector[0].id == written.id
    assert by_vector[0].score == pytest.approx(1.0, abs=1e-5)


def test_dense_ranks_by_cosine(index: VectorIndex) -> None:
    index.upsert([point(1, "", [1, 0, 0, 0]), point(2, "", [0.6, 0.8, 0, 0]), point(3, "", [-1, 0, 0, 0])])
    found = hits(index, dense([1, 0, 0, 0]))
    assert [number for number, _ in found] == [1, 2, 3]
    assert [score for _, score in found] == pytest.approx([1.0, 0.6, -1.0], abs=1e-5)


def test_a_point_without_a_vector_is_found_by_its_words_only(index: VectorIndex) -> None:
    index.upsert([point(1, "annual report"), point(2, "annual", [0, 1, 0, 0])])
    by_words, by_vector = index.search([lexical("annual report"), dense([0, 1, 0, 0])])
    assert [hit.id for hit in by_words] == [point_id(1), point_id(2)]
    assert [hit.id for hit in by_vector] == [point_id(2)]


@pytest.mark.parametrize("kind", PointKind)
def test_each_kind_is_searched_by_itself(index: VectorIndex, kind: PointKind) -> None:
    for number, other in enumerate(PointKind):
        index.upsert([point(number, "annual report", [0, 1, 0, 0], kind=other)])
    number = list(PointKind).index(kind)
    for query in (lexical("annual report"), dense([0, 1, 0, 0])):
        assert [found for found, _ in hits(index, replace(query, kind=kind))] == [number]


def test_tokens_are_whole_and_their_case_matters(index: VectorIndex) -> None:
    texts = ["3.5% growth", "10-k filing", "u.s. dollar", "2,345 units", "non-gaap", "Upper", "売上"]
    index.upsert([point(number, text) for number, text in enumerate(texts)])
    for number, text in enumerate(texts):
        assert [found for found, _ in hits(index, lexical(text.split()[0]))] == [number]
    for absent in ("3.5", "10", "k", "u.s", "345", "gaap", "upper", "売"):
        assert hits(index, lexical(absent)) == []


def test_bm25_scores_are_those_of_lucene(index: VectorIndex) -> None:
    texts = {1: "a b c d", 2: "a a b", 3: "c c c c c e", 4: "f", 5: "a f g h i j k l m n"}
    index.upsert([point(number, text) for number, text in texts.items()])
    wanted = lucene_scores({str(number): text.split() for number, text in texts.items()}, ["a", "c", "zz"])
    found = hits(index, lexical("a c zz"))
    assert {str(number): score for number, score in found} == pytest.approx(wanted, rel=1e-4)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_no_words_and_unknown_words_find_nothing(index: VectorIndex) -> None:
    index.upsert([point(1, "a b")])
    assert hits(index, lexical("")) == []
    assert hits(index, lexical("zz")) == []
    assert index.search([]) == []


def test_scores_do_not_move_when_others_add_documents(index: VectorIndex) -> None:
    mine = AllOf(
        filters=(
            Match(key="tenant", values=("acme",)),
            Match(key="access", values=("everyone", "finance")),
        )
    )
    index.upsert([point(number, f"revenue grew w{number}") for number in range(5)])
    index.upsert([point(5, "apple revenue apple", access=("finance",)), point(6, "apple pie recipe of ours")])
    before = hits(index, lexical("apple revenue", where=mine))
    assert len(before) == 7
    index.upsert([point(100 + n, "apple apple revenue short", tenant="rival") for n in range(60)])
    index.upsert([point(200 + n, "apple " * 30 + "long", access=("board",)) for n in range(60)])
    index.upsert([point(300 + n, "apple", kind=PointKind.TITLE) for n in range(20)])
    assert hits(index, lexical("apple revenue", where=mine)) == before
    # and the narrower filter of one question changes what is found, not what it scores
    narrowed = lexical("apple revenue", where=Match(key="access", values=("finance",)), corpus=mine)
    assert hits(index, narrowed) == [hit for hit in before if hit[0] == 5]


def test_titles_are_counted_apart_from_chunks(index: VectorIndex) -> None:
    titles = {1: "annual report 2023", 2: "annual report of long name", 3: "letter"}
    index.upsert([point(number, text, kind=PointKind.TITLE) for number, text in titles.items()])
    index.upsert([point(100 + number, "annual report " * number) for number in range(1, 30)])
    index.upsert([point(3, "a letter", kind=PointKind.CHUNK)])
    mine = Match(key="tenant", values=("acme",))
    wanted = lucene_scores({str(number): titles[number].split() for number in (1, 2)}, ["report", "2023"])
    for where in (EVERYTHING, mine):
        query = replace(lexical("report 2023", where=where), kind=PointKind.TITLE)
        assert {str(number): score for number, score in hits(index, query)} == pytest.approx(wanted, rel=1e-4)
    assert len(hits(index, lexical("report 2023", limit=50))) == 29


def test_ties_are_broken_by_id_even_where_the_list_ends(index: VectorIndex) -> None:
    shuffled = [(number * 37) % 101 for number in range(101)]
    index.upsert([point(number, "same words", [1, 0, 0, 0]) for number in shuffled])
    for query in (lexical("same", limit=10), dense([1, 0, 0, 0], limit=10)):
        assert [number for number, _ in hits(index, query)] == list(range(10))


def test_the_limit_holds_and_each_query_has_its_own(index: VectorIndex) -> None:
    index.upsert([point(number, "word", [1, 0, 0, number / 100]) for number in range(40)])
    found = index.search([dense([1, 0, 0, 0], limit=3), lexical("word", limit=1), dense([1, 0, 0, 0], limit=40)])
    assert [len(hits) for hits in found] == [3, 1, 40]
    assert [hit.id for hit in found[0]] == [hit.id for hit in found[2]][:3]


def test_filters_on_keys(index: VectorIndex) -> None:
    index.upsert(
        [
            point(1, access=("a", "b"), document="d1"),
            point(2, access=("b",), document="d2", element_types=("table", "caption")),
            point(3, access=(), document="d3", tenant="rival", collection="other"),
        ]
    )
    assert numbers(index, Match(key="access", values=("b",))) == [1, 2]
    assert numbers(index, Match(key="access", values=("a", "z"))) == [1]
    assert numbers(index, Match(key="element_types", values=("table",))) == [2]
    assert numbers(index, Match(key="document", values=("d1", "d3"))) == [1, 3]
    assert numbers(index, Not(filter=Match(key="document", values=("d1",)))) == [2, 3]
    assert numbers(index, Not(filter=Match(key="access", values=("a",)))) == [2], "3 has no access at all"
    assert numbers(index, Match(key="ordinal", values=(2,))) == [2]
    assert numbers(index, Range(key="ordinal", gt=1, lte=3)) == [2, 3]


def test_what_matches_nothing(index: VectorIndex) -> None:
    index.upsert([point(1, "word", [1, 0, 0, 0], year=2020)])
    for nothing in (
        Match(key="tenant", values=()),
        Match(key="attributes.year", values=()),
        Match(key="attributes.unknown", values=("x",)),
        Match(key="unknown", values=("x", 1)),
        Match(key="tenant", values=(True,)),
        AnyOf(filters=()),
        Not(filter=Match(key="attributes.unknown", values=("x",))),
        Not(filter=Range(key="attributes.unknown", gt=1)),
        Range(key="attributes.unknown", gte=0),
        AllOf(filters=(EVERYTHING, AnyOf(filters=()))),
    ):
        assert numbers(index, nothing) == []
        assert index.search([lexical("word", where=nothing), dense([1, 0, 0, 0], where=nothing)]) == [[], []]
    assert numbers(index, EVERYTHING) == [1]
    assert numbers(index, Not(filter=Match(key="tenant", values=()))) == [1]


def test_attributes_match_by_value_and_kind(index: VectorIndex) -> None:
    values = [True, False, 1, 0, 1.0, 1.5, "1", "true", "2020-01-02", 2**53]
    index.upsert([point(number, value=value) for number, value in enumerate(values)])
    index.upsert([point(50)])
    same = {0: [0], 1: [1], 2: [2, 4], 3: [3], 4: [2, 4], 5: [5], 6: [6], 7: [7], 8: [8], 9: [9]}
    for number, value in enumerate(values):
        assert numbers(index, Match(key="attributes.value", values=(value,))) == same[number]
        others = [other for other in range(len(values)) if other not in same[number]]
        assert numbers(index, Not(filter=Match(key="attributes.value", values=(value,)))) == others
    assert numbers(index, Match(key="attributes.value", values=(True, "1", 1.5))) == [0, 5, 6]


def test_ranges_over_numbers_and_dates(index: VectorIndex) -> None:
    years: list[int | float | str | bool] = [2019, 2020.5, 2021, "2020-06-30", "2021-01-01T10:00:00+02:00", "no", True]
    index.upsert([point(number, when=value) for number, value in enumerate(years)])
    key = "attributes.when"
    assert numbers(index, Range(key=key, gte=2019)) == [0, 1, 2]
    assert numbers(index, Range(key=key, gt=2019, lt=2021)) == [1]
    assert numbers(index, Range(key=key, lte=2020.5)) == [0, 1]
    assert numbers(index, Range(key=key, gte="2020-06-30")) == [3, 4]
    assert numbers(index, Range(key=key, gt="2020-06-30", lte="2021-01-01T08:00:00")) == [4]
    assert numbers(index, Range(key=key, lt="2020-06-30")) == []
    assert numbers(index, Not(filter=Range(key=key, gte=2020))) == [0, 3, 4, 5, 6]


def test_names_of_attributes_are_not_syntax(index: VectorIndex) -> None:
    names = ["a.b", "a b", 'a"b', "ü[0]", "-61"]
    for number, name in enumerate(names):
        index.upsert([point(number, **{name: number})])
    for number, name in enumerate(names):
        assert numbers(index, Match(key=f"attributes.{name}", values=(number,))) == [number]
        assert numbers(index, Range(key=f"attributes.{name}", gte=0)) == [number]
    assert numbers(index, Match(key="attributes.a", values=(0,))) == []


def test_filters_nest(index: VectorIndex) -> None:
    index.upsert([point(number, year=2000 + number % 4, org=f"o{number % 3}") for number in range(12)])
    early = Range(key="attributes.year", lt=2002)
    first = Match(key="attributes.org", values=("o0",))
    assert numbers(index, AllOf(filters=(early, first))) == [0, 9]
    assert numbers(index, AnyOf(filters=(AllOf(filters=(early, first)), Match(key="ordinal", values=(7,))))) == [
        0,
        7,
        9,
    ]
    assert numbers(index, AllOf(filters=(early, Not(filter=first)))) == [1, 4, 5, 8]


def test_scope_in_one_condition_means_the_same(index: VectorIndex) -> None:
    combinations = [
        (kind, tenant, collection, access)
        for kind in PointKind
        for tenant in ("acme", "rival")
        for collection in ("reports", '","')
        for access in (("everyone",), ("a", "b"), ("a",), ())
    ]
    points = [
        point(number, kind=kind, tenant=tenant, collection=collection, access=access)
        for number, (kind, tenant, collection, access) in enumerate(combinations)
    ]
    index.upsert(points)
    for groups in (("everyone",), ("a", "everyone"), (), (*(f"g{n}" for n in range(80)), "b")):
        for collections in (None, ("reports",), ("reports", '","'), ()):
            parts: list[SearchFilter] = [
                Match(key="tenant", values=("acme",)),
                Match(key="access", values=groups),
            ]
            if collections is not None:
                parts.append(Match(key="collection", values=collections))
            where = AllOf(filters=(AllOf(filters=tuple(parts)), Match(key="kind", values=("chunk",))))
            assert numbers(index, where) == [
                number
                for number, (kind, tenant, collection, access) in enumerate(combinations)
                if kind == "chunk"
                and tenant == "acme"
                and set(access) & set(groups)
                and (collections is None or collection in collections)
            ]


def test_writing_again_replaces_the_whole_point(index: VectorIndex) -> None:
    index.upsert([point(1, "old words", [1, 0, 0, 0], year=1, color="red")])
    index.upsert([point(1, "new", None, size=2)])
    assert numbers(index, EVERYTHING) == [1]
    assert hits(index, lexical("old")) == []
    assert len(hits(index, lexical("new"))) == 1
    assert hits(index, dense([1, 0, 0, 0])) == []
    assert numbers(index, Match(key="attributes.color", values=("red",))) == []
    assert index.search([lexical("new")])[0][0].payload.attributes == {"size": 2}


def test_deleted_points_are_gone_at_once_and_do_not_count(index: VectorIndex) -> None:
    index.upsert([point(number, "a b", [1, 0, 0, 0], document=f"d{number % 2}") for number in range(600)])
    index.upsert([point(1000, "a c")])
    index.delete(Match(key="document", values=("d0", "d1")))
    assert numbers(index, EVERYTHING) == [1000]
    wanted = lucene_scores({"1000": ["a", "c"]}, ["a"])["1000"]
    assert hits(index, lexical("a")) == [(1000, pytest.approx(wanted, rel=1e-4))]
    index.delete(AnyOf(filters=()))
    index.delete(Match(key="document", values=()))
    assert numbers(index, EVERYTHING) == [1000]
    index.delete(EVERYTHING)
    assert numbers(index, EVERYTHING) == []


def test_any_number_of_points_at_once(index: VectorIndex) -> None:
    index.upsert([])
    index.upsert([point(number, f"w{number}", [1, 0, 0, 0]) for number in range(700)])
    index.flush()
    assert numbers(index, EVERYTHING) == list(range(700))


@pytest.mark.parametrize(
    "query",
    [
        IndexQuery(limit=0, filter=EVERYTHING, corpus=EVERYTHING, tokens=("a",)),
        IndexQuery(limit=10**9, filter=EVERYTHING, corpus=EVERYTHING, tokens=("a",)),
        IndexQuery(limit=1, filter=EVERYTHING, corpus=EVERYTHING),
        IndexQuery(limit=1, filter=EVERYTHING, corpus=EVERYTHING, tokens=("a",), vector=[1, 0, 0, 0]),
        IndexQuery(limit=1, filter=EVERYTHING, corpus=EVERYTHING, vector=[1, 0, 0]),
        lexical("a", where=Range(key="attributes.x")),
        lexical("a", where=Range(key="attributes.x", gt=1, lt="2020-01-01")),
        lexical("a", where=Range(key="attributes.x", gt="yesterday")),
    ],
)
def test_impossible_queries_are_refused(index: VectorIndex, query: IndexQuery) -> None:
    index.upsert([point(1, "a", [1, 0, 0, 0])])
    with pytest.raises(IndexFault):
        index.search([query])
    assert len(hits(index, lexical("a"))) == 1, "and the index goes on answering"


def test_impossible_points_are_refused(index: VectorIndex) -> None:
    with pytest.raises(IndexFault):
        index.upsert([point(1, "a", [1, 0, 0])])
    with pytest.raises(IndexFault):
        index.upsert([replace(point(1, "a"), id="not-a-uuid")])
    with pytest.raises(IndexFault):
        index.upsert([point(1, "a", size=2**70)])
    with pytest.raises(IndexFault):
        index.upsert([point(1, "a", name="half a character: \ud800")])
    with pytest.raises(IndexFault):
        index.upsert([point(1, "half-a-character:\ud800")])
    assert numbers(index, EVERYTHING) == []
