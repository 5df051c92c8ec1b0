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
# A row of pixels with so much ink is no print: a rule, or the edge of a shaded band. Near the edge of the crop, where
# the rules of tables are, noise may have left less of it, and letters have no bars as long as that.
_RULE, _RULE_AT_EDGE = 0.95, 0.6
_EDGE = 0.25
# Characters stand above this share of a crop's height, unless the ink drops off there by less than so much of the most.
_FOOT = 0.88
_CLEAR_DROP = 0.15
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
    edge = round(_EDGE * len(ink))
    least = np.full(len(ink), _RULE)
    least[:edge] = least[len(ink) - edge :] = _RULE_AT_EDGE
    rules = ink.mean(axis=1) >= least
    # What a rule that is not quite level leaves in the rows beside it goes with it.
    rules[1:] |= rules[:-1].copy()
    rules[:-1] |= rules[1:].copy()
    ink[rules] = 0.0
    return ink


def baseline_of(ink: NDArray[np.float32]) -> float:
    """The row (from the top) that the characters stand on: below it the ink drops off most.

    At the foot of the crop the ink of a table's rule drops off even more; that counts only where nothing else does.
    """
    rows = ink.sum(axis=1)
    half = len(rows) // 2
    drops = rows[half:-1] - rows[half + 1 :]
    if not len(drops):
        return float(len(rows))
    above = drops[: max(int(_FOOT * len(rows)) - half, 1)]
    clear = float(above.max()) >= _CLEAR_DROP * float(drops.max())
    return float(half + int((above if clear else drops).argmax()) + 1)


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
