"""What a point looks like inside an engine, the same in every engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from retrieval.errors import IndexFault
from retrieval.model import IndexPoint, IndexQuery, Locator, PointKind, PointPayload

DENSE = "dense"
TOKENS = "tokens"
KEYWORD_KEYS = ("kind", "tenant", "collection", "document", "version", "parse", "access", "element_types")
BM25_K = 1.2
BM25_B = 0.75
MAX_BATCH = 256
MAX_LIMIT = 10_000
TIE_SLACK = 16
TIE_HORIZON = 20_000

Item = TypeVar("Item")


def encode_payload(point: IndexPoint) -> dict[str, Any]:
    """The engine's payload: ids, filters and locator, and the tokens as one text for the engine's BM25."""
    payload = point.payload
    encoded: dict[str, Any] = {
        TOKENS: " ".join(point.tokens),
        "kind": payload.kind.value,
        "tenant": payload.tenant,
        "collection": payload.collection,
        "document": payload.document,
        "version": payload.version,
        "parse": payload.parse,
        "access": list(payload.access),
        "ordinal": payload.ordinal,
        "page": payload.page,
        "element_types": list(payload.element_types),
        "attributes": dict(payload.attributes),
    }
    if payload.locator is not None:
        encoded["locator"] = [payload.locator.offset, payload.locator.length]
    return encoded


def decode_payload(encoded: Mapping[str, Any]) -> PointPayload:
    """The inverse of `encode_payload`. Raises `IndexFault` for a payload of another make."""
    try:
        locator = encoded.get("locator")
        return PointPayload(
            kind=PointKind(encoded["kind"]),
            tenant=encoded["tenant"],
            collection=encoded["collection"],
            document=encoded["document"],
            version=encoded["version"],
            parse=encoded["parse"],
            access=tuple(encoded["access"]),
            ordinal=encoded["ordinal"],
            page=encoded["page"],
            element_types=tuple(encoded["element_types"]),
            locator=None if locator is None else Locator(offset=locator[0], length=locator[1]),
            attributes=encoded["attributes"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise IndexFault("The index holds a point that this version cannot read.") from error


def check_query(query: IndexQuery, dimension: int) -> None:
    """Raises `IndexFault` unless the query asks for one list that this index can make."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise IndexFault(f"A limit of {query.limit} is not between 1 and {MAX_LIMIT}.")
    if (query.vector is None) == (query.tokens is None):
        raise IndexFault("A query needs either a vector or tokens.")
    if query.vector is not None:
        check_vector(query.vector, dimension)


def check_vector(vector: Sequence[float], dimension: int) -> None:
    """Raises `IndexFault` unless the vector has the index's dimension."""
    if len(vector) != dimension:
        raise IndexFault(f"A vector of {len(vector)} numbers does not fit the index's dimension {dimension}.")


def batches(items: Iterable[Item], size: int) -> Iterable[list[Item]]:
    """The items in order, in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def cut_inside_a_tie(scores: Sequence[float], limit: int, fetched: int) -> bool:
    """Whether points that tie with the last one wanted may lie beyond the `fetched` ones that were asked for.

    Engines do not break ties by id, so a caller asks for more until the tie is whole (or `TIE_HORIZON` is reached).
    """
    return limit < fetched <= min(len(scores), TIE_HORIZON) and scores[limit - 1] == scores[fetched - 1]
