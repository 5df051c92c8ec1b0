"""Text in the colour of what lies under it: white on white, or as blue as the bar that it stands on.

Colours make a line suspect; the drawn page decides. A suspect line whose place shows nothing but one colour cannot be
seen by a reader. So a white heading on a dark bar, a picture or a shading is never taken for hidden text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from parsers.content import PageSource, Pixels, PrintedLine
from parsers.model import Box, Flag

_VECTOR_BLOCK = 3
_WHITE = 0xFFFFFF
# Colours nearer than this in every channel look the same, and a place that varies no more shows nothing.
_SAME = 24
_FLAT = 12
_DPI = 72.0
# Pages with more filled areas than this are maps and charts; their lines are suspect by their own colour only.
_MOST_FILLS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    box: Box
    color: int


def part_hidden(
    lines: Sequence[PrintedLine], vectors: Sequence[dict[str, Any]], source: PageSource
) -> tuple[tuple[PrintedLine, ...], tuple[PrintedLine, ...]]:
    """Lines that a reader sees, and those that have the colour of their background (flagged)."""
    fills = _fills(vectors)
    suspects = [line for line in lines if _is_suspect(line, fills)]
    if not suspects:
        return tuple(lines), ()
    drawn = source.render(dpi=_DPI)
    hidden = {id(line) for line in suspects if _is_flat(drawn, line.bbox)}
    return (
        tuple(line for line in lines if id(line) not in hidden),
        tuple(replace(line, flag=Flag.BACKGROUND_COLOR) for line in lines if id(line) in hidden),
    )


def _fills(vectors: Sequence[dict[str, Any]]) -> list[_Fill]:
    found = [
        _Fill(box=tuple(block["bbox"]), color=block["color"])
        for block in vectors
        if block["type"] == _VECTOR_BLOCK and not block["stroked"] and block["alpha"] > 0
    ]
    return found if len(found) <= _MOST_FILLS else []


def _is_suspect(line: PrintedLine, fills: Sequence[_Fill]) -> bool:
    """Whether a line has the colour of what was drawn last at its place: an area, or the paper."""
    under = next((fill.color for fill in reversed(fills) if _inside(line.bbox, fill.box)), _WHITE)
    return _alike(line.style.color, under)


def _inside(box: Box, area: Box) -> bool:
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return area[0] <= across <= area[2] and area[1] <= down <= area[3]


def _alike(first: int, second: int) -> bool:
    return all(abs((first >> shift & 0xFF) - (second >> shift & 0xFF)) <= _SAME for shift in (16, 8, 0))


def _is_flat(drawn: Pixels, box: Box) -> bool:
    """Whether a place of the drawn page has one colour only."""
    scale = _DPI / 72.0
    left, right = max(int(box[0] * scale), 0), min(int(box[2] * scale) + 1, drawn.width)
    top, bottom = max(int(box[1] * scale), 0), min(int(box[3] * scale) + 1, drawn.height)
    if left >= right or top >= bottom:
        return False
    size = drawn.channels
    for channel in range(size):
        lowest, highest = 255, 0
        for y in range(top, bottom):
            start = (y * drawn.width + left) * size + channel
            row = drawn.samples[start : (y * drawn.width + right) * size : size]
            lowest, highest = min(lowest, min(row)), max(highest, max(row))
            if highest - lowest > _FLAT:
                return False
    return True
