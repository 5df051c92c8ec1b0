"""A page of MuPDF for the extractors that look at it: its pixels, and the page object itself."""

from __future__ import annotations

from typing import Any

from parsers.backends.mupdf import pymupdf
from parsers.content import Pixels
from parsers.model import Box


class MuPdfPage:
    """A `parsers.content.PageSource` over a `pymupdf.Page`."""

    def __init__(self, page: Any) -> None:
        self._page = page

    @property
    def native(self) -> Any:
        return self._page

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        zoom = dpi / 72.0
        pixmap = self._page.get_pixmap(
            matrix=pymupdf.Matrix(zoom, zoom),
            clip=None if clip is None else pymupdf.Rect(clip),
            colorspace=pymupdf.csGRAY if grey else pymupdf.csRGB,
            alpha=False,
        )
        return Pixels(width=pixmap.width, height=pixmap.height, channels=pixmap.n, samples=bytes(pixmap.samples_mv))
