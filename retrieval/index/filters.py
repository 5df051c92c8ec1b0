"""The meaning of a `SearchFilter`, said once for every engine.

An engine supplies a `FilterDialect`: a few conditions in its own types. What the filter means (no values match
nothing, a negation needs the key to be there, numbers are equal by value and never to booleans) is decided here, so
that no engine can fail open in a way of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from retrieval.errors import IndexFault
from retrieval.index.payloads import (
    FACTS,
    SCOPE,
    fact,
    is_number,
    safe_name,
    scope_values,
    seconds,
)
from retrieval.model import AllOf, AnyOf, Match, Not, PointKind, Range, SearchFilter

Condition = TypeVar("Condition")

_ATTRIBUTES = "attributes."
# Beyond this many keywords one list of them is no faster than the conditions it stands for.
_MAX_SCOPES = 64


class FilterDialect(Protocol[Condition]):
    """Conditions of one engine. A key whose value is a list satisfies a condition when one of its items does."""

    def nothing(self) -> Condition:
        """Holds for no point."""
        ...

    def texts(self, key: str, values: Sequence[str]) -> Condition:
        """The value is one of the texts, which are at least one."""
        ...

    def numbers(
        self, key: str, *, gt: float | None, gte: float | None, lt: float | None, lte: float | None
    ) -> Condition:
        """The value is a number within the bounds."""
        ...

    def present(self, key: str) -> Condition:
        """The key is there, and neither null nor an empty list."""
        ...

    def every(self, conditions: Sequence[Condition]) -> Condition:
        """All hold; of none: holds for every point."""
        ...

    def some(self, conditions: Sequence[Condition]) -> Condition:
        """At least one of the conditions, which are at least one, holds."""
        ...

    def none_of(self, condition: Condition) -> Condition:
        """The condition does not hold."""
        ...


def translate(where: SearchFilter, dialect: FilterDialect[Condition]) -> Condition:
    """The filter in the engine's own types. Raises `IndexFault` for a range with no bounds or of two kinds."""
    if isinstance(where, Match):
        return _match(where, dialect)
    if isinstance(where, Range):
        return _range(where, dialect)
    if isinstance(where, AllOf):
        parts = _with_scope(list(_flat(where)))
        return dialect.every([translate(part, dialect) for part in parts])
    if isinstance(where, AnyOf):
        alternatives = [translate(part, dialect) for part in where.filters]
        return dialect.some(alternatives) if alternatives else dialect.nothing()
    if isinstance(where, Not):
        present = _present(where.filter.key, dialect)
        return dialect.every([present, dialect.none_of(translate(where.filter, dialect))])
    raise IndexFault(f"{type(where).__name__} is not a search filter.")


def of_kind(kind: PointKind, where: SearchFilter) -> SearchFilter:
    """The filter, for points of that kind only."""
    return AllOf(filters=(Match(key="kind", values=(kind.value,)), where))


def _flat(where: AllOf) -> Iterator[SearchFilter]:
    for part in where.filters:
        if isinstance(part, AllOf):
            yield from _flat(part)
        else:
            yield part


def _with_scope(parts: list[SearchFilter]) -> list[SearchFilter]:
    """The parts, with kind, tenant, access and collection said in one condition where they are all there."""
    found: dict[str, Match] = {}
    for part in parts:
        if isinstance(part, Match) and part.key in ("kind", "tenant", "access", "collection"):
            found.setdefault(part.key, part)
    kind, tenant, access = found.get("kind"), found.get("tenant"), found.get("access")
    if kind is None or tenant is None or access is None or len(kind.values) != 1 or len(tenant.values) != 1:
        return parts
    collection = found.get("collection")
    scopes = scope_values(
        kind=str(kind.values[0]),
        tenant=str(tenant.values[0]),
        groups=_texts(access),
        collections=None if collection is None else _texts(collection),
    )
    if len(scopes) > _MAX_SCOPES:
        return parts
    said = {id(part) for part in found.values()}
    return [Match(key=SCOPE, values=tuple(scopes)), *(part for part in parts if id(part) not in said)]


def _texts(where: Match) -> list[str]:
    return [value for value in where.values if isinstance(value, str)]


def _match(where: Match, dialect: FilterDialect[Condition]) -> Condition:
    if not where.values:
        return dialect.nothing()
    if where.key.startswith(_ATTRIBUTES):
        name = where.key.removeprefix(_ATTRIBUTES)
        return dialect.texts(FACTS, [fact(name, value) for value in where.values])
    texts = _texts(where)
    parts = [dialect.texts(where.key, texts)] if texts else []
    for value in where.values:
        if is_number(value):
            number = float(value)
            parts.append(dialect.numbers(where.key, gt=None, gte=number, lt=None, lte=number))
    if not parts:
        return dialect.nothing()
    return parts[0] if len(parts) == 1 else dialect.some(parts)


def _present(key: str, dialect: FilterDialect[Condition]) -> Condition:
    if key.startswith(_ATTRIBUTES):
        return dialect.texts(FACTS, [fact(key.removeprefix(_ATTRIBUTES))])
    return dialect.present(key)


def _range(where: Range, dialect: FilterDialect[Condition]) -> Condition:
    bounds = {"gt": where.gt, "gte": where.gte, "lt": where.lt, "lte": where.lte}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if not given:
        raise IndexFault(f"The range over {where.key!r} has no bounds.")
    name = safe_name(where.key.removeprefix(_ATTRIBUTES))
    if all(is_number(bound) for bound in given.values()):
        group = "numbers"
        limits = {side: float(bound) for side, bound in given.items()}
    else:
        group = "times"
        limits = {side: _moment(where, bound) for side, bound in given.items()}
    key = f"{group}.{name}" if where.key.startswith(_ATTRIBUTES) else where.key
    return dialect.numbers(key, gt=limits.get("gt"), gte=limits.get("gte"), lt=limits.get("lt"), lte=limits.get("lte"))


def _moment(where: Range, bound: float | str) -> float:
    moment = seconds(bound)
    if moment is None:
        raise IndexFault(f"The bounds of the range over {where.key!r} are neither all numbers nor all dates.")
    return moment
