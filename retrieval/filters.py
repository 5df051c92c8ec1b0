"""The caller's filters, in the shape OpenAI uses, to a `SearchFilter` over the attributes of the searched collections.

    {"type": "and", "filters": [{"type": "eq", "key": "company", "value": "Acme"},
                                {"type": "gte", "key": "year", "value": 2022}]}

Filters fail closed: an attribute that no searched collection has is an error, a value of the wrong type is an error,
and a document without the attribute never matches, not even `ne` and `nin`. Depth and size are limited.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from retrieval.errors import InvalidQuery, UnknownField
from retrieval.model import AllOf, AnyOf, AttributeValue, Match, Not, Range, SearchFilter

MAX_DEPTH = 8
MAX_CONDITIONS = 200
MAX_VALUES = 1_000
MAX_TEXT = 2_000
PAYLOAD_PREFIX = "attributes."

_GROUPS = ("and", "or")
_EQUALITY = ("eq", "ne")
_BOUNDS = ("gt", "gte", "lt", "lte")
_SETS = ("in", "nin")
_ORDERED_TYPES = ("integer", "number", "date")
_EXPECTED = {
    "string": f"a text of at most {MAX_TEXT} characters",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2024-12-31",
}


def compile_filters(filters: Mapping[str, Any], schemas: Sequence[Mapping[str, str]]) -> SearchFilter:
    """The filter over payload keys `attributes.<name>`.

    `schemas`: the attribute types ("string", "integer", "number", "boolean", "date") of each searched collection.
    Raises `UnknownField` for an attribute that none of them has, `InvalidQuery` for anything else that is wrong; both
    name the place in the request (`filters.filters[1].key`).
    """
    compiler = _Compiler(schemas)
    return compiler.compile(filters, "filters", depth=1)


class _Compiler:
    """Walks one filter; counts conditions."""

    def __init__(self, schemas: Sequence[Mapping[str, str]]) -> None:
        self._schemas = schemas
        self._conditions = 0

    def compile(self, node: object, field: str, *, depth: int) -> SearchFilter:
        if not isinstance(node, Mapping):
            raise InvalidQuery("A filter must be an object.", field=field)
        if depth > MAX_DEPTH:
            raise InvalidQuery(f"Filters may be nested {MAX_DEPTH} deep.", field=field)
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise InvalidQuery(f"A filter may have {MAX_CONDITIONS} conditions.", field=field)
        kind = node.get("type")
        if kind in _GROUPS:
            return self._group(str(kind), node, field, depth)
        if kind in _EQUALITY + _BOUNDS + _SETS:
            return self._comparison(str(kind), node, field)
        allowed = ", ".join(_EQUALITY + _BOUNDS + _SETS + _GROUPS)
        raise InvalidQuery(f"The filter's type must be one of: {allowed}.", field=f"{field}.type")

    def _group(self, kind: str, node: Mapping[str, Any], field: str, depth: int) -> SearchFilter:
        _refuse_other_keys(node, ("type", "filters"), field)
        parts = node.get("filters")
        if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
            raise InvalidQuery(f"{kind!r} needs a list of at least one filter.", field=f"{field}.filters")
        compiled = tuple(
            self.compile(part, f"{field}.filters[{number}]", depth=depth + 1) for number, part in enumerate(parts)
        )
        return AllOf(filters=compiled) if kind == "and" else AnyOf(filters=compiled)

    def _comparison(self, kind: str, node: Mapping[str, Any], field: str) -> SearchFilter:
        _refuse_other_keys(node, ("type", "key", "value"), field)
        name = node.get("key")
        if not isinstance(name, str) or not name:
            raise InvalidQuery("The filter needs the name of an attribute.", field=f"{field}.key")
        if "value" not in node:
            raise InvalidQuery("The filter needs a value.", field=f"{field}.value")
        attribute_type = self._type_of(name, f"{field}.key")
        key, value, place = PAYLOAD_PREFIX + name, node["value"], f"{field}.value"
        if kind in _SETS:
            match = Match(key=key, values=_values(value, attribute_type, place))
            return match if kind == "in" else Not(filter=match)
        if kind in _EQUALITY:
            match = Match(key=key, values=(_value(value, attribute_type, place),))
            return match if kind == "eq" else Not(filter=match)
        return _range(kind, key, value, attribute_type, place)

    def _type_of(self, name: str, field: str) -> str:
        types = {str(schema[name]) for schema in self._schemas if name in schema}
        if not types:
            raise UnknownField(f"No searched collection has an attribute {name!r}.", field=field)
        if len(types) > 1:
            raise InvalidQuery(
                f"The attribute {name!r} has different types in the searched collections; name the collection.",
                field=field,
            )
        return types.pop()


def _refuse_other_keys(node: Mapping[str, Any], allowed: Sequence[str], field: str) -> None:
    for key in node:
        if key not in allowed:
            raise InvalidQuery(f"A filter of type {node['type']!r} has no field {str(key)[:64]!r}.", field=field)


def _range(kind: str, key: str, value: object, attribute_type: str, field: str) -> Range:
    if attribute_type not in _ORDERED_TYPES:
        raise InvalidQuery(f"{kind!r} needs a number or a date; the attribute is a {attribute_type}.", field=field)
    bound = _value(value, attribute_type, field)
    return Range(
        key=key,
        gt=bound if kind == "gt" else None,
        gte=bound if kind == "gte" else None,
        lt=bound if kind == "lt" else None,
        lte=bound if kind == "lte" else None,
    )


def _values(value: object, attribute_type: str, field: str) -> tuple[AttributeValue, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise InvalidQuery("The value must be a list of at least one value.", field=field)
    if len(value) > MAX_VALUES:
        raise InvalidQuery(f"A list may have {MAX_VALUES} values.", field=field)
    return tuple(_value(item, attribute_type, f"{field}[{number}]") for number, item in enumerate(value))


def _value(value: object, attribute_type: str, field: str) -> AttributeValue:
    if attribute_type == "boolean" and isinstance(value, bool):
        return value
    if attribute_type in ("integer", "number") and isinstance(value, int | float) and not isinstance(value, bool):
        whole = isinstance(value, int) or attribute_type == "number"
        if whole and math.isfinite(value) and abs(value) < 2**63:
            return value
    if attribute_type == "string" and isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if attribute_type == "date" and isinstance(value, str) and _is_date(value):
        return value
    raise InvalidQuery(f"The value must be {_EXPECTED[attribute_type]}.", field=field)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
