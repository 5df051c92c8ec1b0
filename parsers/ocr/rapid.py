"""The engine that is always there: PP-OCRv6 through onnxruntime. Robust to noise and low resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from parsers import prices
from parsers.content import Pixels
from parsers.ocr.base import OcrLine, OcrWord
from parsers.ocr.detection import find_text
from parsers.ocr.models import models_version
from parsers.ocr.raster import image_of
from parsers.ocr.recognition import ReadCharacter, ReadLine, is_east_asian, read_line, word_spans
from parsers.plain_text import clean_text

# The detector looks at pages scaled to this; larger costs more and finds no more (measured at 960, 1,280, 1,600).
_DETECTION_SIDE = 1_280
# A page is read as East Asian when this share of its characters is.
_EAST_ASIAN_SHARE = 0.15
_EAST_ASIAN = frozenset({"zh", "ja", "ko"})
# Straight quotation marks are typographic ones when the model thinks these so likely, as a share (geometric mean over
# the page). Measured: below .0002 for straight marks of five fonts, above .001 for typographic ones.
_CURVED_SHARE = 0.0005
# The font's size as a share of the height of a detected line (measured on rendered text of 7 to 24 points).
_SIZE = 0.75
# Languages of Latin script that the recogniser's characters cover, beside those of East Asia.
_LATIN = (
    "af ca cs cy da de en es et eu fi fr ga gl hr hu id is it la lb lt lv ms mt nb nl nn no pl pt ro sk sl sq sv sw tr"
)


class RapidEngine:
    """Detector, then recogniser, line by line."""

    name = "rapidocr"
    price = prices.RAPIDOCR_PAGE

    @property
    def version(self) -> str:
        return models_version()

    def knows(self, language: str) -> bool:
        return language.split("-")[0] in _EAST_ASIAN.union(_LATIN.split())

    def read(self, pixels: Pixels, languages: Sequence[str]) -> tuple[OcrLine, ...]:
        image = image_of(pixels)
        side = min(_DETECTION_SIDE, max(pixels.width, pixels.height))
        found = (read_line(image, place) for place in find_text(image, side))
        lines = [line for line in found if line is not None]
        east_asian = _is_east_asian(lines, languages)
        curved = _is_curved(lines)
        read = (_finish(line, line.every if east_asian else line.latin, curved=curved) for line in lines)
        return tuple(line for line in read if line is not None)


def _is_east_asian(lines: Sequence[ReadLine], languages: Sequence[str]) -> bool:
    if languages:
        return any(language.split("-")[0] in _EAST_ASIAN for language in languages)
    characters = [character.text for line in lines for character in line.every if character.likely >= 0.5]
    return sum(map(is_east_asian, characters)) > _EAST_ASIAN_SHARE * len(characters)


def _is_curved(lines: Sequence[ReadLine]) -> bool:
    ratios = [ratio for line in lines for ratio in line.curved]
    return bool(ratios) and float(np.mean(ratios)) > math.log(_CURVED_SHARE)


def _finish(line: ReadLine, characters: tuple[ReadCharacter, ...], *, curved: bool) -> OcrLine | None:
    words: list[OcrWord] = []
    for start, end, left, right in word_spans(line, characters):
        text = clean_text("".join(character.text for character in characters[start:end]))
        if text:
            confidence = sum(character.likely for character in characters[start:end]) / (end - start)
            bbox = (left, line.bbox[1], right, line.bbox[3])
            words.append(OcrWord(text=_curve(text) if curved else text, bbox=bbox, confidence=confidence))
    if not words:
        return None
    weights = [len(word.text) for word in words]
    confidence = sum(word.confidence * len(word.text) for word in words) / sum(weights)
    size = _SIZE * (line.bbox[3] - line.bbox[1])
    return OcrLine(words=tuple(words), bbox=line.bbox, baseline=line.baseline, size=size, confidence=confidence)


def _curve(word: str) -> str:
    """The word with typographic quotation marks: an opening one where nothing but brackets stands before it."""
    curved: list[str] = []
    for character in word:
        if character not in "'\"":
            curved.append(character)
            continue
        opening = all(before in "([{‘“" for before in curved) and len(word) > 1
        curved.append(("“" if opening else "”") if character == '"' else ("‘" if opening else "’"))
    return "".join(curved)
