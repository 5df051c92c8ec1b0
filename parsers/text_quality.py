"""Does a text layer read like text? Told without a dictionary, so that it holds for any language of Latin script.

A font that maps its glyphs to the wrong characters gives words without vowels; a poor OCR gives letters mixed with
digits, stray marks and changes of case. Both are only suspicions: a sample read anew from the pixels decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from parsers.content import PrintedLine
from parsers.plain_text import count_unmapped

_VOWELS = frozenset("aeiouyæøœı")
_LETTERS_AROUND_DIGITS = re.compile(r"[^\W\d_]\d+[^\W\d_]")
_STRAY_MARKS = re.compile(r"[|~^\\{}¦¬■][^\W_]|[^\W_][|~^\\{}¦¬■]|[^\w\s.\-–—_$*]{4,}")
_CASE_CHANGES = re.compile(r"[a-zß-ÿ][A-ZÀ-Þ]")
_WORD = re.compile(r"[^\W_]+")
# Fewer tokens say nothing.
_FEWEST_TOKENS = 12
_LONG_WORD = 4


def odd_share(lines: Iterable[PrintedLine]) -> float:
    """The share of tokens that no writer would write; 0 where there are too few to tell.

    Text layers of filings and reports have .005 at the most (109 pages measured).
    """
    tokens = [word.text for line in lines for word in line.words if len(word.text) > 1]
    if len(tokens) < _FEWEST_TOKENS:
        return 0.0
    return sum(map(_is_odd, tokens)) / len(tokens)


def agreement(first: Sequence[PrintedLine], second: Sequence[PrintedLine]) -> float:
    """How far two readings of the same place have the same words, without regard to order and case (F1)."""
    one, other = _words(first), _words(second)
    total = sum(one.values()) + sum(other.values())
    return 2 * sum((one & other).values()) / total if total else 0.0


def _words(lines: Sequence[PrintedLine]) -> Counter[str]:
    return Counter(word.casefold() for line in lines for word in _WORD.findall(line.text))


def _is_odd(token: str) -> bool:
    if count_unmapped(token) or _LETTERS_AROUND_DIGITS.search(token) or _STRAY_MARKS.search(token):
        return True
    if len(_CASE_CHANGES.findall(token)) > 1:
        return True
    return any(_has_no_vowel(word) for word in _WORD.findall(token))


def _has_no_vowel(word: str) -> bool:
    """Whether a longer word of Latin letters, not an abbreviation in capitals, has no vowel."""
    if len(word) < _LONG_WORD or not word.isalpha() or word[1:].isupper():
        return False
    plain = unicodedata.normalize("NFD", word.casefold())
    return plain[0].isascii() and not _VOWELS.intersection(plain)
