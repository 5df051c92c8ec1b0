"""How heavy the letters of a line are: bold lines are told by their strokes, which are thicker than those of the page.

The thickness of a stroke is the usual length of a run of ink along a row of pixels; in letters most of these cross
stems. It is compared as a share of the font's size, so that a heading is not bold because it is large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from parsers.ocr.base import OcrLine
from parsers.ocr.ink import ink_of
from parsers.ocr.models import Image
from parsers.ocr.printed import weighted_median

# Strokes so much thicker than those of most characters are bold. Measured on six scanned pages with both engines:
# regular lines up to 1.12, bold ones from 1.2 (capitals, whose height is known least well) to 1.9.
_BOLD = 1.2
# Runs longer than this share of the size are no stems: bars of letters, rules, underlines.
_LONGEST_RUN = 0.3
# A line of fewer letters says nothing.
_FEWEST_LETTERS = 3


def with_weights(image: Image, lines: Sequence[OcrLine]) -> tuple[OcrLine, ...]:
    """The lines, with those marked that are set in bold on a page that is mostly not."""
    sized = [(line.size, len(line.text)) for line in lines if line.text]
    if not sized:
        return tuple(lines)
    # Thin strokes of small print are blurred to those of larger print, so that is no measure for it.
    least = weighted_median(sized)
    strokes = [_stroke(image, line) / max(line.size, least) for line in lines]
    known = [(stroke, len(line.text)) for stroke, line in zip(strokes, lines, strict=True) if stroke > 0]
    if not known:
        return tuple(lines)
    usual = weighted_median(known)
    return tuple(replace(line, bold=stroke >= _BOLD * usual) for stroke, line in zip(strokes, lines, strict=True))


def _stroke(image: Image, line: OcrLine) -> float:
    """The thickness of strokes in pixels; 0 where it cannot be told."""
    if sum(character.isalpha() for character in line.text) < _FEWEST_LETTERS or line.size <= 0:
        return 0.0
    left, top, right, bottom = (max(round(value), 0) for value in line.bbox)
    crop = image[top:bottom, left:right]
    if crop.shape[0] < 4 or crop.shape[1] < 4:
        return 0.0
    ink = ink_of(crop) > 0
    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    # Starts and ends come in the same order, row by row.
    starts, ends = np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]
    runs = ends - starts
    runs = runs[runs <= max(_LONGEST_RUN * line.size, 2.0)]
    return float(runs.mean()) if len(runs) else 0.0
