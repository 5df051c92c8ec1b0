"""A scanned page as the layout model wants it: a page of a PDF with what OCR read as its text, below its picture.

The model's text features come from MuPDF's own structured text, so the lines are printed anew where they were read, and
the picture of the page is laid over them: the model reads the one and sees the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from parsers.backends.mupdf import pymupdf
from parsers.content import PageContent, PageSource, Pixels, PrintedLine, Word
from parsers.ocr.raster import image_of, straighten

_DPI: Final = 72.0
"""The model looks at a page at one pixel a point, or less."""

_REGULAR: Final = "helv"
_BOLD: Final = "hebo"
_ENCODING: Final = "cp1252"
_UNKNOWN_LETTER: Final = "x"
_SMALLEST: Final = 1.0


@contextmanager
def scan_page(page: PageContent, source: PageSource, skew: float) -> Iterator[Any]:
    """A `pymupdf.Page` of the size of `page`, whose lines were read from its pixels; valid inside the `with`.

    `source` draws its picture, in which lines fall by `skew` degrees, and do not in `page`.
    """
    with pymupdf.open() as document:
        printed = document.new_page(width=page.width, height=page.height)
        for font in (_REGULAR, _BOLD):
            printed.insert_font(fontname=font)
        contents = document.get_new_xref()
        document.update_object(contents, "<<>>")
        document.update_stream(contents, b"\n".join(_operators(page.lines, page.height)))
        printed.set_contents(contents)
        printed.insert_image(printed.rect, pixmap=_picture(source.render(dpi=_DPI), skew), keep_proportion=False)
        yield printed


def _picture(pixels: Pixels, skew: float) -> Any:
    straight = np.ascontiguousarray(straighten(image_of(pixels), skew))
    return pymupdf.Pixmap(pymupdf.csRGB, straight.shape[1], straight.shape[0], straight.tobytes(), False)


def _operators(lines: Iterable[PrintedLine], height: float) -> Iterator[bytes]:
    """What prints each word where it was read, stretched to its width (ISO 32000-2, 9.3 and 9.4)."""
    yield b"BT"
    for line in lines:
        if line.horizontal:
            for word in line.words:
                yield from _word(word, line, height)
    yield b"ET"


def _word(word: Word, line: PrintedLine, height: float) -> Iterator[bytes]:
    font = _BOLD if word.style.bold else _REGULAR
    size = max(word.style.size, _SMALLEST)
    text = "".join(_printable(character) for character in word.text)
    natural = pymupdf.get_text_length(text, font, size)
    if natural <= 0 or word.bbox[2] <= word.bbox[0]:
        return
    stretched = 100 * (word.bbox[2] - word.bbox[0]) / natural
    place = f"1 0 0 1 {word.bbox[0]:.2f} {height - line.baseline:.2f} Tm"
    shown = f"{text} ".encode(_ENCODING).hex()  # with a blank: words that nearly touch would be read as one
    yield f"/{font} {size:.2f} Tf {stretched:.1f} Tz {place} <{shown}> Tj".encode()


def _printable(character: str) -> str:
    """Letters that the font lacks look like letters all the same: the model knows kinds of characters, not words."""
    try:
        character.encode(_ENCODING)
    except UnicodeEncodeError:
        return _UNKNOWN_LETTER if character.isalnum() else "."
    return character
