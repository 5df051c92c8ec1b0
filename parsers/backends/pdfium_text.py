"""Printed lines from PDFium's characters: the same values that `pdf_text` makes of MuPDF's."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from parsers.content import PrintedLine, Style, Word
from parsers.line_boxes import union
from parsers.model import Box
from parsers.plain_text import clean_word

# Font descriptor flags (PDF 32000-1, table 123), and the weight from which a face is bold.
_FIXED_PITCH, _ITALIC, _BOLD_WEIGHT = 1, 64, 600
_INVISIBLE_MODES = (pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP)
_NAME_BYTES = 256
# In font sizes: characters further apart may belong to different columns; set off more, they are on another line.
_GAP_BETWEEN_RUNS, _OTHER_LINE = 1.2, 0.8
_SMALLEST_SIZE = 1.0
_RAISED_SIZE, _RAISED_BY = 0.85, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """From PDF coordinates to those of the page as a reader sees it; `width` and `height` are what he sees."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int

    def vector(self, x: float, y: float) -> tuple[float, float]:
        match self.rotation:
            case 90:
                return y, x
            case 180:
                return -x, y
            case 270:
                return -y, -x
            case _:
                return x, -y

    def point(self, x: float, y: float) -> tuple[float, float]:
        across, down = self.vector(x - self.left, y - self.bottom)
        return (
            across + (self.width if self.rotation in (180, 270) else 0.0),
            down + (self.height if self.rotation in (0, 270) else 0.0),
        )

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        (x0, y0), (x1, y1) = self.point(left, bottom), self.point(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    style: Style
    shown: bool
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Character:
    text: str
    box: Box
    origin: tuple[float, float]
    direction: tuple[float, float]
    look: _Look
    parted: bool
    """Whether a blank parts it from the character before."""


def read_lines(page: Any, turn: Turn) -> tuple[tuple[PrintedLine, ...], tuple[PrintedLine, ...]]:
    """The printed lines of a page, visible ones and hidden ones, in the order of the file."""
    text_page = page.get_textpage()
    try:
        visible: list[PrintedLine] = []
        hidden: list[PrintedLine] = []
        for run in _runs(_characters(text_page, turn)):
            printed = _printed_line(run)
            if printed is not None:
                x, y = (printed.bbox[0] + printed.bbox[2]) / 2, (printed.bbox[1] + printed.bbox[3]) / 2
                shown = run[0].look.shown and 0 <= x <= turn.width and 0 <= y <= turn.height
                (visible if shown else hidden).append(printed)
        return tuple(visible), tuple(hidden)
    finally:
        text_page.close()


def _characters(text_page: Any, turn: Turn) -> Iterator[_Character | None]:
    """Each character that prints, and None where a line ends."""
    looks: dict[int, _Look] = {}
    rect = pdfium_c.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    high_half, parted = "", False
    for index in range(text_page.count_chars()):
        text = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
        if text in "\r\n":
            yield None
            continue
        if text.isspace():
            parted = True
            continue
        if pdfium_c.FPDFText_IsHyphen(text_page, index) == 1:
            text = "-"
        elif "\ud800" <= text <= "\udbff":
            high_half = text
            continue
        elif "\udc00" <= text <= "\udfff":
            text = (high_half + text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        handle = pdfium_c.FPDFText_GetTextObject(text_page, index)
        if not handle or not pdfium_c.FPDFText_GetLooseCharBox(text_page, index, rect):
            continue
        pdfium_c.FPDFText_GetCharOrigin(text_page, index, x, y)
        angle = pdfium_c.FPDFText_GetCharAngle(text_page, index)  # radians, clockwise
        address = ctypes.cast(handle, ctypes.c_void_p).value or 0
        if address not in looks:
            looks[address] = _look(text_page, index, handle)
        yield _Character(
            text=text,
            box=turn.box(rect.left, rect.bottom, rect.right, rect.top),
            origin=turn.point(x.value, y.value),
            direction=turn.vector(math.cos(angle), -math.sin(angle)),
            look=looks[address],
            parted=parted,
        )
        parted = False


def _look(text_page: Any, index: int, handle: Any) -> _Look:
    buffer, flags = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(text_page, index, buffer, _NAME_BYTES, flags)
    name = buffer.value.decode("utf-8", "replace").rsplit("+", 1)[-1]
    lowered = name.lower()
    matrix = pdfium_c.FS_MATRIX(1, 0, 0, 1, 0, 0)
    pdfium_c.FPDFText_GetMatrix(text_page, index, matrix)
    size = pdfium_c.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    alpha.value = 255
    pdfium_c.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
    invisible = pdfium_c.FPDFTextObj_GetTextRenderMode(handle) in _INVISIBLE_MODES
    return _Look(
        style=Style(
            font=name,
            size=round(size, 1),
            bold=pdfium_c.FPDFText_GetFontWeight(text_page, index) >= _BOLD_WEIGHT or "bold" in lowered,
            italic=bool(flags.value & _ITALIC) or "italic" in lowered or "oblique" in lowered,
            monospace=bool(flags.value & _FIXED_PITCH) or "courier" in lowered or "mono" in lowered,
            color=red.value << 16 | green.value << 8 | blue.value,
        ),
        shown=not invisible and alpha.value > 0 and size >= _SMALLEST_SIZE,
        size=size,
    )


def _runs(characters: Iterator[_Character | None]) -> Iterator[list[_Character]]:
    """Characters of one line without a gap wide enough to be a column gap, alike in visibility and direction."""
    run: list[_Character] = []
    for character in characters:
        if character is None or (run and not _follows(run[-1], character)):
            if run:
                yield run
            run = []
        if character is not None:
            run.append(character)
    if run:
        yield run


def _follows(before: _Character, after: _Character) -> bool:
    if before.look.shown != after.look.shown:
        return False
    if before.direction[0] * after.direction[0] + before.direction[1] * after.direction[1] < 0.99:
        return False
    size = max(before.look.size, after.look.size)
    apart = after.origin[0] - before.origin[0], after.origin[1] - before.origin[1]
    across = abs(apart[0] * before.direction[1] - apart[1] * before.direction[0])
    along = before.direction[0] * apart[0] + before.direction[1] * apart[1]
    axis = 0 if abs(before.direction[0]) > 0.7 else 1
    advance = before.box[2 + axis] - before.box[axis]
    return across <= _OTHER_LINE * size and -size <= along - advance <= _GAP_BETWEEN_RUNS * size


def _printed_line(run: Sequence[_Character]) -> PrintedLine | None:
    words = tuple(word for word in _words(run) if word.text)
    if not words:
        return None
    main = _main_look(run)
    axis = 1 if abs(run[0].direction[0]) > 0.7 else 0
    baselines = Counter(round(character.origin[axis], 2) for character in run if character.look == main)
    return PrintedLine(
        text=" ".join(word.text for word in words),
        bbox=union(word.bbox for word in words),
        baseline=max(baselines, key=lambda place: (baselines[place], place)),
        direction=(round(run[0].direction[0], 3), round(run[0].direction[1], 3)),
        style=main.style,
        words=words,
    )


def _main_look(run: Sequence[_Character]) -> _Look:
    weights = Counter(character.look for character in run)
    return max(weights, key=lambda look: (weights[look], look.size))


def _words(run: Sequence[_Character]) -> Iterator[Word]:
    main = _main_look(run)
    base = next(character for character in run if character.look == main)
    start = 0
    for end in range(1, len(run) + 1):
        if end == len(run) or run[end].parted:
            yield _word(run[start:end], base)
            start = end


def _word(characters: Sequence[_Character], base: _Character) -> Word:
    first = characters[0]
    box = union(character.box for character in characters)
    apart = first.origin[0] - base.origin[0], first.origin[1] - base.origin[1]
    # Upwards is to the left of the direction of writing; y grows downwards.
    above = apart[0] * base.direction[1] - apart[1] * base.direction[0]
    return Word(
        text=clean_word("".join(character.text for character in characters)),
        bbox=(round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2)),
        style=_main_look(characters).style,
        raised=first.look.size < _RAISED_SIZE * base.look.size and above > _RAISED_BY * base.look.size,
    )
