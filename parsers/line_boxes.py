"""Boxes that hold one printed line and nothing else.

A font's ascender and descender reach into the lines above and below when these are set close. Whoever reads the page
again under such a box would get parts of the neighbours. So a box is cut back where a neighbour's box begins, as far as
the line's own characters keep their centres inside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from parsers.model import Box

# Boxes are rounded: neighbours that share less than this sideways (points) do not overlap.
_TOUCH = 0.01
# The margin kept to a neighbour's box, and around the centres of the line's own words.
_CLEAR = 0.03
_OWN = 0.08


class Neighbourhood:
    """All boxes of words on a page, sorted for quick search."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._boxes = sorted(boxes, key=lambda box: box[1])
        self._tops = [box[1] for box in self._boxes]
        self._tallest = max((box[3] - box[1] for box in self._boxes), default=0.0)

    def near(self, top: float, bottom: float) -> Sequence[Box]:
        """Boxes that may overlap the stretch from `top` to `bottom`."""
        first = bisect_left(self._tops, top - self._tallest)
        last = bisect_left(self._tops, bottom)
        return self._boxes[first:last]


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all `boxes` (at least one)."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def tight_box(own: Sequence[Box], neighbourhood: Neighbourhood, *, upright: bool = True) -> Box:
    """The box around the words `own` of one line, cut back where other words of the page reach into it.

    Text that runs upwards or downwards is cut on its left and right instead of above and below.
    """
    left, top, right, bottom = union(own)
    mine = set(own)
    intruders = [
        box
        for box in neighbourhood.near(top - _CLEAR, bottom + _CLEAR)
        if box[3] > top - _CLEAR and box[0] < right - _TOUCH and box[2] > left + _TOUCH and box not in mine
    ]
    if not intruders:
        return (left, top, right, bottom)
    if not upright:
        low, high = _cut(left, right, [(box[0], box[2]) for box in own], [(box[0], box[2]) for box in intruders])
        return (low, top, high, bottom)
    low, high = _cut(top, bottom, [(box[1], box[3]) for box in own], [(box[1], box[3]) for box in intruders])
    return (left, low, right, high)


def _cut(
    low: float, high: float, own: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Bring `low` up and `high` down to where the others end and begin, but not past the own centres."""
    centres = [(start + end) / 2 for start, end in own]
    first, last = min(centres), max(centres)
    middle = sorted(centres)[len(centres) // 2]
    new_low, new_high = low, high
    for start, end in others:
        centre = (start + end) / 2
        if centre < first and end < last:
            new_low = max(new_low, min(end + _CLEAR, first - _OWN))
        elif centre > last and start > first:
            new_high = min(new_high, max(start - _CLEAR, last + _OWN))
        elif centre < middle:
            new_low = max(new_low, min(end + _CLEAR, first - _OWN))
        elif centre > middle:
            new_high = min(new_high, max(start - _CLEAR, last + _OWN))
    return (round(max(new_low, low), 2), round(min(new_high, high), 2))
