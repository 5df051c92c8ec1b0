"""From lines to paragraphs: what belongs together is told by leading, indent, style and line ends.

Distances are those of upright text; lines that run in another direction are grouped by style only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from parsers.caption_words import match_caption
from parsers.reading import LineReading

# A step from baseline to baseline this much larger than the usual one starts a new paragraph.
_EXTRA_LEADING = 1.25
# Steps larger than this many font sizes say nothing about the usual leading.
_LARGEST_STEP = 2.2
_DEFAULT_STEP = 1.25
# Lines set with double space stand no further apart than this (font sizes), and there are so many full ones.
_DOUBLE_STEP = 3.0
_DOUBLE_LINES = 4
_SIZE_CHANGE = 0.09
# A first line set in by this many font sizes starts a paragraph; a line this much of the column short ends one.
_INDENT = 0.9
_SHORT = 0.12
_BLANK = 0.25
_LABEL_WIDTH = 0.6

_BULLET = "•●▪■◦○‣▸►➢✓❖∙·\uf0b7\uf0a7"
_MARKER = re.compile(
    rf"(?:[{_BULLET}]|[-–—*](?=\s))\s*\S"
    r"|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5}|[IVX]{1,5})[.)]\s+\S"
    r"|\(?[A-Z]\)\s+\S"
    r"|\(\d{1,3}\)\s*\S"
)
_CHAPTER = re.compile(
    r"(?:part|item|chapter|section|article|annex|appendix|note|schedule)\s+(?:\d{1,3}|[IVX]{1,6})[A-Z]?[.:]?",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\(?(\d{1,2})\)?\s*[^\W\d]")
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", '."', ".)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines that belong together. `rows`: rows of figures, not running text. `listed`: it starts with a marker."""

    lines: tuple[LineReading, ...]
    rows: bool
    listed: bool


def starts_with_marker(text: str) -> bool:
    """Whether a line starts like a list item: a bullet, a dash, or a number or letter with a point or bracket."""
    return _MARKER.match(text) is not None


def stands_before_text(text: str) -> bool:
    """Whether a text by itself is what a list item or a chapter begins with: "•", "(a)", "Item 7A."."""
    return (" " not in text and starts_with_marker(f"{text} x")) or _CHAPTER.fullmatch(text) is not None


def group_lines(lines: Sequence[LineReading], left: float, right: float) -> list[Paragraph]:
    """Group the lines of one column, in order, into paragraphs."""
    if not lines:
        return []
    step = _usual_step(lines, right, right - left)
    figures = _rows_of_figures(lines, right - left)
    groups: list[list[int]] = [[0]]
    for index in range(1, len(lines)):
        first = groups[-1][0]
        if _breaks(lines, first, index, figures, (left, right), step):
            groups.append([index])
        else:
            groups[-1].append(index)
    return [
        Paragraph(
            lines=tuple(lines[index] for index in group),
            rows=figures[group[0]] and (len(group) > 1 or lines[group[0]].wide_gaps > 0),
            listed=starts_with_marker(lines[group[0]].text) and not figures[group[0]],
        )
        for group in groups
    ]


def _usual_step(lines: Sequence[LineReading], right: float, width: float) -> float:
    """The usual distance of baselines as a multiple of the font size."""
    pairs = [
        (above, (below.baseline - above.baseline) / below.size)
        for above, below in pairwise(lines)
        if above.upright and below.upright and below.size > 0 and abs(above.size - below.size) < 0.5
    ]
    steps = [step for _, step in pairs if 0.5 < step < _LARGEST_STEP]
    # Set with double space: most lines are full, and as far from the next one as all others.
    full = [step for above, step in pairs if above.bbox[2] > right - _SHORT * width and step < _DOUBLE_STEP]
    if len(full) >= _DOUBLE_LINES and 2 * len(full) > len(lines) and _LARGEST_STEP <= min(full) > 0.9 * max(full):
        return max(full)
    if len(steps) < 3:
        return min([*steps, _DEFAULT_STEP])
    # The lower third: where paragraphs are short, the median step is the one between paragraphs.
    return sorted(steps)[len(steps) // 3]


def _rows_of_figures(lines: Sequence[LineReading], width: float) -> list[bool]:
    """Which lines are rows of a table-like list: those with wide gaps, and short labels between two of them."""
    rows = [line.wide_gaps > 0 and line.upright and match_caption(line.text) is None for line in lines]
    spread = list(rows)
    for index, line in enumerate(lines):
        if rows[index] or not line.upright or line.bbox[2] - line.bbox[0] > _LABEL_WIDTH * width:
            continue
        near = range(max(0, index - 2), min(len(lines), index + 3))
        above = any(rows[other] for other in near if other < index)
        below = any(rows[other] for other in near if other > index)
        spread[index] = above and below and not starts_with_marker(line.text)
    return spread


def _breaks(
    lines: Sequence[LineReading],
    first: int,
    index: int,
    figures: Sequence[bool],
    column: tuple[float, float],
    step: float,
) -> bool:
    above, line = lines[index - 1], lines[index]
    if above.upright != line.upright:
        return True
    if not line.upright:
        return abs(above.size - line.size) > _SIZE_CHANGE * above.size
    distance = line.baseline - above.baseline
    if distance < 0 or figures[index] != figures[index - 1]:
        return True
    if figures[index]:
        return distance > 2 * _LARGEST_STEP * line.size
    # The name that a caption begins with may be the only part of it that is set in bold, or that is not.
    same_caption = match_caption(lines[first].text) is not None and not _is_short(above, line, column)
    if _style_changes(above, line, weight=not same_caption):
        return True
    if distance > _EXTRA_LEADING * step * max(above.size, line.size):
        return True
    if _counts_on(lines[first], line) or (_names_chapter(above) and _is_short(above, line, column)):
        return True
    if starts_with_marker(line.text) or line.mark:
        return not _is_continuation_by_chance(above, line, column)
    return _new_paragraph_by_shape(lines, first, index, column)


def _counts_on(first: LineReading, line: LineReading) -> bool:
    """Whether the paragraph began with a number and this line with the next one, as notes do: `1 See …`, `2 Only …`."""
    before, now = _COUNT.match(first.text), _COUNT.match(line.text)
    return before is not None and now is not None and int(now.group(1)) == int(before.group(1)) + 1


def _names_chapter(line: LineReading) -> bool:
    """Whether a line is the heading of a chapter or the first line of it: `Item 2. Properties`."""
    return line.bold and _CHAPTER.match(line.text) is not None


def _style_changes(above: LineReading, line: LineReading, *, weight: bool) -> bool:
    if abs(above.size - line.size) > _SIZE_CHANGE * max(above.size, line.size):
        return True
    return (weight and above.bold != line.bold) or above.monospace != line.monospace


def _is_continuation_by_chance(above: LineReading, line: LineReading, column: tuple[float, float]) -> bool:
    """A sentence may run on with a dash or a number: the line above is full and does not end a sentence."""
    full = above.bbox[2] > column[1] - 0.05 * (column[1] - column[0])
    same_left = abs(above.bbox[0] - line.bbox[0]) < 1.0
    bullet = line.text[0] in _BULLET or line.text[0] == "("
    return full and same_left and not bullet and not above.text.endswith(_SENTENCE_END)


def _new_paragraph_by_shape(lines: Sequence[LineReading], first: int, index: int, column: tuple[float, float]) -> bool:
    above, line = lines[index - 1], lines[index]
    indent = _INDENT * line.size
    shift = line.bbox[0] - above.bbox[0]
    listed = starts_with_marker(lines[first].text)
    if listed:
        # Back at the marker's edge, or further left: the item is over, unless it never hung.
        hung = index - first > 1 and lines[first + 1].bbox[0] > lines[first].bbox[0] + 0.5 * line.size
        if hung and line.bbox[0] < lines[first + 1].bbox[0] - 0.5 * line.size:
            return True
        back = line.bbox[0] < lines[first].bbox[0] + 0.5 * line.size
        short = _is_short(above, line, column)
        # The first line of an item may be set in, and the item go on at the column's edge.
        set_in = index - first == 1 and not short and not above.text.endswith(_SENTENCE_END)
        if back and (short or (line.bbox[0] < above.bbox[0] - indent and not set_in)):
            return True
    elif shift > indent and index - first >= 1 and not _centred(above, line):
        hanging = index - first == 1
        return not hanging or above.text.endswith(_SENTENCE_END)
    ended = above.text.endswith((".", "!", "?", ".”", '."', ".)"))
    return _is_short(above, line, column) and ended and _starts_sentence(line.text) and not listed


def _is_short(above: LineReading, line: LineReading, column: tuple[float, float]) -> bool:
    """Whether a line ends well before its column does, and the first word of the next line had found room."""
    room = column[1] - above.bbox[2]
    word = len(line.text.split(" ", 1)[0]) / len(line.text) * (line.bbox[2] - line.bbox[0])
    return room > max(_SHORT * (column[1] - column[0]), word + _BLANK * line.size)


def _starts_sentence(text: str) -> bool:
    first = next((character for character in text if character.isalnum()), "")
    return first.isupper()


def _centred(above: LineReading, line: LineReading) -> bool:
    middle = (above.bbox[0] + above.bbox[2]) / 2
    return abs(middle - (line.bbox[0] + line.bbox[2]) / 2) < 2.0
