"""What a question asks for: the text that is looked for by meaning, the words that are looked for in passages and in
titles, and what the collection's own words add to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.options import RetrieveQuery
from retrieval.periods import find_periods
from retrieval.profile import CollectionProfile, Profile
from retrieval.stages.expansion import Expansion, expansions_of, other_names
from retrieval.stages.question_grammar import QuestionParts, question_parts
from retrieval.tokens import question_tokens

# More words than a question has; a pasted page as a question must not become a query of thousands of terms.
MAX_TOKENS = 256


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
        """The texts whose weighted vectors make the question's: its own, and one of all expansions of equal weight."""
        phrases: dict[float, list[str]] = {}
        for expansion in self.expansions:
            phrases.setdefault(expansion.weight, []).append(expansion.phrase)
        return ((self.text, 1.0), *((", ".join(alike), weight) for weight, alike in phrases.items()))

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
    stages = query.stages
    written = " ".join(query.query.split())
    parts = question_parts(written) if stages.grammar else QuestionParts(asked=written)
    text = parts.sought
    known = [one.profile for one in profiles if one.profile is not None] if stages.profile else []
    glossaries = [one.glossary for one in profiles if one.glossary is not None] if stages.glossary else []
    expansions = expansions_of(text, known, glossaries)
    periods = find_periods(parts.asked, _patterns(known)) if stages.periods else ()
    own = question_tokens(text, languages)
    return AnalysedQuery(
        text=text,
        tokens=_tokens(own, (expansion.phrase for expansion in expansions), languages),
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
