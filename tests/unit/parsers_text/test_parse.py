"""From a file to a Document: offsets, structure, ledger, findings, determinism."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from reportlab.pdfgen.canvas import Canvas

from parsers.backends.pdf import PdfPages
from parsers.contract import encode_document
from parsers.errors import PageUnreadable, UnsupportedMediaType
from parsers.formats import open_document
from parsers.model import Document, ElementKind, Finding, Flag, LedgerState, TextSource
from parsers.parse import assemble, inspect, parse_id, read_pages
from parsers.reading import PageReading
from tests.support import pdfs
from tests.support.in_process import FAST
from tests.unit.parsers_text.making import PDF, page_reading, parse_file, reading_line

Sample = Callable[[str], Path]
READABLE = ["plain", "two_columns", "ruled_table", "unruled_table", "headings", "footnotes", "furniture", "rotated"]


def kinds_of(document: Document) -> list[ElementKind]:
    return [element.kind for element in document.elements]


@pytest.mark.parametrize("sample", READABLE)
def test_every_offset_names_its_text(sample_pdf: Sample, sample: str) -> None:
    document = parse_file(sample_pdf(sample)).document
    assert document.ledger.state is LedgerState.COMPLETE
    assert document.ledger.text_coverage == 1.0
    end = 0
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        assert document.text[end : element.start] == ("\n\n" if end else "")
        end = element.end
        for region in element.regions:
            assert len(document.text[region.start : region.end].split("\n")) == len(region.boxes)
            assert element.start <= region.start <= region.end <= element.end
        for cell in element.table.cells if element.table else ():
            assert document.text[cell.start : cell.end] == cell.text
    assert end == len(document.text)
    assert len({element.id for element in document.elements}) == len(document.elements)


@pytest.mark.parametrize("sample", READABLE)
def test_the_same_bytes_give_the_same_document_in_any_order_of_pages(sample_pdf: Sample, sample: str) -> None:
    path = sample_pdf(sample)
    first = encode_document(parse_file(path).document)
    single: list[PageReading] = []
    with open_document(path, PDF, FAST) as opened:
        inspection = inspect(opened)
        for number in range(inspection.page_count, 0, -1):
            single += read_pages(opened, number, number, FAST)
    travelled = msgspec.json.decode(msgspec.json.encode(single), type=list[PageReading])
    assert travelled == single
    document = parse_file(path).document
    again = assemble(inspection, travelled, [], sha256=document.document.sha256, media_type=PDF, options=FAST)
    assert encode_document(again.document) == first


def test_two_columns_are_read_left_then_right(sample_pdf: Sample) -> None:
    flat = " ".join(parse_file(sample_pdf("two_columns")).document.text.split())
    places = [flat.index(sentence) for sentence in (*pdfs.LEFT_COLUMN, *pdfs.RIGHT_COLUMN)]
    assert places == sorted(places)


def test_headings_have_their_levels_and_sections_their_paths(sample_pdf: Sample) -> None:
    document = parse_file(sample_pdf("headings")).document
    found = [
        (element.level, element.text)
        for element in document.elements
        if element.kind in (ElementKind.TITLE, ElementKind.HEADING)
    ]
    assert found == list(pdfs.HEADINGS)
    by_text = {element.text: element for element in document.elements}
    assert by_text["2.1 Clearance"].section_path == ("Handbook of the Harbour Office", "2 Departures")
    assert by_text["2.1 Clearance"].parent == by_text["2 Departures"].id
    body = next(element for element in document.elements if element.kind is ElementKind.PARAGRAPH)
    assert body.parent is not None


def test_footnotes_are_recognised(sample_pdf: Sample) -> None:
    document = parse_file(sample_pdf("footnotes")).document
    notes = [element.text for element in document.elements if element.kind is ElementKind.FOOTNOTE]
    assert notes == list(pdfs.FOOTNOTES)


def test_furniture_stands_first_and_last_on_its_page(sample_pdf: Sample) -> None:
    document = parse_file(sample_pdf("furniture")).document
    assert kinds_of(document) == [ElementKind.HEADER, ElementKind.PARAGRAPH, ElementKind.FOOTER] * 4
    assert document.elements[0].text == pdfs.RUNNING_HEADER
    assert document.elements[2].text == f"{pdfs.RUNNING_FOOTER} Page 1 of 4"


def test_a_picture_without_text_is_empty_and_says_so(sample_pdf: Sample) -> None:
    document = parse_file(sample_pdf("picture")).document
    assert document.ledger.state is LedgerState.EMPTY
    assert [finding.code for finding in document.ledger.findings] == ["no_text_layer"]
    assert document.pages[0].text_source is TextSource.NONE
    assert kinds_of(document) == [ElementKind.FIGURE]
    figure = document.elements[0]
    assert (figure.start, figure.end, figure.text) == (0, 0, "")
    assert document.ledger.figures_found == 1


def write(path: Path, paint: Callable[[Canvas], None]) -> Path:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(600, 800), invariant=1)
    paint(canvas)
    canvas.save()
    path.write_bytes(buffer.getvalue())
    return path


def test_hidden_text_is_a_finding_and_stands_apart(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Visible sentence.")
        canvas.drawString(72, 2000, "Order to the reader.")

    document = parse_file(write(tmp_path / "hidden.pdf", paint)).document
    assert [(element.text, element.flags) for element in document.elements] == [
        ("Visible sentence.", ()),
        ("Order to the reader.", (Flag.OFF_PAGE,)),
    ]
    assert [finding.code for finding in document.ledger.findings] == ["hidden_text"]
    assert document.ledger.state is LedgerState.COMPLETE


def test_the_invisible_text_of_a_scan_is_its_text(tmp_path: Path, sample_pdf: Sample) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    def paint(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 600, 800)
        text = canvas.beginText(72, 650)
        text.setTextRenderMode(3)
        text.textOut("What the OCR program read.")
        canvas.drawText(text)

    document = parse_file(write(tmp_path / "ocr.pdf", paint)).document
    assert document.text == "What the OCR program read."
    assert [finding.code for finding in document.ledger.findings] == ["ocr_text_layer"]


def test_a_blank_page_is_no_finding(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Only the first page has text.")
        canvas.showPage()
        canvas.showPage()

    document = parse_file(write(tmp_path / "blank.pdf", paint)).document
    assert document.document.page_count == 2
    assert document.ledger.findings == ()
    assert document.ledger.state is LedgerState.COMPLETE


def test_a_page_that_fails_costs_only_itself(sample_pdf: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = PdfPages.read_content

    def read_content(self: PdfPages, number: int) -> object:
        if number == 2:
            raise PageUnreadable("The page cannot be read.")
        return whole(self, number)

    monkeypatch.setattr(PdfPages, "read_content", read_content)
    document = parse_file(sample_pdf("furniture")).document
    assert [(finding.page, finding.code) for finding in document.ledger.findings] == [(2, "page_failed")]
    assert document.ledger.state is LedgerState.PARTIAL
    assert (document.ledger.pages_total, document.ledger.pages_parsed) == (4, 3)
    assert {element.page for element in document.elements} == {1, 3, 4}


def test_pages_that_never_came_back_make_it_partial() -> None:
    reading = page_reading(1, reading_line("Some text of the first page", 100))
    lost = Finding(page=2, code="page_timeout", message="The page took too long.")
    inspection = msgspec.convert({"page_count": 2, "title": None, "language": None}, type=_inspection_type())
    outcome = assemble(inspection, [reading], [lost], sha256="0" * 64, media_type=PDF, options=FAST)
    assert outcome.document.ledger.state is LedgerState.PARTIAL
    assert outcome.document.ledger.findings == (lost,)
    assert [page.text_source for page in outcome.document.pages] == [TextSource.TEXT_LAYER, TextSource.NONE]


def _inspection_type() -> type:
    from parsers.reading import Inspection

    return Inspection


def test_lost_text_makes_it_partial_and_is_named() -> None:
    reading = replace(page_reading(1, reading_line("Half of the text", 100)), characters=100)
    inspection = _inspection_type()(page_count=1, title=None, language=None)
    outcome = assemble(inspection, [reading], [], sha256="0" * 64, media_type=PDF, options=FAST)
    assert outcome.document.ledger.state is LedgerState.PARTIAL
    assert outcome.document.ledger.text_coverage == 0.13
    assert [finding.code for finding in outcome.document.ledger.findings] == ["text_lost"]


def test_the_identity_of_a_parse_depends_on_the_bytes() -> None:
    one, other = parse_id("a" * 64, FAST), parse_id("b" * 64, FAST)
    assert one != other
    assert one.startswith("prs_") and len(one) == 28


def test_other_media_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMediaType):
        open_document(tmp_path / "x", "application/x-unknown", FAST)
