"""An evaluation as it is stored and sent: columns instead of a row for each question, for 10,000 of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from retrieval.evaluation.outcomes import Outcome, Summary
from services.client import Json

_DIGITS = 5
_MEASURED = ("answerability", "round_trip_ms", "service_ms", "cpu_seconds")


def record_of(
    *,
    name: str,
    collections: Sequence[str] | None,
    question_set: Json,
    request: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    summary: Summary,
    stopped: str | None,
    index_version: str | None,
) -> Json:
    """The body of `POST /v1/evaluations`: no question's text, only ids."""
    return {
        "name": name,
        "collections": None if collections is None else list(collections),
        "question_set": question_set,
        "request": dict(request),
        "index_version": index_version,
        "complete": stopped is None,
        "summary": rounded(msgspec.to_builtins(summary)),
        "outcomes": columns_of(outcomes),
    }


def question_set_of(path: Path, count: int) -> Json:
    """What tells one question set from another."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "sha256": digest, "questions": count}


def columns_of(outcomes: Sequence[Outcome]) -> Json:
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.measures))
    columns: Json = {
        "ids": [outcome.id for outcome in outcomes],
        "types": [outcome.type for outcome in outcomes],
        "answerable": [outcome.answerable for outcome in outcomes],
        "measures": {name: [rounded(outcome.measures.get(name)) for outcome in outcomes] for name in names},
        "errors": [outcome.error for outcome in outcomes],
    }
    return columns | {name: [rounded(getattr(outcome, name)) for outcome in outcomes] for name in _MEASURED}


def outcomes_in(record: Json) -> list[Outcome]:
    """The questions of a stored evaluation."""
    columns = record["outcomes"]
    return [
        Outcome(
            id=identity,
            type=columns["types"][row],
            answerable=columns["answerable"][row],
            measures={name: column[row] for name, column in columns["measures"].items() if column[row] is not None},
            error=columns["errors"][row],
            **{name: columns[name][row] for name in _MEASURED},
        )
        for row, identity in enumerate(columns["ids"])
    ]


def summary_in(record: Json) -> Summary:
    return msgspec.convert(record["summary"], Summary)


def rounded(value: Any) -> Any:
    """Floats to five digits, throughout."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, list) else value
