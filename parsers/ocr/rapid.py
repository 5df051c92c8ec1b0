"""The engine that is always there: PP-OCRv6 through onnxruntime. Robust to noise and low resolution."""

from __future__ import annotations

from collections.abc import Sequence

from parsers import prices
from parsers.content import Pixels
from parsers.model import Box
from parsers.ocr.base import OcrLine, OcrWord
from parsers.ocr.dashes import find_dashes
from parsers.ocr.detection import TextPlace, find_text, level_heights
from parsers.ocr.marks import curve, grouped, grouping_mark, lone, typographic
from parsers.ocr.models import Image, models_version
from parsers.ocr.raster import image_of
from parsers.ocr.recognition import ReadCharacter, ReadLine, is_east_asian, read_line, word_spans
from parsers.plain_text import clean_text

# The detector looks at pages scaled to this; larger costs more and finds no more (measured at 960, 1,280, 1,600).
_DETECTION_SIDE = 1_280
# A page is read as East Asian when this share of its characters is.
_EAST_ASIAN_SHARE = 0.15
_EAST_ASIAN = frozenset({"zh", "ja", "ko"})
# The font's size as a share of the height of a detected line (measured on rendered text of 7 to 24 points).
_SIZE = 0.75
# What the letters say of it counts where it is no more different than this.
_SMALLEST, _LARGEST = 0.65, 1.25
# How far letters reach above and below the baseline at the most, as shares of the font's size.
_RISE, _DEPTH = 0.95, 0.25
# Where the baseline of a line stands above its lower edge, as a share of the line's height; for what has none itself.
_FOOT = 0.25
_DASH_CONFIDENCE = 0.9
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
        places = level_heights(find_text(image, min(_DETECTION_SIDE, max(pixels.width, pixels.height))), pixels.height)
        dashes = (dash_line(bbox, sign) for bbox, sign in find_dashes(image, places))
        return (*self.read_places(image, places, languages), *dashes)

    def read_places(self, image: Image, places: Sequence[TextPlace], languages: Sequence[str]) -> tuple[OcrLine, ...]:
        """The lines at these places of an upright raster, those left out where the model sees nothing."""
        lines = [line for line in (read_line(image, place) for place in places) if line is not None]
        east_asian = _is_east_asian(lines, languages)
        readings = [(line, line.every if east_asian else line.latin) for line in lines]
        marks = _Marks(readings)
        finished = (_finish(line, characters, marks) for line, characters in readings)
        return tuple(line for line in finished if line is not None)


class _Marks:
    """How the page sets its quotation marks and its figures."""

    def __init__(self, readings: Sequence[tuple[ReadLine, tuple[ReadCharacter, ...]]]) -> None:
        everything = [character for _, characters in readings for character in characters]
        self._curved = typographic([character.rival for character in everything if character.text in "'\""])
        self._grouping = grouping_mark(["".join(one.text for one in characters) for _, characters in readings])

    def settle(self, characters: Sequence[ReadCharacter], *, alone: bool) -> str:
        word = "".join(character.text for character in characters)
        if self._grouping is not None and len(word) == len(characters):
            word = grouped(word, [character.rival for character in characters], self._grouping)
        if len(characters) == 1 and alone:
            word = lone(word, characters[0].rival)
        return curve(word) if self._curved else word


def _is_east_asian(lines: Sequence[ReadLine], languages: Sequence[str]) -> bool:
    if languages:
        return any(language.split("-")[0] in _EAST_ASIAN for language in languages)
    characters = [character.text for line in lines for character in line.every if character.likely >= 0.5]
    return sum(map(is_east_asian, characters)) > _EAST_ASIAN_SHARE * len(characters)


def dash_line(bbox: Box, sign: str) -> OcrLine:
    """A lone dash as a line: `bbox` as high as a line, as `find_dashes` gives it."""
    word = OcrWord(text=sign, bbox=bbox, confidence=_DASH_CONFIDENCE)
    size = _SIZE * (bbox[3] - bbox[1])
    baseline = bbox[3] - _FOOT * (bbox[3] - bbox[1])
    return OcrLine(words=(word,), bbox=bbox, baseline=baseline, size=size, confidence=_DASH_CONFIDENCE)


def _finish(line: ReadLine, characters: tuple[ReadCharacter, ...], marks: _Marks) -> OcrLine | None:
    usual = _SIZE * (line.bbox[3] - line.bbox[1])
    size = line.size if _SMALLEST * usual <= line.size <= _LARGEST * usual else usual
    # The detector's boxes reach into the lines above and below where these are set close.
    top, bottom = max(line.bbox[1], line.baseline - _RISE * size), min(line.bbox[3], line.baseline + _DEPTH * size)
    words: list[OcrWord] = []
    spans = word_spans(line, characters)
    for start, end, left, right in spans:
        text = clean_text(marks.settle(characters[start:end], alone=len(spans) == 1))
        if text:
            confidence = sum(character.likely for character in characters[start:end]) / (end - start)
            bbox = (left, top, right, bottom)
            words.append(OcrWord(text=text, bbox=bbox, confidence=confidence))
    if not words:
        return None
    weights = [len(word.text) for word in words]
    confidence = sum(word.confidence * len(word.text) for word in words) / sum(weights)
    return OcrLine(words=tuple(words), bbox=line.bbox, baseline=line.baseline, size=size, confidence=confidence)
