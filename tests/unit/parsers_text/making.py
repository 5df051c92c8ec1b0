"""Small values typed by hand, and the whole parser on a file in this process."""

from __future__ import annotations

from pathlib import Path

from parsers.content import PageContent, PrintedLine, Style, Word
from parsers.model import Box, Derivation, ParseOutcome, TextSource
from parsers.reading import Block, LineReading, PageReading
from tests.support.in_process import parse_in_process

PDF = "application/pdf"
DERIVATION = Derivation(extractor="test", version="1", confidence=1.0, reason="typed by hand")


def parse_file(path: Path) -> ParseOutcome:
    """Inspect, read and assemble in this process."""
    return parse_in_process(path, PDF)


def style(size: float = 10.0, *, bold: bool = False) -> Style:
    return Style(font="Test", size=size, bold=bold, italic=False, monospace=False, color=0)


def printed(text: str, left: float, baseline: float, size: float = 10.0, *, right: float | None = None) -> PrintedLine:
    """A line whose characters are half as wide as the font size, unless `right` says where it ends."""
    step = size / 2 if right is None else (right - left) / len(text)
    words = []
    position = 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        box = (left + start * step, baseline - 0.9 * size, left + position * step, baseline + 0.2 * size)
        words.append(Word(text=word, bbox=box, style=style(size)))
    return PrintedLine(
        text=" ".join(word.text for word in words),
        bbox=(words[0].bbox[0], words[0].bbox[1], words[-1].bbox[2], words[0].bbox[3]),
        baseline=baseline,
        direction=(1.0, 0.0),
        style=style(size),
        words=tuple(words),
    )


def content(*lines: PrintedLine, hidden: tuple[PrintedLine, ...] = (), images: tuple[Box, ...] = ()) -> PageContent:
    return PageContent(
        number=1,
        width=600.0,
        height=800.0,
        rotation=0,
        lines=lines,
        hidden=hidden,
        images=images,
        char_count=sum(len(word.text) for line in lines for word in line.words),
    )


def reading_line(
    text: str,
    top: float,
    *,
    left: float = 72.0,
    right: float | None = None,
    size: float = 10.0,
    bold: bool = False,
    wide_gaps: int = 0,
    mark: str = "",
) -> LineReading:
    end = left + len(text) * size / 2 if right is None else right
    return LineReading(
        text=text,
        bbox=(left, top, end, top + size),
        baseline=top + 0.8 * size,
        size=size,
        bold=bold,
        italic=False,
        monospace=False,
        wide_gaps=wide_gaps,
        mark=mark,
    )


def page_reading(number: int, *lines: LineReading, characters: int | None = None) -> PageReading:
    text = "".join(line.text for line in lines)
    block = Block(left=72.0, right=523.0, lines=lines)
    return PageReading(
        number=number,
        width=595.0,
        height=842.0,
        rotation=0,
        text_source=TextSource.TEXT_LAYER,
        blocks=(block,) if lines else (),
        characters=len("".join(text.split())) if characters is None else characters,
        tables_found=0,
        text=DERIVATION,
    )
