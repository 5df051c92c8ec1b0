"""How good retrieval is on a set of questions: hit@k, MRR, and whether the cited text holds the answer.

    hit@k     share of questions where one of the first k hits cites a gold page of the right document
    mrr       1 / rank of the first such hit (0 if there is none), averaged
    quote@k   share of questions whose gold quote is in the text that one of the first k hits cites, white space aside

Questions without an answer in the corpus (type `unanswerable`) are not counted here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """`document` is a file name, `page` counts from 1."""

    document: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    query: str
    type: str
    answer: str | None
    gold: tuple[Gold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedHit:
    """What a hit claims: its document's file name, the pages of its spans, and the quotes of its spans in order."""

    document: str
    pages: frozenset[int]
    quotes: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.quotes)


def read_questions(path: Path) -> list[Question]:
    return [
        Question(**(row | {"gold": tuple(Gold(**gold) for gold in row["gold"])}))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


def covers(hit: CitedHit, gold: Gold) -> bool:
    return hit.document == gold.document and gold.page in hit.pages


def holds(hit: CitedHit, gold: Gold) -> bool:
    return hit.document == gold.document and without_space(gold.quote) in without_space(hit.text)


def score(questions: Iterable[Question], answers: Mapping[str, Sequence[CitedHit]]) -> dict[str, float]:
    """The measures over all answerable questions, and hit@5 for each type of question as `hit@5 (type)`.

    `answers` maps the id of a question to its hits, best first; a question without an entry counts as no hits."""
    answerable = [question for question in questions if question.gold]
    rows = {question.id: _score_one(question, answers.get(question.id, ())) for question in answerable}
    scores = {measure: _mean(row[measure] for row in rows.values()) for measure in next(iter(rows.values()), {})}
    for kind in sorted({question.type for question in answerable}):
        scores[f"hit@5 ({kind})"] = _mean(
            rows[question.id]["hit@5"] for question in answerable if question.type == kind
        )
    return scores


def _score_one(question: Question, hits: Sequence[CitedHit]) -> dict[str, float]:
    right_page = [any(covers(hit, gold) for gold in question.gold) for hit in hits]
    right_text = [any(holds(hit, gold) for gold in question.gold) for hit in hits]
    row = {f"hit@{k}": float(any(right_page[:k])) for k in CUTOFFS}
    row["mrr"] = next((1 / rank for rank, right in enumerate(right_page, 1) if right), 0.0)
    return row | {f"quote@{k}": float(any(right_text[:k])) for k in (1, 5)}


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return round(sum(values) / len(values), 4)
