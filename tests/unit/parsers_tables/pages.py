"""Pages typed by hand: text at places, set in a font whose every character is half its size wide."""

from __future__ import annotations

from collections.abc import Iterable

from parsers.content import PageContent, PrintedLine, Ruling, Style, Word

SIZE = 10.0
ADVANCE = SIZE / 2
STYLE = Style(font="Test", size=SIZE, bold=False, italic=False, monospace=False, color=0)
BOLD = Style(font="Test-Bold", size=SIZE, bold=True, italic=False, monospace=False, color=0)


def width(text: str) -> float:
    return len(text) * ADVANCE


def line(text: str, left: float, top: float, *, style: Style = STYLE) -> PrintedLine:
    """A printed line: one blank between words, its box from its first character on."""
    words = []
    place = left
    for part in text.split(" "):
        words.append(Word(text=part, bbox=(place, top, place + width(part), top + SIZE), style=style))
        place += width(part) + ADVANCE
    box = (left, top, words[-1].bbox[2], top + SIZE)
    return PrintedLine(text=text, bbox=box, baseline=top + 8, direction=(1.0, 0.0), style=style, words=tuple(words))


def right(text: str, edge: float, top: float, *, style: Style = STYLE) -> PrintedLine:
    """A line that ends at `edge`."""
    return line(text, edge - width(text), top, style=style)


def across(y: float, x0: float, x1: float) -> Ruling:
    return Ruling(x0=x0, y0=y, x1=x1, y1=y, thickness=0.5)


def down(x: float, y0: float, y1: float) -> Ruling:
    return Ruling(x0=x, y0=y0, x1=x, y1=y1, thickness=0.5)


def page(lines: Iterable[PrintedLine], rulings: Iterable[Ruling] = ()) -> PageContent:
    return PageContent(
        number=1, width=612, height=792, rotation=0, lines=tuple(lines), rulings=tuple(rulings), char_count=1
    )


def grid_of(
    rows: int, columns: int, *, left: float = 100, top: float = 100, cell: tuple[float, float] = (80, 20)
) -> list[Ruling]:
    """The lines of a full grid."""
    wide, high = cell
    return [across(top + r * high, left, left + columns * wide) for r in range(rows + 1)] + [
        down(left + c * wide, top, top + rows * high) for c in range(columns + 1)
    ]
