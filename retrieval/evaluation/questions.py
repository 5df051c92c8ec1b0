"""Question sets: JSONL, one question a line, each with the places that answer it.

    {"id": "q1", "query": "…", "gold": [{"document": "report.pdf", "page": 3, "quote": "…"}], "type": "table"}

A gold place names a document (file name with or without its folder and extension, id or SHA-256) and, as far as it is
known, the page (from 1), the `span {start, end}` of canonical text or a `quote`. Canonical text belongs to one Parse:
quotes outlive a new parser, spans may not. A question without gold is one that the collection does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.lines import json_objects

UNTYPED = "untyped"
_QUESTION_FIELDS = {"id", "query", "gold", "type", "answerable", "answer", "request", "metadata"}
_GOLD_FIELDS = {"document", "page", "span", "quote"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A place that answers a question. `span` is half-open, in code points of canonical text; `page` counts from 1."""

    document: str
    page: int | None = None
    span: tuple[int, int] | None = None
    quote: str | None = None

    @property
    def names_text(self) -> bool:
        return self.span is not None or self.quote is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`request`: options of the retrieve request for this question alone. `line`: where it stands in its file."""

    id: str
    query: str
    gold: tuple[Gold, ...] = ()
    type: str = UNTYPED
    request: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    @property
    def answerable(self) -> bool:
        return bool(self.gold)


def read_questions(path: Path) -> list[Question]:
    """In the order of the file. Raises `UnreadableSet`, also for an unknown field, a second question of the same id,
    and a file without questions."""
    questions: dict[str, Question] = {}
    for line, row in json_objects(path):
        try:
            question = _question(row, line)
        except ValueError as error:
            raise UnreadableSet(path, str(error), line=line) from None
        if question.id in questions:
            first = questions[question.id].line
            raise UnreadableSet(path, f"the id {question.id!r} is that of line {first} already.", line=line)
        questions[question.id] = question
    if not questions:
        raise UnreadableSet(path, "there is no question in it.")
    return list(questions.values())


def _question(row: Mapping[str, Any], line: int) -> Question:
    """Raises ValueError with a sentence."""
    _only(row, _QUESTION_FIELDS, "a question")
    golds = row.get("gold", [])
    if not isinstance(golds, list):
        raise ValueError("'gold' is a list of places.")
    gold = tuple(_gold(place) for place in golds)
    answerable = row.get("answerable", bool(gold))
    if answerable is not bool(gold):
        raise ValueError("'answerable' is true or false, and a question is answerable when it has gold places.")
    request = row.get("request", {})
    if not isinstance(request, dict):
        raise ValueError("'request' is a JSON object of options of the retrieve request.")
    return Question(
        id=_text(row, "id", convert=True),
        query=_text(row, "query"),
        gold=gold,
        type=_text(row, "type") if "type" in row else UNTYPED,
        request=request,
        line=line,
    )


def _gold(place: object) -> Gold:
    if not isinstance(place, dict):
        raise ValueError("a place in 'gold' is a JSON object.")
    _only(place, _GOLD_FIELDS, "a place in 'gold'")
    page = place.get("page")
    if page is not None and not (_is_whole(page) and page >= 1):
        raise ValueError("'page' is a whole number and counts from 1.")
    quote = _text(place, "quote") if place.get("quote") is not None else None
    return Gold(document=_text(place, "document"), page=page, span=_span(place.get("span")), quote=quote)


def _span(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, dict) and value.keys() == {"start", "end"}:
        start, end = value["start"], value["end"]
        if _is_whole(start) and _is_whole(end) and 0 <= start < end:
            return start, end
    raise ValueError('\'span\' is {"start", "end"}, whole numbers with 0 <= start < end.')


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(row: Mapping[str, Any], name: str, *, convert: bool = False) -> str:
    value = row.get(name)
    text = str(value) if convert and _is_whole(value) else value
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name!r} is a text that is not empty.")
    return text


def _only(row: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(row.keys() - known):
        raise ValueError(f"{what} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")
