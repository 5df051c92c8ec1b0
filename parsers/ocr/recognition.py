"""What a line of text says: one pass of a CTC recogniser, and from its time steps the place of every word.

The model knows 18,710 characters, most of them Han. Read as Latin script, only characters that Latin, Greek and
technical texts use compete; which reading counts is decided for a whole page (`parsers/ocr/rapid.py`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.model import Box
from parsers.ocr.detection import TextPlace
from parsers.ocr.ink import baseline_of, ink_of, inked, size_of, widest_gap
from parsers.ocr.marks import RIVALS
from parsers.ocr.models import Image, models

_HEIGHT = 48
# A narrower crop (a lone "$") is widened with its background: the model has seen few of them.
_NARROWEST = 96
_WIDEST = 4_800
# Paper as wide as this share of the line's height, margins included, parts two words.
_WIDE_GAP = 0.45
GAP_AT_CURRENCY = 0.18
CURRENCY = "$€£¥"
# Above this code point come pictographs and East Asian scripts; a few marks of forms are kept.
_LAST_COMMON = 0x25FF
_FORM_MARKS = "☐☑☒✓✔✕✖✗✘"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCharacter:
    """A character that was read: how likely it is, and its place along the line in pixels of the raster.

    `rival` is how likely the mark is that it may be mixed up with (`parsers/ocr/marks.py`), relative to it; else 0.
    """

    text: str
    likely: float
    x: float
    rival: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line as read: all characters competing (`every`), and only those of Latin and technical texts (`latin`).
    `ink` is how much of it stands in each column of pixels, `size` the font's size as its letters show it (0: unknown).
    """

    bbox: Box
    baseline: float
    size: float
    every: tuple[ReadCharacter, ...]
    latin: tuple[ReadCharacter, ...]
    ink: NDArray[np.float32]


def read_line(image: Image, place: TextPlace) -> ReadLine | None:
    """Read one line of an upright raster; None where the model sees nothing."""
    left, top = (round(value) for value in place.bbox[:2])
    right, bottom = (round(value) for value in place.bbox[2:])
    crop = image[top:bottom, left:right]
    if crop.shape[0] < 2 or crop.shape[1] < 2:
        return None
    width = min(max(round(crop.shape[1] * _HEIGHT / crop.shape[0]), 8), _WIDEST)
    method = cv2.INTER_AREA if width < crop.shape[1] else cv2.INTER_LINEAR
    scaled = cv2.resize(crop, (width, _HEIGHT), interpolation=method)
    likely = models().recogniser.run(_widened(scaled))
    scale = crop.shape[1] / width
    step = max(width, _NARROWEST) / likely.shape[0] * scale
    every = _decode(likely, np.arange(likely.shape[1]), left, step)
    latin = _decode(likely, _latin(), left, step)
    if not every and not latin:
        return None
    ink = ink_of(crop)
    baseline = baseline_of(ink)
    return ReadLine(
        bbox=(float(left), float(top), float(right), float(bottom)),
        baseline=top + baseline,
        size=size_of(ink, baseline),
        every=every,
        latin=latin,
        ink=ink.sum(axis=0),
    )


def word_spans(line: ReadLine, characters: tuple[ReadCharacter, ...]) -> list[tuple[int, int, float, float]]:
    """The words among `characters`: first and last index (half-open), and where each begins and ends (pixels).

    Words are parted by a blank, and by paper as wide as one between a "$" and its figure, which the model skips.
    """
    left = line.bbox[0]
    words: list[tuple[int, int, float, float]] = []
    first, end = inked(line.ink)
    start, begins = 0, left + first
    last: int | None = None
    for index, character in enumerate(characters):
        if character.text == " ":
            continue
        if last is not None:
            gap = widest_gap(line.ink, characters[last].x - left, character.x - left)
            wide = GAP_AT_CURRENCY if characters[last].text in CURRENCY else _WIDE_GAP
            if index > last + 1 or gap[1] - gap[0] > wide * (line.bbox[3] - line.bbox[1]):
                words.append((start, last + 1, begins, left + gap[0]))
                start, begins = index, left + gap[1]
        else:
            start = index
        last = index
    if last is not None:
        words.append((start, last + 1, begins, max(left + end, begins)))
    return words


def _widened(line: Image) -> Image:
    missing = _NARROWEST - line.shape[1]
    if missing <= 0:
        return line
    background = [int(value) for value in np.median(line.reshape(-1, 3), axis=0)]
    widened: Image = cv2.copyMakeBorder(line, 0, 0, 0, missing, cv2.BORDER_CONSTANT, value=background)
    return widened


def _decode(
    likely: NDArray[np.float32], allowed: NDArray[np.intp], left: float, step: float
) -> tuple[ReadCharacter, ...]:
    """Best path of CTC: repeats joined, blanks left out."""
    competing = likely if len(allowed) == likely.shape[1] else likely[:, allowed]
    best = competing.argmax(axis=1)
    values = competing[np.arange(len(best)), best]
    names = models().characters
    read: list[ReadCharacter] = []
    previous = 0
    for time, (index, value) in enumerate(zip(best.tolist(), values.tolist(), strict=True)):
        if index != previous and index != 0:
            text = names[allowed[index]]
            rival = float(likely[time, _classes()[RIVALS[text]]]) / value if text in RIVALS else 0.0
            read.append(ReadCharacter(text=text, likely=value, x=left + (time + 0.5) * step, rival=rival))
        previous = index
    return tuple(read)


@cache
def _classes() -> dict[str, int]:
    return {name: index for index, name in enumerate(models().characters)}


@cache
def _latin() -> NDArray[np.intp]:
    """Classes that compete when a line is read as Latin script; class 0 is the blank of CTC."""
    names = models().characters
    return np.array([index for index, name in enumerate(names) if index == 0 or _is_common(name)])


def _is_common(name: str) -> bool:
    if len(name) != 1 or name in _FORM_MARKS:
        return len(name) == 1
    return ord(name) <= _LAST_COMMON and not unicodedata.name(name, "").startswith("COPTIC")


def is_east_asian(text: str) -> bool:
    """Whether a character belongs to the scripts of China, Japan and Korea."""
    return text >= "⺀" and unicodedata.east_asian_width(text) in "WF" and unicodedata.category(text[0])[0] == "L"
