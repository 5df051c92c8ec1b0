"""The layout model on pages that OCR has read: it sees their pictures, and charts are no tables and no paragraphs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from parsers.backends.pdf import open_document
from parsers.content import PageContent, PrintedLine
from parsers.layout import Layout, LayoutKind, LayoutRegion, find_layout, layout_needed
from parsers.layout_model.scan_page import scan_page
from parsers.media_types import PDF
from parsers.model import Element, ElementKind
from parsers.policy import ParseOptions
from parsers.scan_pictures import pictures_in_scan, without_misread_labels
from tests.support.in_process import FAST, parse_in_process
from tests.unit.parsers_layout.reports import CHART, ROWS, report
from tests.unit.parsers_text.making import content, printed

BALANCED = ParseOptions()


def scanned(path: Path, *, quarter_turns: int = 0) -> Path:
    """The report as the picture of a page."""
    with pymupdf.open(stream=report(), filetype="pdf") as document, pymupdf.open() as scan:
        picture = document[0].get_pixmap(
            matrix=pymupdf.Matrix(200 / 72, 200 / 72).prerotate(90 * quarter_turns), colorspace=pymupdf.csGRAY
        )
        size = picture.width * 72 / 200, picture.height * 72 / 200
        scan.new_page(width=size[0], height=size[1]).insert_image(pymupdf.Rect(0, 0, *size), pixmap=picture)
        scan.save(path)
    return path


def of_kind(elements: tuple[Element, ...], kind: ElementKind) -> list[Element]:
    return [element for element in elements if element.kind is kind]


@pytest.mark.parametrize("quarter_turns", [0, 2])
def test_a_chart_of_a_scan_is_a_figure_and_its_table_a_table(tmp_path: Path, quarter_turns: int) -> None:
    path = scanned(tmp_path / "scan.pdf", quarter_turns=quarter_turns)
    elements = parse_in_process(path, PDF, BALANCED).document.elements
    (figure,) = of_kind(elements, ElementKind.FIGURE)
    assert figure.bbox is not None
    left, top, right, bottom = CHART
    if quarter_turns:
        width, height = 595.3, 841.9
        left, top, right, bottom = width - right, height - bottom, width - left, height - top
    middle = (figure.bbox[0] + figure.bbox[2]) / 2, (figure.bbox[1] + figure.bbox[3]) / 2
    assert left < middle[0] < right
    assert top < middle[1] < bottom
    assert "Jan" in figure.text
    (table,) = of_kind(elements, ElementKind.TABLE)
    assert table.table is not None
    assert {cell.text for cell in table.table.cells} >= {row[1] for row in ROWS}
    assert not any("Jan" in element.text for element in of_kind(elements, ElementKind.PARAGRAPH))


def test_the_model_reads_what_ocr_read_and_sees_the_picture(tmp_path: Path) -> None:
    with open_document(scanned(tmp_path / "scan.pdf"), BALANCED) as document:
        page = document.read_content(1)
        line = printed("Winter traffic, Łódź and 東京", 72, 85, size=16)
        assert page.source is not None
        with scan_page(content(line), page.source, 0.0) as made:
            (left, _, right, baseline, *_), *rest = made.get_text("words")
            assert [word[4] for word in made.get_text("words")] == ["Winter", "traffic,", "xódx", "and", "xx"]
            assert (left, right) == pytest.approx((line.words[0].bbox[0], line.words[0].bbox[2]), abs=1.0)
            assert baseline == pytest.approx(85, abs=6)
            assert len(rest) == 4
            assert min(made.get_pixmap(dpi=72).samples) < 64
        assert find_layout(page) is not None


def test_scans_are_always_looked_at_but_under_fast() -> None:
    page = content(printed("a line that OCR has read", 72, 100))
    assert layout_needed(page, BALANCED, scanned=True)[0]
    assert not layout_needed(page, BALANCED)[0]
    assert not layout_needed(page, FAST, scanned=True)[0]


def picture(*, confidence: float = 0.9) -> LayoutRegion:
    return LayoutRegion(kind=LayoutKind.PICTURE, bbox=(50.0, 100.0, 400.0, 400.0), confidence=confidence)


def rows_below_a_chart() -> PageContent:
    return content(printed("Jan", 100, 200), printed("Johnson", 60, 350), printed("144.32", 420, 350))


def test_a_picture_ends_above_rows_of_figures_that_go_on_beside_it() -> None:
    ((box, confidence),) = pictures_in_scan(rows_below_a_chart(), Layout(regions=(picture(),)))
    assert box == pytest.approx((50.0, 100.0, 400.0, 341.0))
    assert confidence == 0.9


def test_a_picture_that_may_be_a_table_is_none() -> None:
    table = LayoutRegion(kind=LayoutKind.TABLE, bbox=(50.0, 100.0, 450.0, 400.0), confidence=0.95)
    assert pictures_in_scan(rows_below_a_chart(), Layout(regions=(picture(), table))) == []
    assert pictures_in_scan(rows_below_a_chart(), Layout(regions=(picture(confidence=0.5),))) == []


def test_what_is_read_in_the_lines_of_a_chart_is_left_out() -> None:
    def read(text: str, left: float, top: float, confidence: float) -> PrintedLine:
        line = printed(text, left, top)
        return replace(line, words=tuple(replace(word, confidence=confidence) for word in line.words))

    lines = [read("Miw", 100, 200, 0.55), read("Jan", 100, 300, 0.96), read("Mdw", 500, 200, 0.55)]
    page = without_misread_labels(content(*lines), [picture().bbox])
    assert [line.text for line in page.lines] == ["Jan", "Mdw"]
    assert page.char_count == 6
    assert without_misread_labels(page, [picture().bbox]) is page
