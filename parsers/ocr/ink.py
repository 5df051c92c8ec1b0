"""What is printed on a small piece of paper, told from its background: where words end, and what they stand on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.ocr.models import Image

# A pixel is ink from this share of the strongest contrast on.
_CONTRAST = 0.4
# A column of pixels counts as empty up to this share of the usual ink in a column: noise, or an underline.
_SPECKS = 0.12
# A row of pixels with so much ink is no print: a rule, or the edge of a shaded band.
_RULE = 0.95
# The height of capitals as a share of the font's size.
_CAPITALS = 0.7


def ink_of(crop: Image) -> NDArray[np.float32]:
    """1 where a pixel differs from the background (the commonest brightness), else 0; the shape of the crop.

    Rules from side to side do not count: a word does not end, or stand, where they do.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    difference = np.abs(grey - np.median(grey))
    strongest = float(np.percentile(difference, 99))
    ink: NDArray[np.float32] = (difference >= max(_CONTRAST * strongest, 1.0)).astype(np.float32)
    ink[ink.mean(axis=1) >= _RULE] = 0.0
    return ink


def baseline_of(ink: NDArray[np.float32]) -> float:
    """The row (from the top) that the characters stand on: below it the ink drops off most."""
    rows = ink.sum(axis=1)
    half = len(rows) // 2
    drops = rows[half:-1] - rows[half + 1 :]
    return float(half + int(drops.argmax()) + 1) if len(drops) else float(len(rows))


def size_of(ink: NDArray[np.float32], baseline: float) -> float:
    """The font's size in pixels, from how high letters stand above the baseline; 0 where nothing does.

    Capitals, figures and ascenders are .66 to .72 of the size in common families, and nearly every line has some.
    """
    rows = ink[: max(round(baseline), 0)].sum(axis=1)
    if not len(rows) or float(rows.max()) == 0.0:
        return 0.0
    # Paper parts the letters from what hangs down from the line above.
    paper = np.flatnonzero(rows <= _SPECKS * float(rows.mean()))
    first = int(paper[-1]) + 1 if len(paper) else 0
    return (baseline - first) / _CAPITALS


def inked(columns: NDArray[np.float32]) -> tuple[float, float]:
    """Where ink begins and ends along a line; its whole length where there is none."""
    places = np.flatnonzero(columns > _SPECKS * float(columns.mean()))
    return (float(places[0]), float(places[-1] + 1)) if len(places) else (0.0, float(len(columns)))


def widest_gap(columns: NDArray[np.float32], start: float, end: float) -> tuple[float, float]:
    """The widest stretch without ink between two places along a line; its middle where there is none."""
    first, last = max(int(start), 0), min(int(end) + 1, len(columns))
    if last - first < 2:
        return ((start + end) / 2, (start + end) / 2)
    usual = float(columns.mean())
    empty = np.concatenate(([False], columns[first:last] <= _SPECKS * usual, [False]))
    edges = np.flatnonzero(empty[1:] != empty[:-1])
    if not len(edges):
        return ((start + end) / 2, (start + end) / 2)
    lengths = edges[1::2] - edges[::2]
    widest = int(lengths.argmax())
    return (float(first + edges[2 * widest]), float(first + edges[2 * widest + 1]))
