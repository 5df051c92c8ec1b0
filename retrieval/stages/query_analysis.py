"""What a question asks for: the text that is looked for by meaning, the words that are looked for in passages and in
titles, and what the collection's own words add to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retrieval.options import RetrieveQuery, StageOptions
from retrieval.periods import find_periods
from retrieval.profile import CollectionProfile, Profile
from retrieval.question_terms import TermKind, question_terms
from retrieval.stages.expansion import Expansion, expansions_of, other_names
from retrieval.stages.question_grammar import QuestionParts, question_parts, questions_in
from retrieval.tokens import question_tokens

# More words than a question has; a pasted page as a question must not become a query of thousands of terms.
MAX_TOKENS = 256

MAX_QUESTIONS = 4
"""A text with more questions than this is looked for as a whole: each question costs a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedQuery:
    """`text` is what is embedded, `tokens` what BM25 looks for in passages and pages, `title_tokens` what it looks for
    in titles. `expansions`: phrases of the collection's profile and glossary, which are in `tokens` as well."""

    text: str
    tokens: tuple[str, ...]
    title_tokens: tuple[str, ...]
    parts: QuestionParts
    periods: tuple[str, ...] = ()
    expansions: tuple[Expansion, ...] = ()

    @property
    def weighted_texts(self) -> tuple[tuple[str, float], ...]:
        """The texts whose weighted vectors make the question's: its own, and one of all expansions behind the names in
        the question (without them the vector goes astray to other documents), with their mean weight."""
        if not self.expansions:
            return ((self.text, 1.0),)
        names = " ".join(term.text for term in question_terms(self.parts.asked) if term.kind is not TermKind.WORD)
        phrases = ", ".join(expansion.phrase for expansion in self.expansions)
        weight = sum(expansion.weight for expansion in self.expansions) / len(self.expansions)
        return ((self.text, 1.0), (f"{names} {phrases}".strip(), weight))

    def told(self) -> dict[str, Any]:
        """What the query plan says of the question: numbers, periods, and the collection's own phrases."""
        return {
            "tokens": len(self.tokens),
            "places": len(self.parts.places),
            "ingredients": len(self.parts.ingredients),
            "periods": list(self.periods),
            "expansions": [expansion.phrase for expansion in self.expansions],
        }


def analyse(
    query: RetrieveQuery, languages: Sequence[str] = (), profiles: Sequence[CollectionProfile] = ()
) -> AnalysedQuery:
    """White space is collapsed, then each stage that `query.stages` has on adds its part.

    `languages` are those of the documents that are searched (ISO 639-1): the question's words are stemmed by them.
    `profiles` are those of the collections that are searched.
    """
    written = " ".join(query.query.split())
    parts = question_parts(written) if query.stages.grammar else QuestionParts(asked=written)
    return _analysed(parts, query.stages, languages, profiles)


def questions_of(
    query: RetrieveQuery,
    whole: AnalysedQuery,
    languages: Sequence[str] = (),
    profiles: Sequence[CollectionProfile] = (),
) -> tuple[AnalysedQuery, ...]:
    """Each question of several by itself, with the places and ingredients of the whole; else the whole alone. One that
    names nothing ("And who sells it?") takes the names of the one before."""
    asked = questions_in(whole.parts.asked) if query.stages.decomposition else ()
    if not 1 < len(asked) <= MAX_QUESTIONS:
        return (whole,)
    analysed = []
    names = ""
    for question in asked:
        own = " ".join(term.text for term in question_terms(question) if term.kind is TermKind.NAME)
        text = question if own else f"{question} {names}".strip()
        names = own or names
        analysed.append(_analysed(replace(whole.parts, asked=text), query.stages, languages, profiles))
    return tuple(analysed)


def _analysed(
    parts: QuestionParts, stages: StageOptions, languages: Sequence[str], profiles: Sequence[CollectionProfile]
) -> AnalysedQuery:
    known = [one.profile for one in profiles if one.profile is not None] if stages.profile else []
    glossaries = [one.glossary for one in profiles if one.glossary is not None] if stages.glossary else []
    expansions = expansions_of(parts.sought, known, glossaries)
    periods = find_periods(parts.asked, _patterns(known)) if stages.periods else ()
    days = [period for period in periods if len(period) == len("2023-06-30")]
    own = question_tokens(parts.sought, languages)
    return AnalysedQuery(
        text=parts.sought,
        tokens=_tokens(own, (*days, *(expansion.phrase for expansion in expansions)), languages),
        title_tokens=_tokens(own, (*periods, *other_names(parts.asked, known)), languages),
        parts=parts,
        periods=periods,
        expansions=expansions,
    )


def _patterns(profiles: Iterable[Profile]) -> tuple[str, ...]:
    return tuple(pattern for profile in profiles for pattern in profile.period_patterns)


def _tokens(own: Sequence[str], added: Iterable[str], languages: Sequence[str]) -> tuple[str, ...]:
    """The question's tokens, then those of the added phrases that are new; at most `MAX_TOKENS`."""
    known = set(own)
    more = (token for phrase in added for token in question_tokens(phrase, languages))
    return (*own, *dict.fromkeys(token for token in more if token not in known))[:MAX_TOKENS]
