"""How likely the passages found answer the question, as a probability with a reason.

Measured per question: how near the best passage is by meaning, and which names, numbers and words of the question
the best document and its passages have. The coefficients are those of a logistic regression
(`benchmarks/answerability.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retrieval.model import Chunk
from retrieval.options import CandidateList
from retrieval.question_terms import Term, TermKind, question_terms
from retrieval.ranking import Ranked
from retrieval.results import Answerability
from retrieval.stages.query_analysis import AnalysedQuery
from retrieval.tokens import tokenize

LOOKED_AT = 10
"""Passages, best first, that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What the probability is computed from, each 0..1. A question without names has 1 for `names`; so for the rest.

    similarity   cosine of the nearest of the best passages
    names, numbers, words   share of those of the question that the best document has, in its title or its passages
    """

    similarity: float
    names: float
    numbers: float
    words: float


_CONSTANT = -4.5
_WEIGHTS = Signals(similarity=4.0, names=1.5, numbers=1.0, words=2.0)


def answerability(question: AnalysedQuery, ranked: Ranked, chunks: Sequence[Chunk]) -> Answerability:
    """The probability, 0..1, that `chunks` (the passages of the best candidates, in their order) answer the question.

    The reason says what speaks most against it in the question's own words; it never quotes a document.
    """
    if not chunks:
        return Answerability(score=0.0, reason="Nothing was found.")
    terms = question_terms(question.text)
    documents = _tokens_of_documents(ranked, chunks[:LOOKED_AT])
    best = max(documents, key=lambda tokens: sum(term.met_by(tokens) for term in terms))
    signals = Signals(
        similarity=_similarity(ranked),
        names=_share(terms, TermKind.NAME, best),
        numbers=_share(terms, TermKind.NUMBER, best),
        words=_share(terms, TermKind.WORD, best),
    )
    return Answerability(score=round(_probability(signals), 3), reason=_reason(terms, best))


def _tokens_of_documents(ranked: Ranked, chunks: Iterable[Chunk]) -> list[frozenset[str]]:
    """Per document the tokens of its title and of its passages."""
    found: dict[tuple[str, str], set[str]] = {}
    for chunk in chunks:
        key = chunk.document_id, chunk.parse_id
        if key not in found:
            found[key] = set(tokenize(ranked.views[key].title))
        found[key].update(tokenize("\n".join([chunk.context_header, chunk.text, chunk.row_context])))
    return [frozenset(tokens) for tokens in found.values()]


def _similarity(ranked: Ranked) -> float:
    scores = [candidate.scores.get(CandidateList.DENSE, 0.0) for candidate in ranked.candidates[:LOOKED_AT]]
    return max(scores, default=0.0)


def _share(terms: Sequence[Term], kind: TermKind, tokens: frozenset[str]) -> float:
    of_kind = [term for term in terms if term.kind is kind]
    return sum(term.met_by(tokens) for term in of_kind) / len(of_kind) if of_kind else 1.0


def _probability(signals: Signals) -> float:
    total = _CONSTANT
    for name in Signals.__dataclass_fields__:
        total += getattr(_WEIGHTS, name) * getattr(signals, name)
    return 1 / (1 + math.exp(-total))


def _reason(terms: Sequence[Term], tokens: frozenset[str]) -> str:
    missing = [term for term in terms if not term.met_by(tokens)]
    for kind in (TermKind.NAME, TermKind.NUMBER, TermKind.WORD):
        names = [f"'{term.text[:40]}'" for term in missing if term.kind is kind][:3]
        if names:
            return f"The best passages and their titles do not have: {', '.join(names)}."
    return "The best passages have every word of the question."
