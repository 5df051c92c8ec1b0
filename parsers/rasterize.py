"""Draw a page as a PNG, with boxes marked on it. Runs in a sealed worker; see `parsers.rendering` for the way to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parsers.backends.mupdf import pymupdf
from parsers.errors import DamagedDocument, EncryptedDocument, ParseError
from parsers.isolated_wire import decode, encode
from parsers.model import Box

RENDER_PAGE: Final = "render_page"

_MARKER = (255, 234, 145)
_OUTLINE = (214, 120, 0)
_OUTLINE_POINTS = 0.9
_MARGIN_POINTS = 1.0
"""Air around a box, so that the outline does not touch the characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderArguments:
    """Draw page `page` of the PDF at `path`; see `rasterize_page`."""

    path: str
    page: int
    boxes: tuple[Box, ...]
    dpi: int
    pixels: int


def rasterize_page(path: Path, number: int, *, boxes: Sequence[Box], dpi: int, pixels: int) -> bytes:
    """Return page `number` (from 1) of a PDF as PNG, at `dpi`, or at less when it would have over `pixels` pixels.

    `boxes` in points, as a reader sees the page, are shown like text marked with a highlighter, outlined.
    Raises `ParseError` when there is no such page, `EncryptedDocument`, `DamagedDocument`.
    """
    try:
        document = pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError, OSError) as error:
        raise DamagedDocument("The file cannot be opened as a PDF: it is damaged or incomplete.") from error
    with document:
        if document.needs_pass:
            raise EncryptedDocument("The PDF is encrypted and cannot be opened without the right password.")
        if not 1 <= number <= document.page_count:
            raise ParseError(f"There is no page {number}; the document has {document.page_count}.")
        page = document[number - 1]
        width, height = page.rect.width, page.rect.height
        if not (math.isfinite(width * height) and width > 0 and height > 0):
            raise DamagedDocument("The page has no usable size.")
        zoom = min(dpi / 72.0, math.sqrt(pixels / (width * height)))
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False)
        canvas = _Canvas(bytearray(pixmap.samples_mv), pixmap.width, pixmap.height, zoom)
        for box in boxes:
            canvas.mark(box)
        marked = pymupdf.Pixmap(pymupdf.csRGB, canvas.width, canvas.height, canvas.samples, False)
        return bytes(marked.tobytes("png"))


def _render_page(payload: bytes) -> bytes:
    asked: RenderArguments = decode(payload, RenderArguments)
    png = rasterize_page(Path(asked.path), asked.page, boxes=asked.boxes, dpi=asked.dpi, pixels=asked.pixels)
    return encode(png)


class _Canvas:
    """RGB samples, painted on by multiplying colours, as a highlighter does: black text stays black."""

    def __init__(self, samples: bytearray, width: int, height: int, zoom: float) -> None:
        self.samples = samples
        self.width = width
        self.height = height
        self._zoom = zoom

    def mark(self, box: Box) -> None:
        if not all(math.isfinite(edge) for edge in box):
            return
        left, top, right, bottom = (edge * self._zoom for edge in box)
        margin, stroke = _MARGIN_POINTS * self._zoom, max(1, round(_OUTLINE_POINTS * self._zoom))
        x0, y0 = max(0, round(left - margin)), max(0, round(top - margin))
        x1, y1 = min(self.width, round(right + margin)), min(self.height, round(bottom + margin))
        if x1 <= x0 or y1 <= y0:
            return
        self._multiply(x0, y0, x1, y1, _MARKER)
        for edge in (
            (x0, y0, x1, min(y1, y0 + stroke)),
            (x0, max(y0, y1 - stroke), x1, y1),
            (x0, y0, min(x1, x0 + stroke), y1),
            (max(x0, x1 - stroke), y0, x1, y1),
        ):
            self._multiply(*edge, _OUTLINE)

    def _multiply(self, x0: int, y0: int, x1: int, y1: int, color: tuple[int, int, int]) -> None:
        tables = [bytes(value * part // 255 for value in range(256)) for part in color]
        for y in range(y0, y1):
            start, end = (y * self.width + x0) * 3, (y * self.width + x1) * 3
            for channel, table in enumerate(tables):
                places = slice(start + channel, end, 3)
                self.samples[places] = self.samples[places].translate(table)


TASKS: Mapping[str, Callable[[bytes], bytes]] = {RENDER_PAGE: _render_page}
"""What a render worker can be asked to do."""
