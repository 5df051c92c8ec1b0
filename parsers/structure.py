"""What each paragraph is: heading, list item, footnote, caption, code or plain paragraph, seen from the whole document.

The rules use only how a paragraph is set against the document's body text (size, weight, capitals, numbering, place),
so that they hold for any kind of document, in any language that has capital letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parsers.caption_words import begins_note, match_caption
from parsers.model import ElementKind
from parsers.paragraphs import Paragraph
from parsers.reading import LineReading

_HEADING_SIZE = 1.12
_TITLE_SIZE = 1.3
_NEAR_BODY_SIZE = 0.9
_LONGEST_HEADING = 180
_LONGEST_PLAIN_HEADING = 90
_MOST_HEADING_LINES = 4
# A heading that is a whole sentence, as those of risks are, has no more lines.
_MOST_SENTENCE_LINES = 2
_DEEPEST_LEVEL = 6
_FOOTNOTE_SIZE = 0.93
_FOOTNOTE_PLACE = 0.5
_MOST_FORMULA_WORDS = 6

_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4})\.?\s+\S")
_LABELLED = re.compile(
    r"(?:part|item|chapter|section|article|annex|appendix|note|schedule)\s+[\dIVX]{1,6}[A-Z]?\b", re.I
)
_NOTE = re.compile(r"(?:\(?\d{1,2}\)?[.)]?|[*†‡§¶]{1,3}|\([a-z]\)|[a-z]\))\s*\S")
_CAPTION_END = re.compile(r"\s*(?:[.:–—|]|-\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyStyle:
    """How most of the document's text is set."""

    size: float
    bold: bool
    monospace: bool


@dataclass(frozen=True, slots=True, order=True)
class HeadingStyle:
    """How a heading is set, ordered from the most to the least prominent."""

    negative_size: float
    not_capitals: bool
    not_bold: bool
    italic: bool


def body_style(lines: Iterable[LineReading]) -> BodyStyle:
    """The style of most characters; of running text where there is some, since tables are often set smaller."""
    sizes: Counter[float] = Counter()
    bold = monospace = total = 0
    for line in lines:
        weight = len(line.text) if line.wide_gaps == 0 else len(line.text) / 4
        sizes[round(2 * line.size) / 2] += round(4 * weight)
        total += len(line.text)
        bold += len(line.text) if line.bold else 0
        monospace += len(line.text) if line.monospace else 0
    if not sizes:
        return BodyStyle(size=10.0, bold=False, monospace=False)
    size = max(sizes, key=lambda key: (sizes[key], key))
    return BodyStyle(size=size, bold=bold > 0.6 * total, monospace=monospace > 0.5 * total)


def is_heading(paragraph: Paragraph, body: BodyStyle) -> bool:
    """Whether a paragraph is set and worded like a heading."""
    lines = paragraph.lines
    first = lines[0]
    text = " ".join(line.text for line in lines)
    if paragraph.rows or not first.upright or len(lines) > _MOST_HEADING_LINES or len(text) > _LONGEST_HEADING:
        return False
    letters = sum(1 for character in text if character.isalpha())
    if letters < 2 or letters < 0.4 * len(text) or not _starts_like_heading(text):
        return False
    if paragraph.listed and not (first.bold and _NUMBERED.match(text)):
        return False
    larger = first.size >= _HEADING_SIZE * body.size
    heavier = first.bold and not body.bold and first.size >= _NEAR_BODY_SIZE * body.size
    capitals = _capitals(text) and first.size >= _NEAR_BODY_SIZE * body.size and len(text) <= _LONGEST_PLAIN_HEADING
    if not (larger or heavier or capitals):
        return False
    labelled = _LABELLED.match(text) is not None or _NUMBERED.match(text) is not None
    if text.endswith((",", ";")):
        return False
    if text.endswith("."):
        short = (labelled or capitals) and len(text) <= _LONGEST_PLAIN_HEADING
        return short or (heavier and len(lines) <= _MOST_SENTENCE_LINES and " " in text)
    return larger or len(text) <= _LONGEST_PLAIN_HEADING or labelled or len(lines) <= 2


def _starts_like_heading(text: str) -> bool:
    first = next((character for character in text if character.isalnum()), "")
    return not first.islower()


def _capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= 4 and sum(1 for letter in letters if letter.isupper()) >= 0.9 * len(letters)


def may_be_heading(paragraph: Paragraph, body: BodyStyle) -> bool:
    """Whether a paragraph that a layout model takes for a heading can be one: short, and not worded like a sentence."""
    first = paragraph.lines[0]
    text = " ".join(line.text for line in paragraph.lines)
    if paragraph.rows or paragraph.listed or not first.upright or len(paragraph.lines) > _MOST_HEADING_LINES:
        return False
    letters = sum(1 for character in text if character.isalpha())
    if letters < 0.5 * len(text) or letters < 4 or not _starts_like_heading(text):
        return False
    if text.endswith((".", ",", ";", ":")) or first.size < _NEAR_BODY_SIZE * body.size:
        return False
    return len(text) <= _LONGEST_PLAIN_HEADING


def is_table_note(paragraph: Paragraph, body: BodyStyle, *, any_size: bool = False) -> bool:
    """Whether a paragraph right below a table is a note to it: begun with a mark or a word like "Note:", and set
    smaller than the body, unless it may be of `any_size`."""
    first = paragraph.lines[0]
    marked = bool(first.mark) or _NOTE.match(first.text) is not None or begins_note(first.text)
    small = any_size or first.size <= _FOOTNOTE_SIZE * body.size
    return marked and first.upright and not paragraph.rows and small


def may_be_footnote(paragraph: Paragraph, body: BodyStyle) -> bool:
    """Whether a paragraph that a layout model takes for a footnote can be one: begun with a mark, or set small."""
    first = paragraph.lines[0]
    marked = bool(first.mark) or _NOTE.match(first.text) is not None
    return not paragraph.rows and first.upright and (marked or first.size <= _FOOTNOTE_SIZE * body.size)


def may_be_formula(paragraph: Paragraph) -> bool:
    """Whether a paragraph that a layout model takes for a formula can be one: no sentence, and not words alone."""
    text = " ".join(line.text for line in paragraph.lines)
    words = [word for word in text.split() if len(word) > 3 and word.isalpha()]
    return len(words) <= _MOST_FORMULA_WORDS and any(not character.isalpha() for character in text)


def heading_style(paragraph: Paragraph) -> HeadingStyle:
    """The style that a heading shares with others of its rank."""
    first = paragraph.lines[0]
    text = " ".join(line.text for line in paragraph.lines)
    return HeadingStyle(
        negative_size=-round(2 * first.size) / 2,
        not_capitals=not _capitals(text),
        not_bold=not first.bold,
        italic=first.italic,
    )


def heading_levels(headings: Sequence[Paragraph]) -> list[int]:
    """Levels from 1: how many headings of higher rank a heading stands below, in the order of the document.

    Rank is told by style, and by the depth of decimal numbers: `2.1.3` stands below `2.1` or `2` whatever their style.
    """
    levels: list[int] = []
    above: list[tuple[HeadingStyle, int]] = []
    for heading in headings:
        style, depth = heading_style(heading), _number_depth(heading)
        place = next((n for n, (other, _) in enumerate(above) if other >= style), len(above))
        if depth > 1:
            parents = [n for n, (_, other) in enumerate(above) if 0 < other < depth]
            place = parents[-1] + 1 if parents else place
        above = [*above[:place], (style, depth)]
        levels.append(min(len(above), _DEEPEST_LEVEL))
    return levels


def _number_depth(heading: Paragraph) -> int:
    match = _NUMBERED.match(heading.lines[0].text)
    return match.group(1).count(".") + 1 if match else 0


def is_title(paragraph: Paragraph, body: BodyStyle, largest: float) -> bool:
    """Whether a heading of the first page is the document's title: as large as any there, well above the body."""
    size = paragraph.lines[0].size
    return size >= _TITLE_SIZE * body.size and size >= largest - 0.25


def is_footnote(paragraph: Paragraph, body: BodyStyle, page_height: float, *, after_footnote: bool) -> bool:
    """Whether a paragraph with only footnotes below it is one itself: small, low on the page, begun with a mark."""
    first = paragraph.lines[0]
    if paragraph.rows or not first.upright or first.bbox[1] < _FOOTNOTE_PLACE * page_height:
        return False
    small = first.size <= _FOOTNOTE_SIZE * body.size
    if first.mark:
        return True
    return small and (after_footnote or _NOTE.match(first.text) is not None)


def is_caption(paragraph: Paragraph, *, beside_table_or_figure: bool) -> bool:
    """Whether a paragraph names a table or figure: `Figure 3: …`, or `Table 2 …` next to one."""
    text = " ".join(line.text for line in paragraph.lines)
    match = match_caption(text)
    if match is None or len(paragraph.lines) > _MOST_HEADING_LINES:
        return False
    return beside_table_or_figure or _CAPTION_END.match(text, match.end()) is not None


def plain_kind(paragraph: Paragraph, body: BodyStyle) -> ElementKind:
    """What a paragraph is that is no heading, footnote or caption."""
    if not body.monospace and all(line.monospace for line in paragraph.lines):
        return ElementKind.CODE
    return ElementKind.LIST_ITEM if paragraph.listed else ElementKind.PARAGRAPH
