"""Characters and their places as PDFium sees them: a reader that shares no code with the one under test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pypdfium2

Box = tuple[float, float, float, float]

HYPHENS_AT_LINE_ENDS = dict.fromkeys(("\x02", "\ufffe"), "-")  # what PDFium puts in the place of a hyphen there


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


@dataclass(frozen=True)
class PrintedPage:
    """`characters` in the order of the content stream, each with the box a reader sees (top-left origin, rotated)."""

    size: tuple[float, float]
    characters: tuple[tuple[str, Box], ...]

    @cached_property
    def text(self) -> str:
        return without_space("".join(character for character, _ in self.characters))

    def under(self, boxes: Iterable[Box], slack: float = 0.5) -> str:
        """The characters whose centre lies in a box, box by box, without white space."""
        return "".join(
            character
            for left, top, right, bottom in boxes
            for character, (x0, y0, x1, y1) in self.characters
            if left - slack <= (x0 + x1) / 2 <= right + slack and top - slack <= (y0 + y1) / 2 <= bottom + slack
        )


def read(path: Path) -> list[PrintedPage]:
    with pypdfium2.PdfDocument(path) as document:
        return [_page(document[index]) for index in range(len(document))]


def _page(page: pypdfium2.PdfPage) -> PrintedPage:
    text = page.get_textpage()
    width, height = page.get_size()
    visible = page.get_cropbox()
    characters = []
    for index in range(text.count_chars()):
        character = text.get_text_range(index, 1)
        character = HYPHENS_AT_LINE_ENDS.get(character, character)
        if character.strip():
            characters.append((character, _as_seen(text.get_charbox(index, loose=True), visible, page.get_rotation())))
    return PrintedPage(size=(width, height), characters=tuple(characters))


def _as_seen(box: Sequence[float], visible: Sequence[float], rotation: int) -> Box:
    """From the file's coordinates (origin bottom left, before rotation) to the reader's (origin top left, after it)."""
    left, bottom, right, top = (box[0] - visible[0], box[1] - visible[1], box[2] - visible[0], box[3] - visible[1])
    width, height = visible[2] - visible[0], visible[3] - visible[1]
    match rotation:
        case 90:
            return bottom, left, top, right
        case 180:
            return width - right, bottom, width - left, top
        case 270:
            return height - top, width - right, height - bottom, width - left
        case _:
            return left, height - top, right, height - bottom
