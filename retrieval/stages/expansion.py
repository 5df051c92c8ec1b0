"""What a collection's profile and glossary add to a question: other words for what it says.

Phrases are met as words: by their lexical tokens, one after another, so that case and inflection don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.profile import DEFAULT_WEIGHT, Glossary, Profile
from retrieval.tokens import tokenize

MAX_EXPANSIONS = 32
"""Phrases that are added to one question, best first: each makes the lists by words longer."""

_MARK = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """`weight`: of the phrase's vector beside the question's."""

    phrase: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """`phrases` as marked tokens."""

    phrases: tuple[str, ...]
    adds: tuple[str, ...]
    weight: float


def expansions_of(text: str, profiles: Iterable[Profile], glossaries: Iterable[Glossary]) -> tuple[Expansion, ...]:
    """What the source hints of the profiles and the entries of the glossaries add to `text`, heaviest first; nothing
    that it says already."""
    said = _marked(text)
    rules = (*(rule for profile in profiles for rule in _hints(profile)), *_entries_of(glossaries))
    found: dict[str, float] = {}
    for rule in rules:
        if any(phrase in said for phrase in rule.phrases):
            for added in rule.adds:
                if _marked(added) not in said:
                    found[added] = max(rule.weight, found.get(added, 0.0))
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return tuple(Expansion(phrase=phrase, weight=weight) for phrase, weight in ordered[:MAX_EXPANSIONS] if weight > 0)


def other_names(text: str, profiles: Sequence[Profile]) -> tuple[str, ...]:
    """The other names of the organisations and kinds of documents that `text` names, in the order of the profiles."""
    said = _marked(text)
    names = (
        name for profile in profiles for same in _names(profile) if any(one in said for _, one in same) for name in same
    )
    return tuple(dict.fromkeys(name for name, marked in names if marked not in said))


def _entries_of(glossaries: Iterable[Glossary]) -> Iterator[_Rule]:
    for glossary in glossaries:
        yield from _entries(glossary)


@lru_cache(maxsize=64)
def _entries(glossary: Glossary) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(phrases=_all_marked(entry.terms), adds=entry.expansions, weight=entry.weight)
        for entry in glossary.entries
    )


@lru_cache(maxsize=64)
def _hints(profile: Profile) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(phrases=_all_marked(hint.phrases), adds=hint.looks_for, weight=DEFAULT_WEIGHT)
        for hint in profile.source_hints
    )


@lru_cache(maxsize=64)
def _names(profile: Profile) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Per thing its names, each with its marked tokens."""
    things = (*profile.organisations, *profile.document_kinds)
    return tuple(
        tuple((name, marked) for name in (thing.name, *thing.aliases) if (marked := _marked(name)) != _MARK)
        for thing in things
    )


def _all_marked(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(marked for phrase in phrases if (marked := _marked(phrase)) != _MARK)


def _marked(text: str) -> str:
    """The tokens with a mark before, between and after them: a phrase's is within a text's where its words are."""
    return _MARK + "".join(token + _MARK for token in tokenize(text))
