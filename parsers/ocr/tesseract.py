"""Tesseract, where it is installed with its language data: half the price of the default engine on clean scans.

It runs in process (tesserocr), since a sealed worker starts no programs. Orientation and skew were corrected before, so
only its page segmentation and its LSTM recogniser are used. Tables and noise are what it is weak at: see
`parsers/ocr/reading.py` for when its reading counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import cv2

from parsers import prices
from parsers.content import Pixels
from parsers.model import Box
from parsers.ocr.base import OcrLine, OcrWord
from parsers.ocr.raster import image_of
from parsers.ocr.tessdata import data_folder, tesseract_languages
from parsers.plain_text import clean_text

# ISO 639-1 to the names of tesseract's files (three letters of ISO 639-2/T, but for Chinese).
_NAMES = {
    "en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "pt": "por", "nl": "nld", "sv": "swe",
    "da": "dan", "no": "nor", "nb": "nor", "fi": "fin", "pl": "pol", "cs": "ces", "sk": "slk", "sl": "slv",
    "hu": "hun", "ro": "ron", "bg": "bul", "el": "ell", "ru": "rus", "uk": "ukr", "tr": "tur", "ar": "ara",
    "he": "heb", "hi": "hin", "th": "tha", "vi": "vie", "id": "ind", "ja": "jpn", "ko": "kor", "zh": "chi_sim",
    "hr": "hrv", "sr": "srp", "lt": "lit", "lv": "lav", "et": "est", "ca": "cat", "fa": "fas",
}  # fmt: skip
_DEFAULT = "eng"
_RESOLUTION = 200
_MOST_LANGUAGES = 3


class TesseractEngine:
    """Tesseract's LSTM engine with automatic page segmentation."""

    name = "tesseract"
    price = prices.TESSERACT_PAGE

    @property
    def version(self) -> str:
        import tesserocr  # noqa: PLC0415  (optional: only where tesseract is installed)

        return str(tesserocr.tesseract_version().split()[1])

    def knows(self, language: str) -> bool:
        return _NAMES.get(language.split("-")[0], language) in tesseract_languages()

    def read(self, pixels: Pixels, languages: Sequence[str]) -> tuple[OcrLine, ...]:
        grey = cv2.cvtColor(image_of(pixels), cv2.COLOR_RGB2GRAY)
        api = _api("+".join(_names(languages)))
        try:
            api.SetImageBytes(grey.tobytes(), pixels.width, pixels.height, 1, pixels.width)
            api.SetSourceResolution(_RESOLUTION)
            api.Recognize()
            return tuple(_lines(api))
        finally:
            api.Clear()


def _names(languages: Sequence[str]) -> list[str]:
    """Tesseract's names of the languages it has of those asked for; English, or else any, where it has none."""
    installed = tesseract_languages()
    names = [_NAMES.get(language.split("-")[0], language) for language in languages]
    known = [name for name in dict.fromkeys(names) if name in installed][:_MOST_LANGUAGES]
    return known or [_DEFAULT if _DEFAULT in installed else min(installed)]


@cache
def _api(languages: str) -> Any:
    import tesserocr  # noqa: PLC0415

    return tesserocr.PyTessBaseAPI(
        path=str(data_folder()), lang=languages, psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY
    )


def load_default_language() -> None:
    """Load the language that pages are read with when none is named."""
    _api("+".join(_names(())))


def _lines(api: Any) -> Iterator[OcrLine]:
    from tesserocr import RIL, iterate_level  # noqa: PLC0415

    words: list[OcrWord] = []
    place: Box = (0.0, 0.0, 0.0, 0.0)
    baseline = size = 0.0
    for item in iterate_level(api.GetIterator(), RIL.WORD):
        if item.IsAtBeginningOf(RIL.TEXTLINE):
            if words:
                yield _line(words, place, baseline, size)
            words = []
            place = _box(item.BoundingBox(RIL.TEXTLINE))
            ends = item.Baseline(RIL.TEXTLINE)
            size = float(item.RowAttributes()["row_height"])
            baseline = (ends[0][1] + ends[1][1]) / 2 if ends else place[3]
        box = item.BoundingBox(RIL.WORD)
        if item.Empty(RIL.WORD) or box is None:
            continue
        text = clean_text(item.GetUTF8Text(RIL.WORD))
        if text:
            words.append(OcrWord(text=text, bbox=_box(box), confidence=item.Confidence(RIL.WORD) / 100))
    if words:
        yield _line(words, place, baseline, size)


def _box(box: tuple[int, int, int, int] | None) -> Box:
    return (0.0, 0.0, 0.0, 0.0) if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def _line(words: Sequence[OcrWord], place: Box, baseline: float, size: float) -> OcrLine:
    weights = [len(word.text) for word in words]
    confidence = sum(word.confidence * len(word.text) for word in words) / sum(weights)
    return OcrLine(words=tuple(words), bbox=place, baseline=baseline, size=size, confidence=confidence)
