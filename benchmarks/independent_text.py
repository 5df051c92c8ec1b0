"""What PDFium reads of a PDF, and how much of it a text of ours has, and in which order."""

from __future__ import annotations

import ctypes
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pymupdf
import pypdfium2
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from parsers.model import Box

# PDFium puts one of these in the place of a hyphen at the end of a line; a soft hyphen elsewhere is not printed.
_PRINTED_AS: Final = {0x02: "-", 0xFFFE: "-", 0xAD: "", 0x00: ""}
# Device units to a point, for PDFium's own mapping of pages to devices: it knows rotation and crop box.
_UNITS: Final = 100
_SLACK: Final = 0.5


def comparable(text: str) -> str:
    """Without white space, ligatures taken apart, and hyphens of all kinds as one."""
    plain = unicodedata.normalize("NFKC", text.translate(_PRINTED_AS))
    return "".join(
        "-" if unicodedata.category(character) == "Pd" else character for character in plain if _ink(character)
    )


def _ink(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Counts of comparable characters: `common` in the same order, `shared` in any order, of `theirs` and of `ours`."""

    theirs: int
    ours: int
    common: int
    shared: int

    @property
    def in_order(self) -> float:
        """Share of their characters that ours has in the same order (longest common subsequence)."""
        return self.common / self.theirs if self.theirs else 1.0

    @property
    def in_any_order(self) -> float:
        return self.shared / self.theirs if self.theirs else 1.0

    @property
    def surplus(self) -> float:
        """Share of our characters that they do not have at all."""
        return 1 - self.shared / self.ours if self.ours else 0.0


def likeness(theirs: str, ours: str) -> Likeness:
    """Compare two texts, each put into its comparable form first."""
    first, second = comparable(theirs), comparable(ours)
    return Likeness(
        theirs=len(first),
        ours=len(second),
        common=LCSseq.similarity(first, second),
        shared=(Counter(first) & Counter(second)).total(),
    )


def word_f1(truth: str, text: str) -> float:
    """F1 of words without regard to order; for pages read by OCR, whose truth has an order of its own."""
    true, found = Counter(truth.split()), Counter(text.split())
    return 2 * (true & found).total() / (true.total() + found.total()) if true or found else 1.0


@dataclass(frozen=True)
class PrintedPage:
    """Characters in PDFium's order. `centres` are (x, y) in points from the top-left corner of the page as seen."""

    text: str
    characters: tuple[str, ...]
    centres: NDArray[np.float64]

    @cached_property
    def count(self) -> int:
        return len(comparable(self.text))

    def under(self, boxes: Iterable[Box]) -> str:
        """The characters whose centres lie in the boxes, box by box."""
        parts = []
        for left, top, right, bottom in boxes:
            x, y = self.centres[:, 0], self.centres[:, 1]
            inside = (x >= left - _SLACK) & (x <= right + _SLACK) & (y >= top - _SLACK) & (y <= bottom + _SLACK)
            parts += [self.characters[index] for index in np.flatnonzero(inside)]
        return "".join(parts)


def read_printed(path: Path, *, places: bool = True) -> list[PrintedPage]:
    """Every page of a PDF. Without `places` there are texts only, which is quicker. Raises `pypdfium2.PdfiumError`."""
    with pypdfium2.PdfDocument(path) as document:
        return [_printed_page(document[index], places) for index in range(len(document))]


def read_by_mupdf(path: Path) -> list[PrintedPage]:
    """The same from MuPDF: less independent, for what PDFium is known to misread. Raises a `RuntimeError`."""
    with pymupdf.open(path) as document:
        return [_mupdf_page(page) for page in document]


def _mupdf_page(page: Any) -> PrintedPage:
    raw = page.get_text("rawdict", flags=pymupdf.TEXTFLAGS_RAWDICT & ~pymupdf.TEXT_PRESERVE_IMAGES)
    spans = (span for block in raw["blocks"] for line in block["lines"] for span in line["spans"])
    characters: list[str] = []
    centres: list[tuple[float, float]] = []
    for character in (character for span in spans for character in span["chars"]):
        x0, y0, x1, y1 = character["bbox"]
        seen = pymupdf.Point((x0 + x1) / 2, (y0 + y1) / 2) * page.rotation_matrix
        characters.append(character["c"])
        centres.append((seen.x, seen.y))
    places = np.array(centres).reshape(-1, 2)
    return PrintedPage(text="".join(characters), characters=tuple(characters), centres=places)


def _printed_page(page: Any, places: bool) -> PrintedPage:
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        if not places:
            return PrintedPage(text=text, characters=(), centres=np.empty((0, 2)))
        characters, centres = _placed(page, text_page)
    finally:
        text_page.close()
    return PrintedPage(text=text, characters=tuple(characters), centres=np.array(centres).reshape(-1, 2))


def _placed(page: Any, text_page: Any) -> tuple[list[str], list[tuple[float, float]]]:
    width, height = page.get_size()
    box, x, y = pdfium_c.FS_RECTF(), ctypes.c_int(), ctypes.c_int()
    characters: list[str] = []
    centres: list[tuple[float, float]] = []
    for index in range(text_page.count_chars()):
        character = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
        if not comparable(character) or not pdfium_c.FPDFText_GetLooseCharBox(text_page, index, box):
            continue
        middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        size = round(width * _UNITS), round(height * _UNITS)
        pdfium_c.FPDF_PageToDevice(page, 0, 0, *size, 0, *middle, x, y)
        characters.append(character)
        centres.append((x.value / _UNITS, y.value / _UNITS))
    return characters, centres


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
