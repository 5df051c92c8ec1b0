"""The best sentences and rows as an answer.

A unit is as good as the question's terms it has (rare ones, names and numbers count most), how near it is to the
question by meaning, and how good its passage is. What the document's title and the headings say need not be said again:
terms that are met there count half.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import compress
from operator import mul

import numpy as np

from retrieval.answers.cite import cite
from retrieval.answers.model import AnswerSentence, CitedCell
from retrieval.answers.tables import asked_cell
from retrieval.answers.units import Unit
from retrieval.citations import spans_of
from retrieval.ports import Embedder
from retrieval.question_terms import Term, TermKind, question_terms
from retrieval.tokens import tokenize

MOST_SENTENCES = 5
EMBEDDED = 16
"""Units that are compared by meaning: the best by words. Each costs what embedding a passage of its length does."""

CLOSE_ENOUGH = 0.85
"""A further unit is part of the answer if its score is this share of the best one's."""

SAME = 0.7
"""Share of common tokens from which two units say the same."""

_BY_WORDS, _BY_MEANING, _BY_PASSAGE = 0.45, 0.4, 0.15
_KIND_WEIGHTS = {TermKind.NUMBER: 2.0, TermKind.NAME: 1.5, TermKind.WORD: 1.0}
_IN_CONTEXT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """`met`: which of the question's terms it has, by itself or with the headings that it stands under."""

    unit: Unit
    tokens: frozenset[str]
    met: frozenset[Term]
    score: float


def extract(question: str, units: Sequence[Unit], embedder: Embedder | None) -> tuple[AnswerSentence, ...]:
    """At most `MOST_SENTENCES`, the documents in the order of their best unit, the units of each as they are printed;
    none where there is no unit. `embedder` None: words alone choose. Raises `EmbeddingFailed`."""
    terms = question_terms(question)
    candidates = sorted(_by_words(units, terms), key=lambda candidate: -candidate.score)[:EMBEDDED]
    chosen = _choose(_with_meaning(question, candidates, embedder))
    return tuple(_sentence(candidate.unit, terms) for candidate in _in_reading_order(chosen))


def _by_words(units: Sequence[Unit], terms: Sequence[Term]) -> list[_Candidate]:
    tokens = [frozenset(tokenize(unit.text)) for unit in units]
    frequency = Counter(token for of_unit in tokens for token in of_unit)
    weights = [_KIND_WEIGHTS[term.kind] * _rarity(term, frequency, len(units)) for term in terms]
    context_of = {unit.source.number: _context(unit) for unit in units}
    candidates = []
    for unit, own in zip(units, tokens, strict=True):
        context = context_of[unit.source.number]
        shares = [1.0 if term.met_by(own) else _IN_CONTEXT if term.met_by(context) else 0.0 for term in terms]
        words = sum(map(mul, weights, shares)) / sum(weights) if weights else 0.0
        candidates.append(
            _Candidate(
                unit=unit,
                tokens=own,
                met=frozenset(compress(terms, shares)),
                score=_BY_WORDS * words + _BY_PASSAGE / unit.source.number,
            )
        )
    return candidates


def _rarity(term: Term, frequency: Counter[str], units: int) -> float:
    """Inverse document frequency (Robertson and Spärck Jones) over the units."""
    having = max((frequency[token] for token in term.tokens), default=0)
    return math.log(1 + (units - having + 0.5) / (having + 0.5))


def _context(unit: Unit) -> Set[str]:
    passage = unit.source.passage
    return frozenset(tokenize("\n".join([passage.document.title, *passage.section_path])))


def _with_meaning(question: str, candidates: Sequence[_Candidate], embedder: Embedder | None) -> list[_Candidate]:
    if not candidates or embedder is None:
        return list(candidates)
    vectors = embedder.embed([question, *(_in_context(candidate.unit) for candidate in candidates)])
    similarities = np.maximum(vectors[1:] @ vectors[0], 0.0)
    scored = [
        replace(candidate, score=candidate.score + _BY_MEANING * float(similarity))
        for candidate, similarity in zip(candidates, similarities, strict=True)
    ]
    return sorted(scored, key=lambda candidate: -candidate.score)


def _in_context(unit: Unit) -> str:
    """A row, or a sentence, with the heading it stands under."""
    heading = unit.source.passage.section_path[-1:]
    return "\n".join([*heading, unit.text])


def _choose(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The best, and what comes close to it, unless one that is chosen says the same, or has all that it has of the
    question and more: beside the row of the operating profit, that of the gross profit is no answer."""
    chosen: list[_Candidate] = []
    for candidate in candidates:
        if chosen and candidate.score < CLOSE_ENOUGH * chosen[0].score:
            break
        if not any(_alike(candidate.tokens, other.tokens) or candidate.met < other.met for other in chosen):
            chosen.append(candidate)
        if len(chosen) == MOST_SENTENCES:
            break
    return chosen


def _alike(one: Set[str], other: Set[str]) -> bool:
    return len(one & other) >= SAME * max(1, len(one | other))


def _in_reading_order(chosen: Sequence[_Candidate]) -> list[_Candidate]:
    documents = list(dict.fromkeys(candidate.unit.source.passage.document.id for candidate in chosen))
    return sorted(chosen, key=lambda item: (documents.index(item.unit.source.passage.document.id), item.unit.start))


def _sentence(unit: Unit, terms: Sequence[Term]) -> AnswerSentence:
    asked = None if unit.row is None else asked_cell(unit.row, terms)
    if unit.row is None or asked is None:
        return AnswerSentence(text=unit.text, citations=(cite(unit.source, unit.start, unit.end),))
    value, headers = asked
    named = ", ".join(part for part in (unit.row.header, *headers) if part)
    (span,) = (
        span
        for span in spans_of(unit.source.document, value.start, value.end)
        if span.cell == (value.row, value.column)
    )
    cell = CitedCell(
        row=value.row,
        column=value.column,
        row_header=unit.row.header,
        column_headers=headers,
        value=span.quote,
        span=span,
    )
    text = f"{named}: {span.quote}" if named else span.quote
    return AnswerSentence(text=text, citations=(cite(unit.source, unit.start, unit.end, cell=cell),))
