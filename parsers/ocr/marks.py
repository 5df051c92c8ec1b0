"""Small marks that a recogniser mixes up, settled by what the rest of the page has.

A typographic apostrophe is read as a straight one nearly always, and a comma in a noisy figure as a point now and then;
but the model also says how likely it thinks the other mark, and a page is set in one way throughout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

RIVALS: Final = {"'": "’", '"': "”", ".": ",", ",": ".", "S": "$", "O": "0"}
"""The character that each of these is mixed up with."""

# Straight quotation marks are typographic ones when the model thinks these so likely, relative to the straight ones
# (mean over the page). Measured in four fonts at two sizes and on three filings: at most .0014 for straight marks, at
# least .0047 for typographic ones.
_CURVED_SHARE = 0.003
# A mark in a figure is its rival when that is so likely, relative to it, and the page has so many more of the rival.
_RIVAL_SHARE = 0.03
_RIVAL_FIGURES = 4
_RIVAL_MAJORITY = 3
# A letter that stands alone is the sign or figure of its shape when the model thinks that so likely, relative to it.
# Measured: lone signs read as letters .005 and more, letters in words .0003 and less but for one of .006.
_LONE_LETTERS = "SO"
_LONE_SHARE = 0.004
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}([.,])\d{3}(?![\d])")


def typographic(ratios: Sequence[float]) -> bool:
    """Whether a page has typographic quotation marks: `ratios` compare both readings of each straight one."""
    return bool(ratios) and sum(ratios) > _CURVED_SHARE * len(ratios)


def grouping_mark(texts: Sequence[str]) -> str | None:
    """The mark that this page has between groups of three digits, where that is plain; else None."""
    found = [match for text in texts for match in _GROUPED.findall(text)]
    for mark in (",", "."):
        count = found.count(mark)
        if count >= _RIVAL_FIGURES and count >= _RIVAL_MAJORITY * (len(found) - count):
            return mark
    return None


def grouped(word: str, ratios: Sequence[float], mark: str) -> str:
    """The word with the mark between groups of digits that the page has, where the model allows for it."""
    settled = list(word)
    for match in _GROUPED.finditer(word):
        place = match.start(1)
        if word[place] != mark and ratios[place] >= _RIVAL_SHARE:
            settled[place] = mark
    return "".join(settled)


def lone(letter: str, ratio: float) -> str:
    """What a letter is that has a line of its own: in a table a currency sign or a zero, where the model allows it."""
    return RIVALS[letter] if letter in _LONE_LETTERS and ratio >= _LONE_SHARE else letter


def curve(word: str) -> str:
    """The word with typographic quotation marks: an opening one where nothing but brackets stands before it."""
    curved: list[str] = []
    for character in word:
        if character not in "'\"":
            curved.append(character)
            continue
        opening = all(before in "([{‘“" for before in curved) and len(word) > 1
        curved.append(("“" if opening else "”") if character == '"' else ("‘" if opening else "’"))
    return "".join(curved)
