"""Which text of a page counts: garbage replaced, hidden text apart, scanned parts read, turned pages told upright."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parsers.backends.mupdf import pymupdf
from parsers.content import PrintedLine
from parsers.model import Document, ElementKind, Flag, LedgerState, TextSource
from parsers.policy import ParseOptions
from parsers.text_quality import odd_share
from parsers.turning import slant_box, turn_box, turned_size
from tests.support.in_process import parse_in_process
from tests.unit.parsers_ocr.scans import (
    COLUMNS,
    HEIGHT,
    LETTER,
    PROSE,
    ROWS,
    TEXT,
    WIDTH,
    encoded,
    page_pdf,
    prose_scan,
    scan,
    scrambled,
    word_f1,
)
from tests.unit.parsers_text.making import printed

BALANCED = ParseOptions()


def parse(tmp_path: Path, data: bytes, options: ParseOptions = BALANCED) -> Document:
    path = tmp_path / "file.pdf"
    path.write_bytes(data)
    return parse_in_process(path, "application/pdf", options).document


def pdf_of(image: Image.Image, dpi: int = 200, *, hidden: tuple[str, ...] = ()) -> bytes:
    """A PDF of one image, with invisible text over its lines where given."""
    document = pymupdf.open()
    page = document.new_page(width=image.width * 72 / dpi, height=image.height * 72 / dpi)
    page.insert_image(page.rect, stream=encoded(image))
    for index, line in enumerate(hidden):
        page.insert_text((60, 60 + 18 * index), line, fontsize=12, fontname="tiro", render_mode=3)
    for index, row in enumerate(ROWS if hidden else ()):
        for left, cell in zip(COLUMNS, row, strict=True):
            page.insert_text((left, 170 + 20 * index), cell, fontsize=12, fontname="tiro", render_mode=3)
    data: bytes = document.tobytes(no_new_id=True)
    return data


def findings_of(document: Document) -> set[str]:
    return {finding.code for finding in document.ledger.findings}


@pytest.mark.parametrize("quarter_turns", [0, 1])
def test_a_scan_is_read_any_way_up(tmp_path: Path, quarter_turns: int) -> None:
    document = parse(tmp_path, pdf_of(scan(quarter_turns=quarter_turns, skew=1.0)))
    assert word_f1(document.text.replace("\t", " ")) >= 0.95
    assert document.pages[0].text_source is TextSource.OCR
    assert document.ledger.state is LedgerState.COMPLETE
    assert document.ledger.ocr_pages == 1
    assert document.ledger.ocr_confidence is not None and document.ledger.ocr_confidence > 0.9
    width, height = turned_size(WIDTH, HEIGHT, quarter_turns)
    assert (document.pages[0].width, document.pages[0].height) == pytest.approx((width, height), abs=1)
    first = next(element for element in document.elements if element.text.startswith("The harbour"))
    expected = turn_box((60, 49, 284, 82), WIDTH, HEIGHT, quarter_turns)
    assert first.bbox == pytest.approx(expected, abs=4)
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text


def test_turned_text_is_read_as_if_it_were_upright(tmp_path: Path) -> None:
    with pymupdf.open("pdf", page_pdf()) as source:
        turned = pymupdf.open()
        turned.new_page(width=HEIGHT, height=WIDTH).show_pdf_page(
            pymupdf.Rect(0, 0, HEIGHT, WIDTH), source, 0, rotate=-90
        )
        data = turned.tobytes(no_new_id=True)
    upright, sideways = parse(tmp_path, page_pdf()), parse(tmp_path, data)
    assert sideways.text == upright.text
    assert [element.kind for element in sideways.elements] == [element.kind for element in upright.elements]
    for before, after in zip(upright.elements, sideways.elements, strict=True):
        assert before.bbox is not None
        assert after.bbox in (
            pytest.approx(turn_box(before.bbox, WIDTH, HEIGHT, 1), abs=0.6),
            pytest.approx(turn_box(before.bbox, WIDTH, HEIGHT, 3), abs=0.6),
        )


def test_a_good_hidden_layer_is_kept_and_a_poor_one_replaced(tmp_path: Path) -> None:
    good = parse(tmp_path, pdf_of(scan(), hidden=PROSE))
    assert good.pages[0].text_source is TextSource.TEXT_LAYER
    assert findings_of(good) == {"ocr_text_layer"}
    assert "1,204 arrivals" in good.text
    poor = parse(tmp_path, pdf_of(scan(), hidden=tuple(scrambled(line) for line in PROSE)))
    assert poor.pages[0].text_source is TextSource.OCR
    assert "text_layer_replaced" in findings_of(poor)
    assert word_f1(poor.text.replace("\t", " ")) >= 0.95


def test_a_picture_full_of_running_text_is_read_into_the_page(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 60), "A letter with a scanned annex, as it came in the mail.", fontsize=11)
    page.insert_image((60, 120, 60 + WIDTH, 120 + HEIGHT), stream=encoded(prose_scan()))
    parsed = parse(tmp_path, document.tobytes(no_new_id=True))
    assert parsed.pages[0].text_source is TextSource.MIXED
    assert parsed.ledger.ocr_pages == 1
    assert word_f1(parsed.text, f"A letter with a scanned annex, as it came in the mail. {' '.join(LETTER)}") > 0.95
    annex = next(element for element in parsed.elements if "harbour office" in element.text)
    assert annex.bbox is not None and annex.bbox[0] == pytest.approx(90, abs=4)
    assert ElementKind.FIGURE not in {element.kind for element in parsed.elements}


def hidden_page() -> bytes:
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect((50, 300, 400, 330), color=None, fill=(0.1, 0.2, 0.6))
    page.draw_rect((50, 400, 400, 430), color=None, fill=(0.1, 0.2, 0.6))
    page.insert_text((60, 100), "Everybody reads this sentence.", fontsize=11)
    page.insert_text((60, 200), "White words on white paper.", fontsize=11, color=(1, 1, 1))
    page.insert_text((60, 320), "White words on a dark bar.", fontsize=11, color=(1, 1, 1))
    page.insert_text((60, 420), "Blue words on a blue bar.", fontsize=11, color=(0.1, 0.2, 0.6))
    page.insert_text((60, 500), "Words without ink.", fontsize=11, render_mode=3)
    page.insert_text((60, 2000), "Words below the page.", fontsize=11)
    data: bytes = document.tobytes(no_new_id=True)
    return data


def test_text_that_nobody_sees_stands_apart_with_its_reason(tmp_path: Path) -> None:
    document = parse(tmp_path, hidden_page())
    flagged = {element.text: element.flags for element in document.elements if element.flags}
    assert flagged == {
        "White words on white paper.": (Flag.BACKGROUND_COLOR,),
        "Blue words on a blue bar.": (Flag.BACKGROUND_COLOR,),
        "Words without ink.": (Flag.INVISIBLE,),
        "Words below the page.": (Flag.OFF_PAGE,),
    }
    shown = [element.text for element in document.elements if not element.flags]
    assert shown == ["Everybody reads this sentence.", "White words on a dark bar."]
    assert findings_of(document) == {"hidden_text"}


def test_a_document_of_hidden_text_only_is_empty(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((60, 200), "White words on white paper.", color=(1, 1, 1))
    assert parse(tmp_path, document.tobytes(no_new_id=True)).ledger.state is LedgerState.EMPTY


def test_text_through_a_wrong_map_is_odd_and_prose_is_not() -> None:
    def lines(text: str) -> list[PrintedLine]:
        return [printed(text, 60, 100)]

    assert odd_share(lines(TEXT)) == 0.0
    assert odd_share(lines(scrambled(TEXT))) > 0.1


BOXES = st.tuples(st.floats(0, 300), st.floats(0, 400), st.floats(0, 200), st.floats(0, 200)).map(
    lambda sides: tuple(round(value, 2) for value in (sides[0], sides[1], sides[0] + sides[2], sides[1] + sides[3]))
)


@given(box=BOXES, turns=st.integers(0, 3))
def test_turning_and_turning_back_is_nothing(box: tuple[float, float, float, float], turns: int) -> None:
    width, height = turned_size(500.0, 600.0, turns)
    assert turn_box(turn_box(box, 500.0, 600.0, turns), width, height, -turns) == pytest.approx(box, abs=0.02)


@given(box=BOXES, skew=st.floats(-15, 15))
def test_a_slanted_box_holds_the_slanted_corners(box: tuple[float, float, float, float], skew: float) -> None:
    slanted = slant_box(box, 500.0, 600.0, skew)
    assert slanted[0] <= (slanted[0] + slanted[2]) / 2 <= slanted[2]
    assert slanted[2] - slanted[0] >= (box[2] - box[0]) * 0.96 - 0.02
    assert slanted[3] - slanted[1] >= (box[3] - box[1]) * 0.96 - 0.02
