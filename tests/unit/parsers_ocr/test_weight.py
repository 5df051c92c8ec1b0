"""Bold lines on scans are told from regular ones, so that headings are headings there too."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from parsers.backends.mupdf import pymupdf
from parsers.model import ElementKind
from parsers.ocr.base import OcrEngine
from parsers.ocr.engines import installed_engines
from parsers.ocr.raster import image_of
from parsers.ocr.weight import with_weights
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.unit.parsers_ocr.scans import PROSE, encoded, pixels_of

HEADING = "Arrivals by quay and year"


def page_with_heading() -> Image.Image:
    with pymupdf.open() as document:
        page = document.new_page(width=460, height=220)
        page.insert_text((60, 50), HEADING, fontsize=12, fontname="tibo")
        for index, line in enumerate((*PROSE, *PROSE)):
            page.insert_text((60, 80 + 15 * index), line, fontsize=12, fontname="tiro")
        pixmap = page.get_pixmap(dpi=200)
    return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


@pytest.mark.parametrize("engine", installed_engines(), ids=lambda engine: engine.name)
def test_the_bold_line_is_told_from_the_others(engine: OcrEngine) -> None:
    pixels = pixels_of(page_with_heading())
    lines = with_weights(image_of(pixels), engine.read(pixels, ("en",)))
    assert [line.text for line in lines if line.bold] == [HEADING]
    assert len(lines) == 1 + 2 * len(PROSE)


def test_a_bold_line_of_a_scan_is_a_heading(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(encoded(page_with_heading(), dpi=(200, 200)))
    document = parse_in_process(path, "image/png", ParseOptions()).document
    assert [e.text for e in document.elements if e.kind is ElementKind.HEADING] == [HEADING]
