"""The meaning of a `SearchFilter`, said once for every engine.

An engine supplies a `FilterDialect`: a few conditions in its own types. What the filter means (no values match
nothing, a negation needs the key to be there, numbers compare by value and never equal booleans) is decided here, so
that no engine can fail open in a way of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from retrieval.errors import IndexFault
from retrieval.model import AllOf, AnyOf, AttributeValue, Match, Not, Range, SearchFilter

Condition = TypeVar("Condition")


class FilterDialect(Protocol[Condition]):
    """Conditions of one engine. A key whose value is a list satisfies a condition when one of its items does."""

    def nothing(self) -> Condition:
        """Holds for no point."""
        ...

    def texts(self, key: str, values: Sequence[str]) -> Condition:
        """The value is one of the texts, which are at least one."""
        ...

    def boolean(self, key: str, value: bool) -> Condition:
        """The value is this boolean, not a number that equals it."""
        ...

    def numbers(
        self, key: str, *, gt: float | None, gte: float | None, lt: float | None, lte: float | None
    ) -> Condition:
        """The value is a number within the bounds."""
        ...

    def times(self, key: str, *, gt: str | None, gte: str | None, lt: str | None, lte: str | None) -> Condition:
        """The value is an ISO 8601 date or time within the bounds."""
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
    """The filter in the engine's own types. Raises `IndexFault` for a range without or with mixed bounds."""
    if isinstance(where, Match):
        return _match(where, dialect)
    if isinstance(where, Range):
        return _range(where, dialect)
    if isinstance(where, AllOf):
        return dialect.every([translate(part, dialect) for part in where.filters])
    if isinstance(where, AnyOf):
        parts = [translate(part, dialect) for part in where.filters]
        return dialect.some(parts) if parts else dialect.nothing()
    if isinstance(where, Not):
        return dialect.every([dialect.present(where.filter.key), dialect.none_of(translate(where.filter, dialect))])
    raise IndexFault(f"{type(where).__name__} is not a search filter.")


def _match(where: Match, dialect: FilterDialect[Condition]) -> Condition:
    texts = [value for value in where.values if isinstance(value, str)]
    parts = [dialect.texts(where.key, texts)] if texts else []
    parts += [_equals(where.key, value, dialect) for value in where.values if not isinstance(value, str)]
    if not parts:
        return dialect.nothing()
    return parts[0] if len(parts) == 1 else dialect.some(parts)


def _equals(key: str, value: AttributeValue, dialect: FilterDialect[Condition]) -> Condition:
    if isinstance(value, bool):
        return dialect.boolean(key, value)
    number = float(value)
    return dialect.numbers(key, gt=None, gte=number, lt=None, lte=number)


def _range(where: Range, dialect: FilterDialect[Condition]) -> Condition:
    bounds = {"gt": where.gt, "gte": where.gte, "lt": where.lt, "lte": where.lte}
    given = [bound for bound in bounds.values() if bound is not None]
    if not given:
        raise IndexFault(f"The range over {where.key!r} has no bounds.")
    if all(isinstance(bound, str) for bound in given):
        return dialect.times(where.key, **{name: _text(bound) for name, bound in bounds.items()})
    if any(isinstance(bound, str | bool) for bound in given):
        raise IndexFault(f"The range over {where.key!r} mixes kinds of bounds.")
    return dialect.numbers(where.key, **{name: _number(bound) for name, bound in bounds.items()})


def _text(bound: float | str | None) -> str | None:
    return None if bound is None else str(bound)


def _number(bound: float | str | None) -> float | None:
    return None if bound is None else float(bound)
