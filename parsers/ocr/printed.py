"""From what an engine read to printed lines as a text layer would have them: runs of words, sizes, boxes in points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from parsers.content import PrintedLine, Style, Word
from parsers.line_boxes import union
from parsers.model import Box
from parsers.ocr.base import OcrLine, OcrWord

# Words further apart than this many font sizes may belong to different columns; as in text layers.
_GAP_BETWEEN_RUNS = 1.2
# Sizes that differ by less than this are estimates of one size.
_ONE_SIZE = 1.15
_FONT = "ocr"


def printed_lines(
    lines: Sequence[OcrLine], scale: float, place: Callable[[Box], Box], direction: tuple[float, float] = (1.0, 0.0)
) -> tuple[PrintedLine, ...]:
    """The lines from top to bottom. `scale` is the size of a pixel in points, `place` puts a box on the page."""
    sizes = _common_sizes(lines)
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


def _common_sizes(lines: Sequence[OcrLine]) -> list[float]:
    """Each line's size, replaced by that of most characters where it is the same but for the estimate's error, then by
    that of most of the others, and so on."""
    common = [line.size for line in lines]
    left = list(range(len(lines)))
    while left:
        usual = weighted_median([(lines[index].size, len(lines[index].text)) for index in left])
        alike = {
            index for index in left if usual <= _ONE_SIZE * lines[index].size and lines[index].size <= _ONE_SIZE * usual
        }
        for index in alike:
            common[index] = usual
        left = [index for index in left if index not in alike]
    return common


def weighted_median(values: Sequence[tuple[float, int]]) -> float:
    """The value in the middle of `(value, weight)`, at least one."""
    half = sum(weight for _, weight in values) / 2
    for value, weight in sorted(values):
        half -= weight
        if half <= 0:
            return value
    return max(value for value, _ in values)
