"""JSON values and times as the catalog stores them. Every JSON value is an object that carries its `schema_version`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ingestion.errors import IngestionError
from ingestion.model import SCHEMA_VERSION, AttributeType, Cost, ParsingSettings
from parsers.model import Ledger
from retrieval.facts import DocumentFacts
from retrieval.model import AttributeValue

Stored = dict[str, Any]


def when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def when_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else when(seconds)


def wrap(field: str, value: Any) -> Stored:
    """`value` under `field`, beside the schema version."""
    return {"schema_version": SCHEMA_VERSION, field: msgspec.to_builtins(value)}


def unwrap(stored: Mapping[str, Any], field: str) -> Any:
    version = stored.get("schema_version")
    if version != SCHEMA_VERSION:
        raise IngestionError(f"The catalog holds a value of schema version {version}, which this release cannot read.")
    return stored[field]


def attributes_in(values: Mapping[str, AttributeValue]) -> Stored:
    return wrap("values", dict(values))


def attributes_out(stored: Mapping[str, Any]) -> dict[str, AttributeValue]:
    values: dict[str, AttributeValue] = dict(unwrap(stored, "values"))
    return values


def schema_in(schema: Mapping[str, AttributeType]) -> Stored:
    return wrap("types", {name: kind.value for name, kind in schema.items()})


def schema_out(stored: Mapping[str, Any]) -> dict[str, AttributeType]:
    return {name: AttributeType(kind) for name, kind in unwrap(stored, "types").items()}


def parsing_in(settings: ParsingSettings) -> Stored:
    return wrap("parsing", settings)


def parsing_out(stored: Mapping[str, Any] | None) -> ParsingSettings:
    """Collections from before there were such settings have none."""
    return ParsingSettings() if stored is None else msgspec.convert(unwrap(stored, "parsing"), ParsingSettings)


def languages_in(languages: Iterable[str]) -> Stored:
    return wrap("languages", sorted(languages))


def languages_out(stored: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Collections from before languages were noted hold what was stemmed as English."""
    return ("en",) if stored is None else tuple(unwrap(stored, "languages"))


def ledger_in(ledger: Ledger) -> Stored:
    return wrap("ledger", ledger)


def ledger_out(stored: Mapping[str, Any] | None) -> Ledger | None:
    return None if stored is None else msgspec.convert(unwrap(stored, "ledger"), Ledger)


def facts_in(facts: DocumentFacts) -> Stored:
    return wrap("facts", facts)


def facts_out(stored: Mapping[str, Any] | None) -> DocumentFacts | None:
    """Parses from before facts were noted have none."""
    return None if stored is None else msgspec.convert(unwrap(stored, "facts"), DocumentFacts)


def cost_in(cost: Cost) -> Stored:
    return wrap("cost", {"cpu_seconds": dict(cost.cpu_seconds), "money": cost.money})


def cost_out(stored: Mapping[str, Any]) -> Cost:
    cost = unwrap(stored, "cost")
    return Cost(cpu_seconds=dict(cost["cpu_seconds"]), money=cost["money"])
