"""Lines drawn on scans: borders of tables are found, letters are not taken for them, and tables come of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from parsers.backends.mupdf import pymupdf
from parsers.model import Document, ElementKind, Table
from parsers.ocr.drawn_lines import find_drawn_lines
from parsers.ocr.raster import image_of
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.unit.parsers_ocr.scans import LETTER, encoded, pixels_of, prose_scan, spoiled

GRID = (
    ("Berth", "Length", "Keeper"),
    ("North quay", "Two cranes", "Harbour office"),
    ("South quay", "One crane", "Pilots"),
    ("Outer mole", "No crane", "Nobody"),
)
XS, YS = (60.0, 180.0, 300.0, 420.0), (40.0, 70.0, 100.0, 130.0, 160.0)


def grid_scan(dpi: int = 200, grey: float = 0.0) -> Image.Image:
    with pymupdf.open() as document:
        page = document.new_page(width=480, height=200)
        for y in YS:
            page.draw_line((XS[0], y), (XS[-1], y), width=0.7, color=(grey, grey, grey))
        for x in XS:
            page.draw_line((x, YS[0]), (x, YS[-1]), width=0.7, color=(grey, grey, grey))
        for top, row in zip(YS, GRID, strict=False):
            for left, cell in zip(XS, row, strict=False):
                page.insert_text((left + 6, top + 20), cell, fontsize=11, fontname="tiro")
        pixmap = page.get_pixmap(dpi=dpi)
    return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


def parse(tmp_path: Path, image: Image.Image, dpi: int) -> Document:
    path = tmp_path / "scan.png"
    path.write_bytes(encoded(image, dpi=(dpi, dpi)))
    return parse_in_process(path, "image/png", ParseOptions()).document


def rows_of(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[cell.text for cell in table.cells if cell.row == row] for row in range(table.rows)]


@pytest.mark.parametrize(("dpi", "grey"), [(200, 0.0), (200, 0.7), (100, 0.0)])
def test_borders_are_found_where_they_are_drawn(dpi: int, grey: float) -> None:
    found = find_drawn_lines(image_of(pixels_of(grid_scan(dpi, grey))), 72 / dpi)
    across = [rule for rule in found if rule.horizontal]
    down = [rule for rule in found if not rule.horizontal]
    assert [rule.y0 for rule in across] == pytest.approx(YS, abs=1)
    assert sorted(rule.x0 for rule in down) == pytest.approx(XS, abs=1)
    assert all((rule.x0, rule.x1) == pytest.approx((XS[0], XS[-1]), abs=1.5) for rule in across)
    assert all((rule.y0, rule.y1) == pytest.approx((YS[0], YS[-1]), abs=1.5) for rule in down)


def test_letters_are_no_lines() -> None:
    assert find_drawn_lines(image_of(pixels_of(prose_scan())), 72 / 200) == ()


@pytest.mark.parametrize("condition", [{}, {"noise": 15.0, "skew": 1.5}, {"quarter_turns": 1}])
def test_a_table_with_borders_is_read_from_a_scan(tmp_path: Path, condition: dict[str, float]) -> None:
    document = parse(tmp_path, spoiled(grid_scan(), **condition), 200)  # type: ignore[arg-type]
    tables = [element.table for element in document.elements if element.kind is ElementKind.TABLE]
    assert [rows_of(table) for table in tables] == [[list(row) for row in GRID]]


def test_running_text_on_a_scan_is_no_table(tmp_path: Path) -> None:
    document = parse(tmp_path, prose_scan(), 200)
    assert ElementKind.TABLE not in {element.kind for element in document.elements}
    assert document.text.split()[0] == LETTER[0].split()[0]
