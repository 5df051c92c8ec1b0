"""What goes over the socket comes out the same."""

from __future__ import annotations

import uuid
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import IndexFault
from retrieval.hits import Hits
from retrieval.index import codec
from retrieval.index.payloads import decode_payload, encode_payload, fact, seconds
from retrieval.model import (
    AllOf,
    AnyOf,
    IndexPoint,
    IndexQuery,
    Locator,
    Match,
    Not,
    PointKind,
    PointPayload,
    Range,
    ScoredPoint,
    SearchFilter,
)

texts = st.text(max_size=12)
values = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), texts)
bounds = st.one_of(st.none(), st.floats(allow_nan=False), st.just("2024-01-31"))
matches = st.builds(Match, key=texts, values=st.lists(values, max_size=4).map(tuple))
ranges = st.builds(Range, key=texts, gt=bounds, gte=bounds, lt=bounds, lte=bounds)
leaves = st.one_of(matches, ranges, st.builds(Not, filter=st.one_of(matches, ranges)))
filters: st.SearchStrategy[SearchFilter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(AllOf, filters=st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, filters=st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
words = st.lists(texts, max_size=4).map(tuple)
vectors = st.one_of(st.none(), st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5))
payloads = st.builds(
    PointPayload,
    kind=st.sampled_from(PointKind),
    tenant=texts,
    collection=texts,
    document=texts,
    version=texts,
    parse=texts,
    access=words,
    ordinal=st.integers(0, 10**6),
    page=st.integers(0, 10**6),
    element_types=words,
    locator=st.one_of(st.none(), st.builds(Locator, offset=st.integers(0, 2**62), length=st.integers(0, 2**40))),
    attributes=st.dictionaries(texts, values, max_size=4),
)
points = st.builds(IndexPoint, id=st.uuids().map(str), vector=vectors, tokens=words, payload=payloads)
queries = st.builds(
    IndexQuery,
    limit=st.integers(1, 100),
    filter=filters,
    corpus=filters,
    vector=vectors,
    tokens=st.one_of(st.none(), words),
)


def sent(call: codec.Call) -> codec.Call:
    framed = codec.frame(call)
    assert codec.frame_length(framed[: codec.HEADER.size]) == len(framed) - codec.HEADER.size
    return codec.decode_call(framed[codec.HEADER.size :])


@given(filters)
def test_filters(where: SearchFilter) -> None:
    received = sent(codec.Count(codec.pack_filter(where)))
    assert isinstance(received, codec.Count)
    assert codec.unpack_filter(received.where) == where


@given(st.lists(points, max_size=3))
def test_points(written: list[IndexPoint]) -> None:
    received = sent(codec.Upsert([codec.pack_point(one) for one in written]))
    assert isinstance(received, codec.Upsert)
    assert [codec.unpack_point(one) for one in received.points] == written


@given(st.lists(queries, max_size=3))
def test_queries(asked: list[IndexQuery]) -> None:
    received = sent(codec.Search([codec.pack_query(query) for query in asked]))
    assert isinstance(received, codec.Search)
    assert [codec.unpack_query(query) for query in received.queries] == asked


@given(st.binary(max_size=60))
def test_anything_else_is_a_bad_frame(body: bytes) -> None:
    try:
        codec.decode_call(body)
    except codec.BadFrame:
        return
    assert msgspec.msgpack.decode(body)[0] in ("upsert", "search", "count", "ids", "delete", "flush")


def test_a_vector_that_is_none_is_refused() -> None:
    bent = codec.WirePoint(str(uuid.uuid4()), b"123", (), codec.pack_point(_point()).payload)
    with pytest.raises(codec.BadFrame):
        codec.unpack_point(bent)


def _point() -> IndexPoint:
    payload = PointPayload(
        kind=PointKind.CHUNK, tenant="t", collection="c", document="d", version="v", parse="p", attributes={"a": 1}
    )
    return IndexPoint(id=str(uuid.uuid4()), vector=None, tokens=("a",), payload=payload)


@given(points)
def test_payloads_in_the_engine(one: IndexPoint) -> None:
    assert decode_payload(encode_payload(one)["record"]) == one.payload


def test_a_payload_of_another_make_is_a_fault() -> None:
    with pytest.raises(IndexFault):
        decode_payload('{"kind": "chunk"}')


@given(texts, values, texts, values)
def test_facts_are_the_same_only_for_the_same_attribute_and_value(a: str, x: object, b: str, y: object) -> None:
    same = a == b and x == y and isinstance(x, bool) == isinstance(y, bool)
    assert (fact(a, x) == fact(b, y)) == same  # type: ignore[arg-type]
    assert fact(a) != fact(b, y)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [2**70, "\ud800"])
def test_what_cannot_be_held_is_a_fault(bad: str | int) -> None:
    one = _point()
    bent = replace(one, payload=replace(one.payload, attributes={"a": bad}))
    with pytest.raises(IndexFault, match="cannot hold"):
        codec.frame(codec.Upsert([codec.pack_point(bent)]))
    with pytest.raises(IndexFault, match="cannot hold"):
        encode_payload(bent)


def test_dates_become_seconds() -> None:
    assert seconds("1970-01-02") == 86_400
    assert seconds("1970-01-01T02:00:00+02:00") == 0
    assert seconds("1970-01-01T00:00:01Z") == 1
    for other in ("", "1970", "1970-13-01", "soon", 5, True, None):
        assert seconds(other) is None


@given(st.lists(st.tuples(points, st.floats(allow_nan=False)), max_size=6))
def test_lists_travel_as_they_are(found: list[tuple[IndexPoint, float]]) -> None:
    hits = Hits.of([ScoredPoint(id=one.id, score=score, payload=one.payload) for one, score in found])
    (received,) = codec.decode_result(
        codec.encode_result([codec.pack_hits(hits)]), msgspec.msgpack.Decoder(list[codec.WireHits])
    )
    arrived = codec.unpack_hits(received)
    assert arrived == hits
    assert codec.pack_hits(arrived) == received
    places = [(*arrived.parses[number], page) for number, page in zip(arrived.parse_of, arrived.pages, strict=True)]
    assert places == [(one.payload.document, one.payload.parse, one.payload.page) for one, _ in found]


def test_a_list_whose_columns_do_not_fit_is_refused() -> None:
    one = _point()
    whole = codec.pack_hits(Hits.of([ScoredPoint(id=one.id, score=1.0, payload=one.payload)]))
    for name in ("scores", "parse_of", "pages", "payloads", "parses"):
        with pytest.raises(codec.BadFrame):
            codec.unpack_hits(msgspec.structs.replace(whole, **{name: type(getattr(whole, name))()}))


def test_a_payload_of_another_version_is_a_fault_when_it_is_asked_for() -> None:
    payloads = codec.PackedPayloads([b"\xc0"])
    assert len(payloads) == 1
    with pytest.raises(IndexFault, match="another version"):
        payloads[0]
