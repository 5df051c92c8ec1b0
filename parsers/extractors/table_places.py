"""Which words of a page a layout model counts to tables, and pages that hold some of their words only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from parsers.content import PageContent, PrintedLine, Ruling, Word
from parsers.layout import Layout, LayoutKind
from parsers.line_boxes import union
from parsers.model import Box

# Boxes of regions are those of their text lines; a word's middle lies no further outside than this (points).
_SLACK = 1.5
# A heading over several columns begins no further above the table than this many of its own heights.
_HEADING_REACH = 2.5
_HEADINGS = (LayoutKind.TITLE, LayoutKind.SECTION_HEADER, LayoutKind.CAPTION)
_TEXTS = (LayoutKind.TEXT, LayoutKind.LIST_ITEM, LayoutKind.FOOTNOTE)


def without_other_regions(page: PageContent, layout: Layout) -> PageContent:
    """The page without words that the model takes for text, captions or parts of pictures and not for a table's."""
    tables = table_boxes(layout)
    others = [
        region.bbox
        for region in layout.regions
        if region.kind is not LayoutKind.TABLE and not _spans_columns(region.bbox, tables, page.rulings)
    ]
    return with_words(
        page,
        lambda word: (
            any(holds(box, word, _SLACK) for box in tables) or not any(holds(box, word, 0.0) for box in others)
        ),
    )


def _spans_columns(box: Box, tables: Sequence[Box], rulings: Sequence[Ruling]) -> bool:
    """Whether a text stands above a table on a rule over several of its columns but not the first: it heads these."""
    height = box[3] - box[1]
    for left, top, right, _ in tables:
        if not (left < box[0] and box[2] <= right + _SLACK and 0.0 <= top - box[1] <= _HEADING_REACH * height):
            continue
        if any(
            rule.horizontal
            and box[3] - 0.5 * height <= rule.y0 <= box[3] + height
            and left + 0.1 * (right - left) < rule.x0 <= box[0] + _SLACK
            and rule.x1 >= box[2] - _SLACK
            for rule in rulings
        ):
            return True
    return False


def breaks_inside(page: PageContent, layout: Layout, box: Box, words: Sequence[Word]) -> list[float]:
    """How far down texts stand that part a table of `words` in `box`: they lie in it, outside the model's tables.

    These are titles, headings and captions, and other texts if none of the table's words stand beside them.
    """
    tables = table_boxes(layout)
    middles = [(word.bbox[1] + word.bbox[3]) / 2 for word in words]
    return sorted(
        down
        for region in layout.regions
        if region.kind in _HEADINGS or (region.kind in _TEXTS and not _any_between(middles, region.bbox))
        for across, down in [((region.bbox[0] + region.bbox[2]) / 2, (region.bbox[1] + region.bbox[3]) / 2)]
        if _around(box, across, down)
        and not any(_around(table, across, down) for table in tables)
        and not _spans_columns(region.bbox, tables, page.rulings)
    )


def _any_between(places: Sequence[float], box: Box) -> bool:
    return any(box[1] <= place <= box[3] for place in places)


def _around(box: Box, across: float, down: float) -> bool:
    return box[0] <= across <= box[2] and box[1] <= down <= box[3]


def in_box(page: PageContent, box: Box) -> PageContent:
    """The page with the words in `box` only."""
    return with_words(page, lambda word: holds(box, word, _SLACK))


def table_boxes(layout: Layout) -> list[Box]:
    """Where the model sees tables."""
    return [region.bbox for region in layout.regions if region.kind is LayoutKind.TABLE]


def holds(box: Box, word: Word, slack: float) -> bool:
    """Whether the middle of a word lies in a box, or no further than `slack` outside."""
    across, down = (word.bbox[0] + word.bbox[2]) / 2, (word.bbox[1] + word.bbox[3]) / 2
    return box[0] - slack <= across <= box[2] + slack and box[1] - slack <= down <= box[3] + slack


def with_words(page: PageContent, wanted: Callable[[Word], bool]) -> PageContent:
    """The page with the `wanted` words only; they are the very same objects."""
    lines = []
    for line in page.lines:
        words = tuple(word for word in line.words if wanted(word))
        if words:
            lines.append(line if len(words) == len(line.words) else _part(line, words))
    return replace(page, lines=tuple(lines))


def _part(line: PrintedLine, words: tuple[Word, ...]) -> PrintedLine:
    text = " ".join(word.text for word in words)
    return replace(line, text=text, bbox=union(word.bbox for word in words), words=words)
