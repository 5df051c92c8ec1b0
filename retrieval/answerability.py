"""How likely the passages found answer the question, as a probability with a reason.

Looked at are the question's names, numbers and other words (`retrieval.question_terms`): which of them one document
has, in what names it or in its best passages, and how near the best passage is by meaning. A collection without the
answer mostly has near passages all the same (another company's, another year's); what it does not have is one document
that is named as the question names it.

The coefficients are those of a logistic regression over questions asked with and without the documents that answer
them: see `benchmarks/answerability.py` and docs/decisions/0021-answers.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from retrieval.model import Chunk
from retrieval.options import CandidateList
from retrieval.ports import DocumentView
from retrieval.question_terms import Term, TermKind, question_terms
from retrieval.ranking import Ranked
from retrieval.results import Answerability
from retrieval.stages.query_analysis import AnalysedQuery
from retrieval.tokens import tokenize

LOOKED_AT = 5
"""Passages, best first, that are looked at; ten told no more."""

NAMED = 3
"""Characters that a name must have to be looked for inside the words of a title ("ACMEWORKS" for "Acme")."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_POSSESSIVE = re.compile(r"['’]s$", re.I)
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What the probability is computed from, each 0..1; of the document that fits the question best.

    similarity    cosine of the nearest passage, of any document
    named         1 if a name of the question names the document, 0 if none does, .5 if it has no name
    dated         the same for its years
    named_dated   their product
    names, numbers, words   share of those of the question that the document has; 1 if it has none
    passage       share of all of them that one passage has, with what names its document
    """

    similarity: float
    named: float
    dated: float
    named_dated: float
    names: float
    numbers: float
    words: float
    passage: float


CONSTANT = -7.61
WEIGHTS = Signals(
    similarity=1.41,
    named=-0.30,
    dated=1.69,
    named_dated=2.61,
    names=1.30,
    numbers=1.35,
    words=1.41,
    passage=2.46,
)
"""Fitted by `benchmarks.answerability` on filings, templates, the questions of eval_data and foreign questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A document of the best passages: the tokens of what names it, the same as letters with nothing between them, and
    the tokens of each of its passages."""

    title_tokens: frozenset[str]
    title_letters: str
    passages: tuple[frozenset[str], ...]

    def is_named_by(self, term: Term) -> bool:
        if term.met_by(self.title_tokens):
            return True
        letters = _letters(_POSSESSIVE.sub("", term.text))
        if term.kind is TermKind.NUMBER:
            year = _YEAR.search(letters)
            return (year.group() if year else letters) in self.title_letters and len(letters) > 1
        return len(letters) >= NAMED and letters in self.title_letters

    def has(self, term: Term) -> bool:
        return self.is_named_by(term) or any(term.met_by(tokens) for tokens in self.passages)


def answerability(question: AnalysedQuery, ranked: Ranked, chunks: Sequence[Chunk]) -> Answerability:
    """The probability, 0..1, that `chunks` (the passages of the best candidates, in their order) answer the question.

    The reason says in the question's own words what speaks most against it; it never quotes a document.
    """
    if not chunks:
        return Answerability(score=0.0, reason="Nothing was found.")
    terms = question_terms(question.parts.asked or question.text)
    signals, best = _best(terms, ranked, chunks[:LOOKED_AT])
    return Answerability(score=round(probability(signals), 3), reason=_reason(terms, best))


def signals_of(question: AnalysedQuery, ranked: Ranked, chunks: Sequence[Chunk]) -> Signals:
    """What `answerability` is computed from. `chunks` has at least one."""
    return _best(question_terms(question.parts.asked or question.text), ranked, chunks[:LOOKED_AT])[0]


def probability(signals: Signals) -> float:
    """Of the logistic regression.

    >>> all_there = Signals(
    ...     similarity=0.8, named=1, dated=1, named_dated=1, names=1, numbers=1, words=1, passage=1
    ... )
    >>> probability(all_there) > 0.8
    True
    """
    total = CONSTANT + sum(getattr(WEIGHTS, each.name) * getattr(signals, each.name) for each in fields(Signals))
    return 1 / (1 + math.exp(-total))


def _best(terms: Sequence[Term], ranked: Ranked, chunks: Sequence[Chunk]) -> tuple[Signals, _Candidate]:
    """The signals of the document that fits best, and that document; of equals the better ranked."""
    similarity = _similarity(ranked)
    scored = [(_signals(terms, candidate, similarity), candidate) for candidate in _candidates(ranked, chunks)]
    return max(scored, key=lambda one: _fit(one[0]))


def _fit(signals: Signals) -> float:
    return signals.named + 0.6 * signals.dated + signals.names + signals.numbers + signals.words


def _signals(terms: Sequence[Term], candidate: _Candidate, similarity: float) -> Signals:
    names = [term for term in terms if term.kind is TermKind.NAME]
    numbers = [term for term in terms if term.kind is TermKind.NUMBER]
    words = [term for term in terms if term.kind is TermKind.WORD]
    named = _any_names(names, candidate)
    dated = _any_names([term for term in numbers if _YEAR.search(term.text)], candidate)
    in_title = {term.text for term in terms if candidate.is_named_by(term)}
    passage = max(sum(term.text in in_title or term.met_by(tokens) for term in terms) for tokens in candidate.passages)
    return Signals(
        similarity=similarity,
        named=named,
        dated=dated,
        named_dated=named * dated,
        names=_share(names, candidate),
        numbers=_share(numbers, candidate),
        words=_share(words, candidate),
        passage=passage / len(terms) if terms else 1.0,
    )


def _any_names(terms: Sequence[Term], candidate: _Candidate) -> float:
    return float(any(candidate.is_named_by(term) for term in terms)) if terms else 0.5


def _share(terms: Sequence[Term], candidate: _Candidate) -> float:
    return sum(candidate.has(term) for term in terms) / len(terms) if terms else 1.0


def _candidates(ranked: Ranked, chunks: Sequence[Chunk]) -> list[_Candidate]:
    found: dict[tuple[str, str], list[frozenset[str]]] = {}
    for chunk in chunks:
        tokens = tokenize("\n".join([*chunk.section_path, chunk.text, chunk.row_context]))
        found.setdefault((chunk.document_id, chunk.parse_id), []).append(frozenset(tokens))
    return [_candidate(ranked.views[key], passages) for key, passages in found.items()]


def _candidate(view: DocumentView, passages: Sequence[frozenset[str]]) -> _Candidate:
    line = view.title if view.facts is None else f"{view.title} {view.facts.line()}"
    return _Candidate(title_tokens=frozenset(tokenize(line)), title_letters=_letters(line), passages=tuple(passages))


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


def _similarity(ranked: Ranked) -> float:
    scores = [candidate.scores.get(CandidateList.DENSE, 0.0) for candidate in ranked.candidates[:LOOKED_AT]]
    return min(1.0, max(scores, default=0.0))


def _reason(terms: Sequence[Term], best: _Candidate) -> str:
    """What is missing, the most telling kind of term first."""
    missing = [term for term in terms if not best.has(term)]
    unnamed = [term for term in terms if term.kind is TermKind.NAME or _YEAR.search(term.text)]
    for kind, what in (
        (TermKind.NAME, "names {}, which no title and none of the best passages has together with the rest."),
        (TermKind.NUMBER, "asks for {}, which the best passages do not have."),
        (TermKind.WORD, "says {}, which the best passages do not."),
    ):
        quoted = [f"'{term.text[:40]}'" for term in missing if term.kind is kind][:3]
        if quoted:
            return "The question " + what.format(" and ".join(quoted))
    if unnamed and not any(best.is_named_by(term) for term in unnamed):
        return "The best passages have every word of the question, but no document is named as the question names it."
    return "The best passages have every word of the question."
