"""The language that a document is written in, where it does not say so itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from parsers.preloading import ModuleUnusable, require
from parsers.reading import Block, PageReading

_LONGEST_SAMPLE: Final = 20_000
_FEWEST_LETTERS: Final = 40
_FEWEST_IDEOGRAPHS: Final = 10
_FEWEST_WORDS: Final = 20
# Function words that hardly occur in other languages: about a quarter of English prose, and at most .04 of the words of
# legal prose in German, Dutch, French, Danish, Norwegian, Afrikaans and Hungarian.
_ENGLISH: Final = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "for",
        "that",
        "with",
        "by",
        "from",
        "this",
        "are",
        "were",
        "which",
        "or",
        "has",
        "have",
        "been",
        "be",
        "it",
        "its",
        "as",
        "at",
        "an",
        "our",
        "their",
        "these",
    ]
)
_ENGLISH_SHARE: Final = 0.16
_NOT_WORDS: Final = re.compile(r"[\W\d_]+")
_IDEOGRAPH: Final = re.compile("[\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af]")


def detect_language(text: str) -> str | None:
    """The language as an ISO 639-1 code, or None for a text too short to tell: below 40 letters (10 of Chinese).

    The same text gives the same answer on any machine. A text longer than 20,000 characters is judged by its
    beginning. Numbers and signs are left out: a table of figures would be taken for any language. Raises
    `ModulesNeeded` in a worker that was forked without the model.
    """
    words = _NOT_WORDS.sub(" ", text[:_LONGEST_SAMPLE]).strip()
    letters = len(words) - words.count(" ")
    if letters < _FEWEST_LETTERS and len(_IDEOGRAPH.findall(words)) < _FEWEST_IDEOGRAPHS:
        return None
    if _is_plainly_english(words):
        return "en"
    try:
        code = str(require("parsers.language_model").classify(words))
    except ModuleUnusable:
        return None
    return code if len(code) == 2 else None


def _is_plainly_english(words: str) -> bool:
    """Whether so many words are English function words that no model needs to be asked."""
    every = words.casefold().split()
    return len(every) >= _FEWEST_WORDS and sum(map(_ENGLISH.__contains__, every)) >= _ENGLISH_SHARE * len(every)


def language_of_page(page: PageReading) -> str | None:
    """The language of what a reader sees of a page."""
    parts: list[str] = []
    length = 0
    for text in (text for block in page.blocks for text in _texts(block)):
        parts.append(text)
        length += len(text)
        if length > _LONGEST_SAMPLE:
            break
    return detect_language(" ".join(parts))


def language_of_most(pages: Iterable[PageReading]) -> str | None:
    """The language of most characters; of several with as many, the first in the alphabet."""
    counts: dict[str, int] = {}
    for page in pages:
        if page.language is not None:
            counts[page.language] = counts.get(page.language, 0) + page.characters
    return min(counts, key=lambda language: (-counts[language], language)) if counts else None


def _texts(block: Block) -> Iterator[str]:
    if block.flags:
        return
    yield from (line.text for line in block.lines)
    if block.typed is not None and not block.typed.flags:
        yield block.typed.text
    if block.table is not None:
        yield from (cell.text for cell in block.table.cells)
    if block.figure is not None:
        yield from (line.text for line in block.figure.lines)
