"""The points of one kind in memory: their ids, what filters look at, and which of them a filter selects.

Rows are only appended; a point that is written again is a new row, and its old one is dead. What filters look at is
the same for many rows of a document, so it is kept once, as a *facet*; a filter is computed once per facet and then
known of every row, also of those to come. A `Selection` follows what is appended and what dies, and is never computed
anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.hits import Hits, Numbers, ParseKey, Scores, best_first
from retrieval.index.codec import PackedPayloads, filter_key
from retrieval.index.filters import of_kind, translate
from retrieval.index.payloads import FACTS, SCOPE, encode_filter_keys
from retrieval.model import PointKind, PointPayload, SearchFilter

Flags = NDArray[np.bool_]
Facet = Mapping[str, Any]
"""What one point's payload has under the keys that filters look at; of texts, a set."""

Holds = Callable[[Facet], bool]

# Each costs a byte a row.
MAX_SELECTIONS = 64
_KEYWORDS = ("kind", "tenant", "collection", "document", "version", "parse", "access", "element_types")


class NotInMemory(Exception):
    """The filter looks at something that only the engine has."""


class FacetDialect:
    """The conditions as functions of a facet."""

    def nothing(self) -> Holds:
        return lambda _: False

    def texts(self, key: str, values: Sequence[str]) -> Holds:
        wanted = frozenset(values)
        _check(key, (*_KEYWORDS, SCOPE, FACTS))
        return lambda facet: not wanted.isdisjoint(facet[key])

    def numbers(self, key: str, *, gt: float | None, gte: float | None, lt: float | None, lte: float | None) -> Holds:
        group, _, name = key.partition(".")
        _check(group, ("numbers", "times"))

        def holds(facet: Facet) -> bool:
            value = facet[group].get(name)
            return (
                value is not None
                and (gt is None or value > gt)
                and (gte is None or value >= gte)
                and (lt is None or value < lt)
                and (lte is None or value <= lte)
            )

        return holds

    def present(self, key: str) -> Holds:
        _check(key, _KEYWORDS)
        return lambda facet: bool(facet[key])

    def every(self, conditions: Sequence[Holds]) -> Holds:
        return lambda facet: all(condition(facet) for condition in conditions)

    def some(self, conditions: Sequence[Holds]) -> Holds:
        return lambda facet: any(condition(facet) for condition in conditions)

    def none_of(self, condition: Holds) -> Holds:
        return lambda facet: not condition(facet)


_DIALECT = FacetDialect()


def _check(key: str, known: Sequence[str]) -> None:
    if key not in known:
        raise NotInMemory(key)


class Rows:
    """Points by row. `lengths` are in tokens. Not thread-safe."""

    def __init__(self, kind: PointKind) -> None:
        self._kind = kind
        self.ids: list[str] = []
        self.records: list[bytes] = []
        self.lengths = array("f")
        self.pages = array("q")
        self.parse_of = array("I")
        self.parses: list[ParseKey] = []
        self.facet_of = array("I")
        self.facets: list[Facet] = []
        self.dead: list[int] = []
        self._row_of: dict[int, int] = {}
        self._known_parses: dict[ParseKey, int] = {}
        self._known_facets: dict[bytes, int] = {}
        self._selections: dict[bytes, Selection] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, id: str) -> bool:
        return _number(id) in self._row_of

    @property
    def live(self) -> int:
        return len(self._row_of)

    def rows_of(self, ids: Iterable[UUID]) -> Numbers:
        """Raises `KeyError` for an id that no point has."""
        row_of = self._row_of
        return np.array([row_of[id.int] for id in ids], dtype=np.intp)

    def append(self, id: str, payload: PointPayload, record: bytes, length: int) -> int:
        """The row of a new point, or of what a point is from now on."""
        self.remove(id)
        row = self._row_of[_number(id)] = len(self.ids)
        self.ids.append(id)
        self.records.append(record)
        self.lengths.append(length)
        self.pages.append(payload.page)
        self.parse_of.append(self._parse((payload.document, payload.parse)))
        self.facet_of.append(self._facet(payload))
        return row

    def remove(self, id: str) -> None:
        row = self._row_of.pop(_number(id), None)
        if row is not None:
            self.dead.append(row)
            self.records[row] = b""

    def select(self, where: SearchFilter) -> Selection:
        """Raises `NotInMemory`, and `IndexFault` for a filter that no engine takes."""
        key = filter_key(where)
        selection = self._selections.pop(key, None)
        if selection is None:
            selection = Selection(translate(of_kind(self._kind, where), _DIALECT))
            while len(self._selections) >= MAX_SELECTIONS:
                del self._selections[next(iter(self._selections))]
        self._selections[key] = selection
        selection.follow(self)
        return selection

    def best(self, rows: Numbers, scores: Scores, limit: int) -> Hits:
        """The list of the best of these rows."""
        order = best_first(scores, lambda place: self.ids[rows[place]])[:limit]
        rows, scores = rows[order], scores[order]
        parses, parse_of = np.unique(np.frombuffer(self.parse_of, dtype=np.uint32)[rows], return_inverse=True)
        numbers = rows.tolist()
        return Hits(
            ids=[self.ids[row] for row in numbers],
            scores=scores,
            parses=[self.parses[number] for number in parses.tolist()],
            parse_of=parse_of,
            pages=np.frombuffer(self.pages, dtype=np.int64)[rows],
            payloads=PackedPayloads([self.records[row] for row in numbers]),
        )

    def _parse(self, parse: ParseKey) -> int:
        number = self._known_parses.setdefault(parse, len(self.parses))
        if number == len(self.parses):
            self.parses.append(parse)
        return number

    def _facet(self, payload: PointPayload) -> int:
        name = _facet_name(payload)
        number = self._known_facets.get(name)
        if number is None:
            keys = encode_filter_keys(payload)
            number = self._known_facets[name] = len(self.facets)
            facet: dict[str, Any] = {key: _texts(keys.get(key, ())) for key in (*_KEYWORDS, SCOPE, FACTS)}
            self.facets.append({**facet, "numbers": keys.get("numbers", {}), "times": keys.get("times", {})})
        return number


def _number(id: str) -> int:
    """The engine gives ids as UUIDs; their number is had for half of what their text costs."""
    return int(id.replace("-", ""), 16)


def _facet_name(payload: PointPayload) -> bytes:
    parts = (
        payload.tenant,
        payload.collection,
        payload.document,
        payload.version,
        payload.parse,
        payload.access,
        payload.element_types,
        payload.attributes,
    )
    return msgspec.msgpack.encode(parts)


def _texts(value: str | Sequence[str]) -> frozenset[str]:
    return frozenset((value,) if isinstance(value, str) else value)


class Selection:
    """The live rows that a filter selects: `flags` by row (and room behind), how many and how many tokens they have."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._of_facet = bytearray()
        self._rows = 0
        self._dead = 0
        self.flags: Flags = np.zeros(1024, dtype=np.bool_)
        self.count = 0
        self.tokens = 0.0
        self.frequencies: dict[str, tuple[int, int, int]] = {}

    @property
    def deaths(self) -> int:
        """How many rows had died when the flags were last brought up to date."""
        return self._dead

    def follow(self, rows: Rows) -> None:
        """Brings the selection up to date."""
        for facet in rows.facets[len(self._of_facet) :]:
            self._of_facet.append(self._holds(facet))
        if len(rows) > self._rows:
            self._append(rows)
        for row in rows.dead[self._dead :]:
            if self.flags[row]:
                self.flags[row] = False
                self.count -= 1
                self.tokens -= rows.lengths[row]
        self._dead = len(rows.dead)

    def _append(self, rows: Rows) -> None:
        first, end = self._rows, len(rows)
        if end > len(self.flags):
            grown = np.zeros(max(end, 2 * len(self.flags)), dtype=np.bool_)
            grown[:first] = self.flags[:first]
            self.flags = grown
        of_facet = np.frombuffer(self._of_facet, dtype=np.bool_)
        chosen = of_facet[np.frombuffer(rows.facet_of, dtype=np.uint32)[first:end]]
        self.flags[first:end] = chosen
        self.count += int(chosen.sum())
        self.tokens += float(np.frombuffer(rows.lengths, dtype=np.float32)[first:end][chosen].sum(dtype=np.float64))
        self._rows = end
