"""The words of a question by what they say of the answer: names and numbers must be met, other words may be put
differently."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from retrieval.tokens import tokenize

_PIECE = re.compile(r"\S+")
_EDGES = "\"'“”‘’«»()[]{}<>,;:!?.…"
_SENTENCE_END = ".?!:…"
_ASKS_HOW = frozenset({"how", "wie"})
_MODAL = frozenset({"may", "might", "must", "shall"})


class TermKind(StrEnum):
    NUMBER = "number"
    NAME = "name"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of the question as it is written, and the tokens that it can be met by (any of them)."""

    text: str
    kind: TermKind
    tokens: frozenset[str]

    def met_by(self, tokens: Set[str]) -> bool:
        return not self.tokens.isdisjoint(tokens)


def question_terms(text: str) -> tuple[Term, ...]:
    """The different terms in the order of the question; stop words are none, nor is the measure that a question asks
    by ("how many"), nor a modal verb.

    A number has a digit; a name has a capital where the language asks for none: inside the word, or at the beginning of
    a word that does not begin a sentence. In a text without small letters nothing is a name.

    >>> [term.text for term in question_terms("How often may staff travel?")]
    ['staff', 'travel']
    >>> [(term.text, str(term.kind)) for term in question_terms("What did Acme pay for 3 GPUs in FY2022?")]
    [('Acme', 'name'), ('pay', 'word'), ('3', 'number'), ('GPUs', 'name'), ('FY2022', 'number')]
    """
    cased = any(character.islower() for character in text)
    terms: dict[frozenset[str], Term] = {}
    begins, before = True, ""
    for piece in _PIECE.findall(text):
        word = piece.strip(_EDGES)
        tokens = frozenset(tokenize(word))
        asks = before in _ASKS_HOW or (word.casefold() in _MODAL and (begins or word.islower()))
        if tokens and tokens not in terms and not asks:
            terms[tokens] = Term(text=word, kind=_kind(word, begins=begins, cased=cased), tokens=tokens)
        begins, before = piece.rstrip("\"'”’)")[-1:] in _SENTENCE_END, word.casefold()
    return tuple(terms.values())


def _kind(word: str, *, begins: bool, cased: bool) -> TermKind:
    if any(character.isdigit() for character in word):
        return TermKind.NUMBER
    inner = any(character.isupper() for character in word[1:])
    if cased and (inner or (word[0].isupper() and not begins)):
        return TermKind.NAME
    return TermKind.WORD
