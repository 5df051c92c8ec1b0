"""Draw a page as a PNG, with boxes marked on it. Runs in a sealed worker; see `parsers.rendering` for the way to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parsers.backends.mupdf import pymupdf
from parsers.backends.pdf_page import MuPdfPage
from parsers.content import PageSource, Pixels
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages, ParseError
from parsers.formats import PDF, open_document
from parsers.isolated_wire import decode, encode
from parsers.model import Box
from parsers.policy import ParseOptions
from parsers.render_task import RENDER_PAGE, RenderArguments

_MARKER = (255, 234, 145)
_OUTLINE = (214, 120, 0)
_OUTLINE_POINTS = 0.9
_MARGIN_POINTS = 1.0
"""Air around a box, so that the outline does not touch the characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawable:
    """A page that can be drawn, and its size in points as a reader sees it. `document` keeps it alive."""

    document: Any
    source: PageSource
    width: float
    height: float


def rasterize_page(asked: RenderArguments) -> bytes:
    """Return a page of a PDF or of an image file as PNG, at `dpi`, or at less when it would have over `pixels` pixels.

    `boxes` in points, as a reader sees the page, are shown like text marked with a highlighter, outlined. With `clip`
    only that part is drawn. A PDF that MuPDF cannot open is drawn by PDFium, as it was then also read by it.
    Raises `ParseError` when there is no such page, `EncryptedDocument`, `DamagedDocument`.
    """
    options = ParseOptions(password=asked.password)
    drawable = _pdf_page(asked, options) if asked.media_type == PDF else _backend_page(asked, options, second=False)
    with drawable.document:
        width, height = drawable.width, drawable.height
        if not (math.isfinite(width * height) and width > 0 and height > 0):
            raise DamagedDocument("The page has no usable size.")
        left, top, right, bottom = asked.clip or (0.0, 0.0, width, height)
        clip = (max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height))
        if not (clip[2] > clip[0] and clip[3] > clip[1]):
            raise ParseError("The part of the page that was asked for lies outside it.")
        area = (clip[2] - clip[0]) * (clip[3] - clip[1])
        dpi = min(float(asked.dpi), 72.0 * math.sqrt(asked.pixels / area))
        drawn = drawable.source.render(dpi=dpi, clip=None if asked.clip is None else clip)
        return _png(drawn, asked.boxes, (clip[0], clip[1]), dpi / 72.0)


def _pdf_page(asked: RenderArguments, options: ParseOptions) -> _Drawable:
    """MuPDF's page, without reading its text; PDFium's where MuPDF cannot open the file."""
    try:
        document = pymupdf.open(asked.path, filetype="pdf")
        pages = document.page_count if not document.needs_pass or document.authenticate(options.password or "") else -1
    except (RuntimeError, ValueError, OSError):
        return _backend_page(asked, options, second=True)
    if pages < 0:
        raise EncryptedDocument("The PDF is encrypted and cannot be opened without the right password.")
    if pages == 0:
        return _backend_page(asked, options, second=True)
    _require_page(asked.page, pages)
    page = document[asked.page - 1]
    return _Drawable(document=document, source=MuPdfPage(page), width=page.rect.width, height=page.rect.height)


def _backend_page(asked: RenderArguments, options: ParseOptions, *, second: bool) -> _Drawable:
    """The page as the backend that read it sees it."""
    document: Any = open_document(Path(asked.path), asked.media_type, options, second=second)
    _require_page(asked.page, document.page_count)
    content = document.read_content(asked.page)
    return _Drawable(document=document, source=content.source, width=content.width, height=content.height)


def _require_page(number: int, pages: int) -> None:
    if pages == 0:
        raise NoPages("The document has no pages.")
    if not 1 <= number <= pages:
        raise ParseError(f"There is no page {number}; the document has {pages}.")


def _png(drawn: Pixels, boxes: Sequence[Box], origin: tuple[float, float], zoom: float) -> bytes:
    canvas = _Canvas(bytearray(drawn.samples), drawn.width, drawn.height, zoom)
    for box in boxes:
        canvas.mark((box[0] - origin[0], box[1] - origin[1], box[2] - origin[0], box[3] - origin[1]))
    marked = pymupdf.Pixmap(pymupdf.csRGB, canvas.width, canvas.height, canvas.samples, False)
    return bytes(marked.tobytes("png"))


def _render_page(payload: bytes) -> bytes:
    asked: RenderArguments = decode(payload, RenderArguments)
    return encode(rasterize_page(asked))


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
