"""A page of PDFium as plain values: its size, place and turn, drawn lines, images, and pixels. Text: `pdfium_text`."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pypdfium2.raw as pdfium_c

from parsers.backends.pdf_drawing import count_paths, rulings_of
from parsers.backends.pdfium_text import Turn, read_lines
from parsers.content import PageContent, Pixels
from parsers.errors import PageUnreadable
from parsers.model import Box
from parsers.plain_text import count_characters, count_unmapped

_PATH_BLOCK = 3
# What a page may draw before the rest of its objects is not looked at for lines and images.
_MOST_OBJECTS = 100_000


class PdfiumPage:
    """A `parsers.content.PageSource` over a `pypdfium2.PdfPage`."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.width, self.height = (float(size) for size in page.get_size())
        self.rotation = int(page.get_rotation())
        area = pdfium_c.FS_RECTF()
        if not pdfium_c.FPDF_GetPageBoundingBox(page, area):
            raise PageUnreadable("The page has no usable size.")
        if not (math.isfinite(self.width * self.height) and self.width > 0 and self.height > 0):
            raise PageUnreadable("The page has no usable size.")
        self.turn = Turn(
            left=area.left, bottom=area.bottom, width=self.width, height=self.height, rotation=self.rotation
        )

    @property
    def native(self) -> Any:
        return None

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        left, top, right, bottom = clip or (0.0, 0.0, self.width, self.height)
        crop = (max(0.0, left), max(0.0, self.height - bottom), max(0.0, self.width - right), max(0.0, top))
        bitmap = self.page.render(scale=dpi / 72.0, crop=crop, grayscale=grey, rev_byteorder=True, may_draw_forms=False)
        try:
            row, data = bitmap.width * bitmap.n_channels, bytes(bitmap.buffer)
            starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
            samples = data if row == bitmap.stride else b"".join(data[start : start + row] for start in starts)
            return Pixels(width=bitmap.width, height=bitmap.height, channels=bitmap.n_channels, samples=samples)
        finally:
            bitmap.close()


def page_content(source: PdfiumPage, number: int) -> PageContent:
    """Everything PDFium says of a page. Raises `PdfiumError`, `PageUnreadable`."""
    lines, hidden = read_lines(source.page, source.turn)
    paths, images = _objects(source)
    return PageContent(
        number=number,
        width=round(source.width, 2),
        height=round(source.height, 2),
        rotation=source.rotation,
        lines=lines,
        hidden=hidden,
        rulings=rulings_of(paths, source.width, source.height),
        images=images,
        paths=count_paths(paths),
        char_count=sum(count_characters(line.text) for line in lines),
        unmapped=sum(count_unmapped(line.text) for line in lines),
        source=source,
    )


def _objects(source: PdfiumPage) -> tuple[list[dict[str, Any]], tuple[Box, ...]]:
    """Paths as `pdf_drawing.rulings_of` wants them, and the places of images, largest first."""
    paths: list[dict[str, Any]] = []
    images: set[Box] = set()
    for kind, handle, box in islice(_boxes(source), _MOST_OBJECTS):
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            paths.append(_path(handle, box))
            continue
        left, top, right, bottom = (
            max(box[0], 0.0),
            max(box[1], 0.0),
            min(box[2], source.width),
            min(box[3], source.height),
        )
        if right - left > 1 and bottom - top > 1:
            images.add((round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)))
    ordered = sorted(images, key=lambda place: (-(place[2] - place[0]) * (place[3] - place[1]), place))
    return paths, tuple(ordered)


def _boxes(source: PdfiumPage) -> Iterator[tuple[int, Any, Box]]:
    wanted = (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE)
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(pdfium_c.FPDFPage_CountObjects(source.page)):
        handle = pdfium_c.FPDFPage_GetObject(source.page, index)
        kind = pdfium_c.FPDFPageObj_GetType(handle)
        if kind in wanted and pdfium_c.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
            yield kind, handle, source.turn.box(left.value, bottom.value, right.value, top.value)


def _path(handle: Any, box: Box) -> dict[str, Any]:
    fill_mode, stroked = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium_c.FPDFPath_GetDrawMode(handle, fill_mode, stroked)
    color_of = pdfium_c.FPDFPageObj_GetStrokeColor if stroked.value else pdfium_c.FPDFPageObj_GetFillColor
    color_of(handle, red, green, blue, alpha)
    return {
        "type": _PATH_BLOCK,
        "bbox": box,
        "stroked": bool(stroked.value),
        "alpha": alpha.value if stroked.value or fill_mode.value else 0,
        "color": red.value << 16 | green.value << 8 | blue.value,
        "isrect": pdfium_c.FPDFPath_CountSegments(handle) in (4, 5),
    }
