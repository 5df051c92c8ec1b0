"""The language between the owner of an index and those who use it: length-prefixed MessagePack frames.

A frame is four bytes of length (big-endian) and a body. Vectors travel as raw little-endian float32. Both ends are of
one version of this project, so there is no negotiation; a frame that does not decode closes the connection.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from typing import TypeVar, overload

import msgspec
import numpy as np

from retrieval.errors import IndexFault
from retrieval.hits import Hits
from retrieval.model import (
    AllOf,
    AnyOf,
    AttributeValue,
    IndexPoint,
    IndexQuery,
    Locator,
    Match,
    Not,
    PointKind,
    PointPayload,
    Range,
    SearchFilter,
)

HEADER = struct.Struct(">I")
MAX_FRAME = 256 * 1024 * 1024
Bound = float | str | None
_SCORES, _ROWS, _PAGES = np.dtype("<f8"), np.dtype("<u4"), np.dtype("<i8")


class BadFrame(Exception):
    """The other end does not speak this language."""


class WireMatch(msgspec.Struct, tag="match", array_like=True, frozen=True):
    key: str
    values: tuple[AttributeValue, ...]


class WireRange(msgspec.Struct, tag="range", array_like=True, frozen=True):
    key: str
    gt: Bound
    gte: Bound
    lt: Bound
    lte: Bound


class WireAllOf(msgspec.Struct, tag="all", array_like=True, frozen=True):
    filters: list[WireFilter]


class WireAnyOf(msgspec.Struct, tag="any", array_like=True, frozen=True):
    filters: list[WireFilter]


class WireNot(msgspec.Struct, tag="not", array_like=True, frozen=True):
    filter: WireMatch | WireRange


WireFilter = WireMatch | WireRange | WireAllOf | WireAnyOf | WireNot


class WirePoint(msgspec.Struct, array_like=True, frozen=True):
    id: str
    vector: bytes | None
    tokens: tuple[str, ...]
    payload: PointPayload


class WireQuery(msgspec.Struct, array_like=True, frozen=True):
    limit: int
    kind: PointKind
    filter: WireFilter
    corpus: WireFilter
    vector: bytes | None
    tokens: tuple[str, ...] | None


class WirePayload(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A payload without the names of its fields, a third of the size. Locators are offset and length; those of `chunks`
    are behind the ordinal."""

    kind: PointKind
    tenant: str
    collection: str
    document: str
    version: str
    parse: str
    access: tuple[str, ...]
    ordinal: int
    page: int
    element_types: tuple[str, ...]
    locator: tuple[int, int] | None
    chunks: tuple[tuple[int, int, int], ...]
    attributes: dict[str, AttributeValue]


class WireHits(msgspec.Struct, array_like=True, frozen=True):
    """The columns of `Hits` as raw little-endian numbers. `payloads`: each a `WirePayload`, encoded when the point was
    written and decoded when it is asked for."""

    ids: list[str]
    scores: bytes
    parses: list[tuple[str, str]]
    parse_of: bytes
    pages: bytes
    payloads: list[bytes]


class PackedPayloads(Sequence[PointPayload]):
    """Payloads as `pack_payload` made them; each is decoded when it is asked for, and then raises `IndexFault` where
    it is of another version."""

    __slots__ = ("records",)

    def __init__(self, records: Sequence[bytes]) -> None:
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, place: int) -> PointPayload: ...
    @overload
    def __getitem__(self, place: slice) -> list[PointPayload]: ...
    def __getitem__(self, place: int | slice) -> PointPayload | list[PointPayload]:
        if isinstance(place, slice):
            return [_payload_of(record) for record in self.records[place]]
        return _payload_of(self.records[place])


class Upsert(msgspec.Struct, tag="upsert", array_like=True, frozen=True):
    points: list[WirePoint]


class Search(msgspec.Struct, tag="search", array_like=True, frozen=True):
    queries: list[WireQuery]


class Count(msgspec.Struct, tag="count", array_like=True, frozen=True):
    where: WireFilter


class Ids(msgspec.Struct, tag="ids", array_like=True, frozen=True):
    where: WireFilter


class Delete(msgspec.Struct, tag="delete", array_like=True, frozen=True):
    where: WireFilter


class Flush(msgspec.Struct, tag="flush", array_like=True, frozen=True):
    pass


class GetState(msgspec.Struct, tag="state", array_like=True, frozen=True):
    pass


class IndexState(msgspec.Struct, frozen=True, kw_only=True):
    """`points`: of all kinds. `in_graphs`: how many of them are in a graph for search by meaning; the others are all
    compared. `in_memory`: whether searches by words run in memory yet. `building`: whether graphs are being built.
    `last_build_seconds`: how long that took the last time, None before the first time since the start."""

    points: int
    in_graphs: int
    in_memory: bool
    building: bool
    last_build_seconds: float | None


Call = Upsert | Search | Count | Ids | Delete | Flush | GetState


class Reply(msgspec.Struct, array_like=True, frozen=True):
    """`error` is empty for an answer, else the name of the error class with its sentence in `message`."""

    error: str
    message: str
    result: msgspec.Raw


_Decoded = TypeVar("_Decoded")
_ENCODER = msgspec.msgpack.Encoder()
_CALLS: msgspec.msgpack.Decoder[Call] = msgspec.msgpack.Decoder(Call)
_REPLIES = msgspec.msgpack.Decoder(Reply)
_PAYLOADS = msgspec.msgpack.Decoder(WirePayload)


def frame(message: Call | Reply) -> bytes:
    """Raises `IndexFault` for what cannot be said: a number of more than 64 bits, half a character, too much."""
    try:
        body = _ENCODER.encode(message)
    except (OverflowError, UnicodeEncodeError, TypeError) as error:
        raise IndexFault(f"The index cannot hold this value: {error}") from error
    if len(body) > MAX_FRAME:
        raise IndexFault(f"A message of {len(body)} bytes is too large for the index.")
    return HEADER.pack(len(body)) + body


def frame_length(header: bytes | bytearray | memoryview) -> int:
    """Length of the body that follows. Raises `BadFrame` for one that is too large."""
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME:
        raise BadFrame(f"a frame of {length} bytes")
    return int(length)


def decode_call(body: bytes) -> Call:
    return _decode(_CALLS, body)


def decode_reply(body: bytes | bytearray) -> Reply:
    return _decode(_REPLIES, body)


def encode_result(result: object) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(result))


def decode_result(raw: msgspec.Raw, decoder: msgspec.msgpack.Decoder[_Decoded]) -> _Decoded:
    return _decode(decoder, raw)


def _decode(decoder: msgspec.msgpack.Decoder[_Decoded], body: bytes | bytearray | msgspec.Raw) -> _Decoded:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"not of this language ({type(error).__name__})") from error


def pack_filter(where: SearchFilter) -> WireFilter:
    if isinstance(where, Match):
        return WireMatch(where.key, where.values)
    if isinstance(where, Range):
        return WireRange(where.key, where.gt, where.gte, where.lt, where.lte)
    if isinstance(where, AllOf):
        return WireAllOf([pack_filter(part) for part in where.filters])
    if isinstance(where, AnyOf):
        return WireAnyOf([pack_filter(part) for part in where.filters])
    inner = where.filter
    if isinstance(inner, Match):
        return WireNot(WireMatch(inner.key, inner.values))
    return WireNot(WireRange(inner.key, inner.gt, inner.gte, inner.lt, inner.lte))


def unpack_filter(where: WireFilter) -> SearchFilter:
    if isinstance(where, WireAllOf):
        return AllOf(filters=tuple(unpack_filter(part) for part in where.filters))
    if isinstance(where, WireAnyOf):
        return AnyOf(filters=tuple(unpack_filter(part) for part in where.filters))
    if isinstance(where, WireNot):
        return Not(filter=_unpack_leaf(where.filter))
    return _unpack_leaf(where)


def _unpack_leaf(where: WireMatch | WireRange) -> Match | Range:
    if isinstance(where, WireMatch):
        return Match(key=where.key, values=where.values)
    return Range(key=where.key, gt=where.gt, gte=where.gte, lt=where.lt, lte=where.lte)


def filter_key(where: SearchFilter) -> bytes:
    """The same for filters that mean the same values; unlike `==`, it tells True from 1."""
    return _ENCODER.encode(pack_filter(where))


def pack_payload(payload: PointPayload) -> bytes:
    locator = payload.locator
    return _ENCODER.encode(
        WirePayload(
            payload.kind,
            payload.tenant,
            payload.collection,
            payload.document,
            payload.version,
            payload.parse,
            payload.access,
            payload.ordinal,
            payload.page,
            payload.element_types,
            None if locator is None else (locator.offset, locator.length),
            tuple((ordinal, passage.offset, passage.length) for ordinal, passage in payload.chunks),
            payload.attributes,
        )
    )


def unpack_payload(raw: bytes | msgspec.Raw) -> PointPayload:
    wire = _decode(_PAYLOADS, raw)
    return PointPayload(
        kind=wire.kind,
        tenant=wire.tenant,
        collection=wire.collection,
        document=wire.document,
        version=wire.version,
        parse=wire.parse,
        access=wire.access,
        ordinal=wire.ordinal,
        page=wire.page,
        element_types=wire.element_types,
        locator=None if wire.locator is None else Locator(offset=wire.locator[0], length=wire.locator[1]),
        chunks=tuple((ordinal, Locator(offset=offset, length=length)) for ordinal, offset, length in wire.chunks),
        attributes=wire.attributes,
    )


def _payload_of(record: bytes) -> PointPayload:
    try:
        return unpack_payload(record)
    except BadFrame as error:
        raise IndexFault("The owner of the index gave an answer of another version.") from error


def pack_hits(hits: Hits) -> WireHits:
    payloads = hits.payloads
    return WireHits(
        list(hits.ids),
        hits.scores.astype(_SCORES, copy=False).tobytes(),
        list(hits.parses),
        hits.parse_of.astype(_ROWS, copy=False).tobytes(),
        hits.pages.astype(_PAGES, copy=False).tobytes(),
        list(payloads.records) if isinstance(payloads, PackedPayloads) else [pack_payload(one) for one in payloads],
    )


def unpack_hits(wire: WireHits) -> Hits:
    """Raises `BadFrame` where the columns do not fit each other."""
    count = len(wire.ids)
    sizes = (len(wire.scores), len(wire.parse_of), len(wire.pages), len(wire.payloads))
    if sizes != (count * _SCORES.itemsize, count * _ROWS.itemsize, count * _PAGES.itemsize, count):
        raise BadFrame("a list whose columns are not equally long")
    parse_of = np.frombuffer(wire.parse_of, dtype=_ROWS).astype(np.intp)
    if count and int(parse_of.max()) >= len(wire.parses):
        raise BadFrame("a list with a point of a parse that it does not name")
    return Hits(
        ids=wire.ids,
        scores=np.frombuffer(wire.scores, dtype=_SCORES).astype(np.float64, copy=False),
        parses=wire.parses,
        parse_of=parse_of,
        pages=np.frombuffer(wire.pages, dtype=_PAGES).astype(np.int64, copy=False),
        payloads=PackedPayloads(wire.payloads),
    )


def pack_point(point: IndexPoint) -> WirePoint:
    return WirePoint(point.id, _pack_vector(point.vector), point.tokens, point.payload)


def unpack_point(point: WirePoint) -> IndexPoint:
    return IndexPoint(id=point.id, vector=_unpack_vector(point.vector), tokens=point.tokens, payload=point.payload)


def pack_query(query: IndexQuery) -> WireQuery:
    return WireQuery(
        query.limit,
        query.kind,
        pack_filter(query.filter),
        pack_filter(query.corpus),
        _pack_vector(query.vector),
        query.tokens,
    )


def unpack_query(query: WireQuery) -> IndexQuery:
    return IndexQuery(
        limit=query.limit,
        kind=query.kind,
        filter=unpack_filter(query.filter),
        corpus=unpack_filter(query.corpus),
        vector=_unpack_vector(query.vector),
        tokens=query.tokens,
    )


def _pack_vector(vector: Sequence[float] | None) -> bytes | None:
    if vector is None:
        return None
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpack_vector(raw: bytes | None) -> list[float] | None:
    if raw is None:
        return None
    if len(raw) % 4:
        raise BadFrame("a vector that is not made of float32 numbers")
    numbers = array("f", raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
