"""What an OCR engine is: something that reads upright printed text from a raster, and says how sure it is.

A new engine is one file in this folder and one line in the registry of `parsers/ocr/engines.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from parsers.content import Pixels
from parsers.model import Box

UNCERTAIN: Final = 0.8
"""A word of a lower confidence is uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrWord:
    """Characters between white space, in pixels of the raster that was read. `confidence` from 0 to 1."""

    text: str
    bbox: Box
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrLine:
    """Words on one baseline, from left to right; all in pixels.

    `baseline` is the y that they stand on, `size` an estimate of the font's size.
    """

    words: tuple[OcrWord, ...]
    bbox: Box
    baseline: float
    size: float
    confidence: float

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
