"""What a line of text says: one pass of a CTC recogniser, and from its time steps the place of every word.

The model knows 18,710 characters, most of them Han. Read as Latin script, only characters that Latin, Greek and
technical texts use compete; which reading counts is decided for a whole page (`parsers/ocr/rapid.py`).
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.model import Box
from parsers.ocr.detection import TextPlace
from parsers.ocr.ink import baseline_of, ink_of, widest_gap
from parsers.ocr.models import Image, models, run

_HEIGHT = 48
# A narrower crop (a lone "$") is widened with its background: the model has seen few of them.
_NARROWEST = 96
_WIDEST = 4_800
# Above this code point come pictographs and East Asian scripts; a few marks of forms are kept.
_LAST_COMMON = 0x25FF
_FORM_MARKS = "☐☑☒✓✔✕✖✗✘"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCharacter:
    """A character that was read: how likely it is, and its place along the line in pixels of the raster."""

    text: str
    likely: float
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line as read: all characters competing (`every`), and only those of Latin and technical texts (`latin`).

    `curved` compares, for each straight quotation mark, how likely the model thinks the typographic one (natural
    logarithm of the ratio). `gaps` has, for each blank of the reading that counts, the stretch of paper it stands on.
    """

    bbox: Box
    baseline: float
    every: tuple[ReadCharacter, ...]
    latin: tuple[ReadCharacter, ...]
    curved: tuple[float, ...]
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
    likely = run(models().recogniser, _widened(scaled))
    scale = crop.shape[1] / width
    step = max(width, _NARROWEST) / likely.shape[0] * scale
    every = _decode(likely, np.arange(likely.shape[1]), left, step)
    latin = _decode(likely, _latin(), left, step)
    if not every and not latin:
        return None
    ink = ink_of(crop)
    return ReadLine(
        bbox=(float(left), float(top), float(right), float(bottom)),
        baseline=top + baseline_of(ink),
        every=every,
        latin=latin,
        curved=_curved(likely),
        ink=ink.sum(axis=0),
    )


def word_spans(line: ReadLine, characters: tuple[ReadCharacter, ...]) -> list[tuple[int, int, float, float]]:
    """The words among `characters`: first and last index (half-open), and where each begins and ends (pixels)."""
    words: list[tuple[int, int]] = []
    start = 0
    for index, character in enumerate((*characters, None)):
        if character is None or character.text == " ":
            if index > start:
                words.append((start, index))
            start = index + 1
    left = line.bbox[0]
    cuts = [left]
    for (_, end), (begin, _) in itertools.pairwise(words):
        gap = widest_gap(line.ink, characters[end - 1].x - left, characters[begin].x - left)
        cuts += [left + gap[0], left + gap[1]]
    cuts.append(line.bbox[2])
    return [(start, end, cuts[2 * index], cuts[2 * index + 1]) for index, (start, end) in enumerate(words)]


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
            read.append(ReadCharacter(text=names[allowed[index]], likely=value, x=left + (time + 0.5) * step))
        previous = index
    return tuple(read)


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


@cache
def _quotes() -> tuple[tuple[int, tuple[int, ...]], ...]:
    names = models().characters
    return tuple((names.index(plain), tuple(names.index(mark) for mark in curved)) for plain, curved in _CURVED.items())


_CURVED = {"'": "‘’", '"': "“”"}


def _curved(likely: NDArray[np.float32]) -> tuple[float, ...]:
    best = likely.argmax(axis=1)
    ratios: list[float] = []
    for plain, marks in _quotes():
        for time in np.nonzero(best == plain)[0]:
            other = float(likely[time, list(marks)].sum())
            ratios.append(float(np.log(max(other, 1e-9) / max(float(likely[time, plain]), 1e-9))))
    return tuple(ratios)
