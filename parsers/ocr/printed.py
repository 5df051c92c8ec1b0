"""From what an engine read to printed lines as a text layer would have them: runs of words, sizes, boxes in points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from parsers.content import PrintedLine, Style, Word
from parsers.line_boxes import union
from parsers.model import Box
from parsers.ocr.base import OcrLine, OcrWord

# Words further apart than this many font sizes may belong to different columns; as in text layers.
_GAP_BETWEEN_RUNS = 1.2
# Sizes that differ by less than this are estimates of one size.
_ONE_SIZE = 1.3
_FONT = "ocr"


def printed_lines(
    lines: Sequence[OcrLine], scale: float, place: Callable[[Box], Box], direction: tuple[float, float] = (1.0, 0.0)
) -> tuple[PrintedLine, ...]:
    """The lines from top to bottom. `scale` is the size of a pixel in points, `place` puts a box on the page."""
    sizes = _common_sizes([line.size for line in lines])
    ordered = sorted(zip(lines, sizes, strict=True), key=lambda item: (item[0].baseline, item[0].bbox))
    printed: list[PrintedLine] = []
    for line, size in ordered:
        style = Style(font=_FONT, size=round(size * scale, 1), bold=line.bold, italic=False, monospace=False, color=0)
        for run in _runs(line.words, size):
            words = tuple(
                Word(text=word.text, bbox=place(word.bbox), style=style, confidence=word.confidence) for word in run
            )
            printed.append(
                PrintedLine(
                    text=" ".join(word.text for word in words),
                    bbox=union(word.bbox for word in words),
                    baseline=_baseline(line, run, place, direction),
                    direction=direction,
                    style=style,
                    words=words,
                )
            )
    return tuple(printed)


def direction_after(quarter_turns: int) -> tuple[float, float]:
    """The direction on the page of lines that run across after these clockwise quarter turns."""
    return ((1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0))[quarter_turns % 4]


def _runs(words: Sequence[OcrWord], size: float) -> list[list[OcrWord]]:
    runs = [[words[0]]]
    for before, word in pairwise(words):
        if word.bbox[0] - before.bbox[2] > _GAP_BETWEEN_RUNS * size:
            runs.append([])
        runs[-1].append(word)
    return runs


def _baseline(
    line: OcrLine, run: Sequence[OcrWord], place: Callable[[Box], Box], direction: tuple[float, float]
) -> float:
    """Where a run stands, across its direction of writing: the middle of its foot, put on the page."""
    middle = (run[0].bbox[0] + run[-1].bbox[2]) / 2
    left, top, right, bottom = place((middle, line.baseline, middle, line.baseline))
    return round((left + right) / 2 if abs(direction[1]) > abs(direction[0]) else (top + bottom) / 2, 2)


def _common_sizes(sizes: Sequence[float]) -> list[float]:
    """Each size replaced by the median of those that are the same but for the estimate's error."""
    order = sorted(range(len(sizes)), key=lambda index: sizes[index])
    common = list(sizes)
    group: list[int] = []
    for index in order:
        if group and sizes[index] > _ONE_SIZE * sizes[group[0]]:
            _level(group, sizes, common)
            group = []
        group.append(index)
    _level(group, sizes, common)
    return common


def _level(group: Sequence[int], sizes: Sequence[float], common: list[float]) -> None:
    if group:
        middle = median(sizes[index] for index in group)
        for index in group:
            common[index] = middle
