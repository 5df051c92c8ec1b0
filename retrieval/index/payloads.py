"""What a point looks like inside an engine, the same in every engine.

    {"tokens": "…",                          the tokens of BM25, separated by white space; of pages they are
                                             "page_tokens", of titles "title_tokens"
     "kind", "tenant", "collection", "document", "version", "parse", "ordinal", "page", "access": [],
     "element_types": [],
     "scope": ["…"],                         who may see what, as one keyword: see `scope_values`
     "facts": ["…"],                         attributes as keywords: see `fact`
     "numbers": {…}, "times": {…},           attributes that have an order; times in seconds since 1970
     "record": "…"}                          the `PointPayload` as JSON, what a search gives back

A BM25 query costs as much as there are points with its words, whatever the filter, and an exact dense one as much as
there are vectors: each kind of point has a field and a vector of its own. Engines check a condition that has an index
thousands of times faster than one that has not, and one condition with an index of its own much faster than four:
hence `scope` and `facts`. Reading one text back is faster than many keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any, TypeVar

import msgspec

from retrieval.errors import IndexFault
from retrieval.model import AttributeValue, IndexPoint, IndexQuery, PointKind, PointPayload

VECTOR_OF = {PointKind.CHUNK: "dense", PointKind.PAGE: "page", PointKind.TITLE: "title"}
TOKENS_OF = {PointKind.CHUNK: "tokens", PointKind.PAGE: "page_tokens", PointKind.TITLE: "title_tokens"}
TEXT_KEYS = tuple(TOKENS_OF.values())
SCOPE = "scope"
FACTS = "facts"
RECORD = "record"
KEYWORD_KEYS = (
    "kind",
    "tenant",
    "collection",
    "document",
    "version",
    "parse",
    "access",
    "element_types",
    SCOPE,
    FACTS,
)
BM25_K = 1.2
BM25_B = 0.75
MAX_BATCH = 256
MAX_LIMIT = 10_000
MAX_ORDERED_KEYS = 64
TIE_SLACK = 16
TIE_HORIZON = 20_000

Item = TypeVar("Item")
_RECORDS = msgspec.json.Decoder(PointPayload)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def encode_payload(point: IndexPoint) -> dict[str, Any]:
    """Raises `IndexFault` for a value that no engine can hold: a number of more than 64 bits, half a character."""
    try:
        return _encode_payload(point)
    except (OverflowError, UnicodeEncodeError, TypeError) as error:
        raise IndexFault(f"The index cannot hold this value: {error}") from error


def _encode_payload(point: IndexPoint) -> dict[str, Any]:
    payload = point.payload
    tokens = " ".join(point.tokens)
    tokens.encode()  # only to refuse halves of characters
    return {
        TOKENS_OF[payload.kind]: tokens,
        "ordinal": payload.ordinal,
        "page": payload.page,
        RECORD: msgspec.json.encode(payload).decode(),
        **encode_filter_keys(payload),
    }


def encode_filter_keys(payload: PointPayload) -> dict[str, Any]:
    """What filters look at, but for the numbers of the page and the passage: the same for many points of a document.
    Raises `OverflowError` for a number of more than 64 bits."""
    attributes = payload.attributes
    encoded: dict[str, Any] = {
        "kind": payload.kind.value,
        "tenant": payload.tenant,
        "collection": payload.collection,
        "document": payload.document,
        "version": payload.version,
        "parse": payload.parse,
        "access": list(payload.access),
        "element_types": list(payload.element_types),
        SCOPE: _scopes_of(payload),
    }
    if attributes:
        if any(isinstance(value, int) and value.bit_length() > 63 for value in attributes.values()):
            raise OverflowError("a whole number of more than 64 bits")
        encoded[FACTS] = [text for name, value in attributes.items() for text in (fact(name), fact(name, value))]
        encoded["numbers"] = {safe_name(name): value for name, value in attributes.items() if is_number(value)}
        encoded["times"] = {safe_name(name): when for name, value in attributes.items() if (when := seconds(value))}
    return encoded


def decode_payload(record: str | bytes) -> PointPayload:
    """Reads what `encode_payload` left under "record". Raises `IndexFault` for a record of another make."""
    try:
        return _RECORDS.decode(record)
    except msgspec.DecodeError as error:
        raise IndexFault("The index holds a point that this version cannot read.") from error


def scope_values(
    *, kind: str, tenant: str, groups: Iterable[str], collections: Iterable[str] | None = None
) -> list[str]:
    """Keywords of which a point has one exactly when it is of the kind, in the tenant, open to one of the groups and,
    if any are given, in one of the collections."""
    if collections is None:
        return [_text([kind, tenant, group]) for group in groups]
    return [_text([kind, tenant, group, collection]) for group, collection in product(groups, collections)]


def _scopes_of(payload: PointPayload) -> list[str]:
    kind, tenant = payload.kind.value, payload.tenant
    return scope_values(kind=kind, tenant=tenant, groups=payload.access) + scope_values(
        kind=kind, tenant=tenant, groups=payload.access, collections=[payload.collection]
    )


def fact(name: str, value: AttributeValue | None = None) -> str:
    """The keyword that says that an attribute has this value or, without one, that it is there. Numbers are equal by
    value (2 and 2.0), and never to texts or booleans."""
    if value is None:
        return _text([name])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _text([name, value])


def _text(parts: list[Any]) -> str:
    """One text for several, which no other parts share."""
    return msgspec.json.encode(parts).decode()


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def seconds(value: object) -> float | None:
    """Seconds since 1970 of an ISO 8601 date or time (UTC unless it says otherwise); None for anything else."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def safe_name(name: str) -> str:
    """The name of an attribute as one step of an engine's path; other characters than letters would be its syntax."""
    return name if _PLAIN_NAME.fullmatch(name) else "-" + name.encode().hex()


def ordered_keys(encoded: Sequence[dict[str, Any]]) -> set[str]:
    """Paths of the numbers and times among the payloads, which want an index for ranges."""
    return {
        f"{group}.{name}" for payload in encoded for group in ("numbers", "times") for name in payload.get(group, ())
    }


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


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in order, in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def cut_inside_a_tie(scores: Sequence[float], limit: int, fetched: int) -> bool:
    """Whether points that tie with the last one wanted may lie beyond the `fetched` ones that were asked for.

    Engines do not break ties by id, so a caller asks for more until the tie is whole (or `TIE_HORIZON` is reached).
    """
    return limit < fetched <= min(len(scores), TIE_HORIZON) and scores[limit - 1] == scores[fetched - 1]
