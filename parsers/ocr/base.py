"""What an OCR engine is: something that reads upright printed text from a raster, and says how sure it is.

A new engine is one file in this folder and one line in the registry of `parsers/ocr/engines.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from parsers.content import Pixels, Word
from parsers.model import Box

UNCERTAIN: Final = 0.8
"""A word of a lower confidence is uncertain."""

_CERTAIN: Final = 0.95
_CERTAIN_NUMBER: Final = 0.99
"""From here on a word, or a word with digits, is as good as certain. Measured with RapidOCR on eight coarse or noisy
pages: of the words 98 % were right from .95 on, 76 % from .9 to .95 and 50 % from .8 to .9; of the numbers 80 % from
.99 on and 38 % from .95 to .99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrWord:
    """Characters between white space, in pixels of the raster that was read. `confidence` from 0 to 1."""

    text: str
    bbox: Box
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrLine:
    """Words on one baseline, from left to right; all in pixels.

    `baseline` is the y that they stand on, `size` an estimate of the font's size; `bold` is found out
    for a whole page (`parsers/ocr/weight.py`).
    """

    words: tuple[OcrWord, ...]
    bbox: Box
    baseline: float
    size: float
    confidence: float
    bold: bool = False

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


class OcrEngine(Protocol):
    """`price` is what a page costs in the policy's fixed prices."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def price(self) -> float: ...

    def knows(self, language: str) -> bool:
        """Whether it can read a language (`en`, `de-AT`)."""
        ...

    def read(self, pixels: Pixels, languages: Sequence[str]) -> tuple[OcrLine, ...]:
        """The lines of an upright raster, in no particular order. The same pixels give the same lines."""
        ...


def is_certain(word: Word) -> bool:
    """Whether OCR read this word, and is as good as certain of it."""
    least = _CERTAIN_NUMBER if any(map(str.isdigit, word.text)) else _CERTAIN
    return word.confidence is not None and word.confidence >= least
