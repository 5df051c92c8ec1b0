"""Words as rows of segments: what stands side by side on a page, before anybody knows which of it is a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from parsers.content import PrintedLine, Word
from parsers.extractors.table_values import is_currency, is_number_tail, is_value, is_year

# In font sizes: blanks between words of a line are not as wide as the first, between numbers not as the second.
_GAP = 0.9
_GAP_BETWEEN_VALUES = 0.45
_GAP_BEFORE_VALUE = 0.65
# A currency sign stands at the left of its column, its number at the right; and columns are seldom wider (points).
_CURRENCY_REACH = 140.0
_TAIL_REACH = 1.5
# A percent sign or a bracket may stand in a column of its own.
_SIGN_REACH = 3.0
_LEADER = re.compile(r"[.…·_]{2,}|\.")
_LEADER_ENDS = ("...", "…", "___", "···")
_MARK = re.compile(r"[•●▪■□◦‣⁃➢✓*·–—-]|\(?[a-zA-Z0-9ivx]{1,4}[.)]")


@dataclass(slots=True)
class Segment:
    """Words of one row without a wide gap. `value`: they are one figure."""

    words: list[Word]
    left: float
    right: float
    value: bool

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        return self.right - self.left


@dataclass(slots=True)
class TextRow:
    """Segments side by side, from the left. `size` is the font size of most of its characters."""

    top: float
    bottom: float
    size: float
    segments: list[Segment] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def values(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.value]

    @property
    def left(self) -> float:
        return self.segments[0].left

    @property
    def right(self) -> float:
        return self.segments[-1].right

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]


def rows_of(lines: Iterable[PrintedLine], wanted: Callable[[Word], bool]) -> list[TextRow]:
    """The rows made of the `wanted` words of horizontal lines, from the top."""
    pieces = []
    for line in lines:
        if line.horizontal and line.words:
            words = [word for word in line.words if wanted(word)]
            if words:
                top, bottom = min(word.bbox[1] for word in words), max(word.bbox[3] for word in words)
                pieces.append(((top + bottom) / 2, bottom - top, line.style.size or bottom - top, words))
    pieces.sort(key=lambda piece: piece[0])
    groups: list[list[tuple[float, float, float, list[Word]]]] = []
    for piece in pieces:
        if groups and _same_row(groups[-1], piece[0], piece[1]):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_row(group) for group in groups]


def _same_row(group: list[tuple[float, float, float, list[Word]]], middle: float, height: float) -> bool:
    tallest = max(group, key=lambda piece: piece[1])
    return abs(middle - tallest[0]) < 0.42 * max(height, tallest[1])


def _row(group: list[tuple[float, float, float, list[Word]]]) -> TextRow:
    words = sorted((word for piece in group for word in piece[3]), key=lambda word: word.bbox[0])
    plain = [word for word in words if not word.raised] or words
    size = max(group, key=lambda piece: sum(len(word.text) for word in piece[3]))[2]
    return TextRow(
        top=min(word.bbox[1] for word in plain),
        bottom=max(word.bbox[3] for word in plain),
        size=size,
        segments=_segments(words, size),
    )


def _segments(words: list[Word], size: float) -> list[Segment]:
    segments: list[Segment] = []
    for word in words:
        left, _, right, _ = word.bbox
        if segments and not _is_break(segments[-1], word, size):
            last = segments[-1]
            last.words.append(word)
            if not _LEADER.fullmatch(word.text):
                last.right = max(last.right, right)
        else:
            segments.append(Segment(words=[word], left=left, right=right, value=False))
    segments = _join_marks(segments, size)
    for segment in segments:
        segment.value = len(segment.words) <= 4 and is_value(_spoken(segment))
    return segments


def _spoken(segment: Segment) -> str:
    """The text of a segment without footnote marks and dot leaders."""
    return " ".join(
        word.text
        for word in segment.words
        if not (word.raised or (len(segment.words) > 1 and _LEADER.fullmatch(word.text)))
    )


def _is_break(segment: Segment, word: Word, size: float) -> bool:
    if _LEADER.fullmatch(word.text):
        return False
    gap = word.bbox[0] - segment.right
    before = segment.words[-1].text
    if before.endswith(_LEADER_ENDS):
        return True
    if word.raised:
        return gap > 2 * size
    if is_currency(word.text) and is_number_tail(before):
        return True
    if is_currency(word.text) and not is_year(before) and is_value(before):
        return gap > 0.1 * size
    if is_value(word.text) and is_value(before) and gap > _GAP_BETWEEN_VALUES * size:
        return not is_currency(before)
    if (is_value(word.text) or is_currency(word.text)) and not is_year(word.text):
        return gap > _GAP_BEFORE_VALUE * size
    return gap > _GAP * size


def _join_marks(segments: list[Segment], size: float) -> list[Segment]:
    """Give `$`, `)` and `%` that stand apart to their numbers, and bullets to their text."""
    joined: list[Segment] = []
    for segment in segments:
        text = segment.text
        if joined:
            last = joined[-1]
            gap = segment.left - last.right
            number_ahead = is_value(segment.words[0].text) or segment.words[0].text[0] in "(-–—"
            currency = is_currency(last.words[-1].text) and number_ahead and gap <= _CURRENCY_REACH
            reach = _SIGN_REACH if text[0] in ")%" else _TAIL_REACH
            tail = is_number_tail(text) and gap <= reach * size and is_value(last.words[-1].text.lstrip("("))
            tail = tail or (is_number_tail(text) and gap <= reach * size and last.words[-1].text[0] in "(-–")
            bullet = len(joined) == 1 and len(last.words) == 1 and _MARK.fullmatch(last.text) and not segment.value
            bullet = bullet and not is_value(segment.text) and gap <= 4 * size and not last.text.isdigit()
            if currency or tail or bullet:
                last.words += segment.words
                last.right = max(last.right, segment.right)
                continue
        joined.append(segment)
    return _split_trailing_currency(joined)


def _split_trailing_currency(segments: list[Segment]) -> list[Segment]:
    """A label's segment may have run into the `$` of the first amount: `Net sales $` `1,234`."""
    for first, second in pairwise(segments):
        if len(first.words) > 1 and is_currency(first.words[-1].text) and not is_value(first.text):
            second.words.insert(0, first.words.pop())
            second.left = second.words[0].bbox[0]
            first.right = max(word.bbox[2] for word in first.words)
    return segments
