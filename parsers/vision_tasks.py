"""The sealed worker's part in asking a vision model: it draws what is asked about, and reads what was answered.

An answer says what a hostile document made a model say, so it is taken apart where nothing can be harmed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Protocol

from parsers.backends.markdown import blocks_of_markdown
from parsers.backends.plain import blocks_of_text
from parsers.content import PageContent
from parsers.errors import PageUnreadable
from parsers.figure_images import encode
from parsers.model import Box, Derivation, ElementKind
from parsers.plain_text import clean_text
from parsers.reading import Block, ImageReading, TypedText
from parsers.turning import turn_page
from parsers.vision import VisionKind

# Small print (6 points) is 17 pixels high then; models scale down what is larger than they can see.
_DPI: Final = 200.0
# The longer side and the area that common models see without scaling down (2,048 by 1,536).
_LONGEST: Final = 2_048
_MOST_PIXELS: Final = 2_048 * 1_536
# Air around a table or a figure (points): a clip that cuts through a letter is read wrong.
_MARGIN: Final = 4.0
_FENCE: Final = re.compile(r"\s*```[\w-]*[ \t]*\n(.*?)\n?```\s*", re.S)
_MOST_ALT: Final = 2_000


class DrawablePages(Protocol):
    """An open document of a PDF or of images."""

    def read_content(self, number: int) -> PageContent: ...


def draw_clip(document: DrawablePages, page: int, bbox: Box, quarter_turns: int) -> ImageReading:
    """The picture of a part of a page, no larger than common models can see. Raises `PageUnreadable`.

    `bbox` is in points of the page after clockwise `quarter_turns`, and so is the picture.
    """
    content = turn_page(document.read_content(page), quarter_turns)
    left, top = max(0.0, bbox[0] - _MARGIN), max(0.0, bbox[1] - _MARGIN)
    right, bottom = min(content.width, bbox[2] + _MARGIN), min(content.height, bbox[3] + _MARGIN)
    width, height = right - left, bottom - top
    if content.source is None or width <= 0 or height <= 0:
        raise PageUnreadable("The part of the page cannot be drawn.")
    dpi = min(_DPI, 72.0 * _LONGEST / max(width, height), 72.0 * (_MOST_PIXELS / (width * height)) ** 0.5)
    return encode(content.source.render(dpi=dpi, clip=(left, top, right, bottom)))


def read_answer(text: str, kind: VisionKind, derivation: Derivation) -> list[Block]:
    """What an answer says, as text and tables without places: of a page all, of a table its
    tables, of a figure one text. No links and no pictures: a page has none that a model could know of."""
    fenced = _FENCE.fullmatch(text)
    text = fenced[1] if fenced is not None else text
    if kind is VisionKind.FIGURE:
        lines = [line for line in map(clean_text, text.splitlines()) if line]
        alt = "\n".join(lines)[:_MOST_ALT].rstrip()
        return [Block(typed=TypedText(kind=ElementKind.PARAGRAPH, text=alt, derivation=derivation))] if alt else []
    markdown = blocks_of_markdown(text, derivation)
    blocks = blocks_of_text(text, derivation) if markdown is None else markdown
    kept = [_printed(block) for block in blocks if block.table is not None or block.typed is not None]
    return [block for block in kept if block.table is not None] if kind is VisionKind.TABLE else kept


def _printed(block: Block) -> Block:
    if block.typed is not None:
        return replace(block, typed=replace(block.typed, links=()))
    if block.table is not None:
        cells = tuple(replace(cell, links=()) for cell in block.table.cells)
        return replace(block, table=replace(block.table, cells=cells))
    return block
