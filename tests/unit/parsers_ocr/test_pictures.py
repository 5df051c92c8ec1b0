"""Pictures beside text: labels go to their figure, within a price; pages under a stamp are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from parsers import prices
from parsers.backends.mupdf import pymupdf
from parsers.model import Document, Element, ElementKind, LedgerState, TextSource
from parsers.ocr.pictures import is_prose, look_at_picture, read_labels, shows_letters
from parsers.ocr.raster import image_of
from parsers.policy import ParseOptions, ParsePolicy
from tests.support.in_process import parse_in_process
from tests.unit.parsers_ocr.scans import TEXT, encoded, page_of, pixels_of, prose_scan, scan, word_f1

BODY = (
    "The quays of the inner harbour were rebuilt last year, and the",
    "figure below shows how many ships each of them took in since.",
)
LABELS = {"North quay", "South quay", "Outer mole", "Ships taken in", "Quays"}


def chart() -> Image.Image:
    """A chart of bars, 300 × 200 points: its axes are labelled, one of them upwards."""
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=200)
        page.draw_line((60, 20), (60, 160))
        page.draw_line((60, 160), (290, 160))
        for index, (name, height) in enumerate((("North quay", 100), ("South quay", 60), ("Outer mole", 25))):
            left = 75 + 72 * index
            page.draw_rect((left, 160 - height, left + 40, 160), fill=(0.2, 0.4, 0.7))
            page.insert_text((left - 5, 172), name, fontsize=9)
        page.insert_text((150, 192), "Quays", fontsize=9)
        page.insert_text((30, 125), "Ships taken in", fontsize=9, rotate=90)
        pixmap = page.get_pixmap(dpi=150)
    return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


def report() -> bytes:
    document = pymupdf.open()
    page = document.new_page()
    for index, line in enumerate(BODY * 4):
        page.insert_text((60, 60 + 15 * index), line, fontsize=11)
    page.insert_image((60, 300, 360, 500), stream=encoded(chart()))
    data: bytes = document.tobytes(no_new_id=True)
    return data


def parse(tmp_path: Path, data: bytes, options: ParseOptions) -> Document:
    path = tmp_path / "file.pdf"
    path.write_bytes(data)
    return parse_in_process(path, "application/pdf", options).document


def figure_of(document: Document) -> Element:
    (figure,) = [element for element in document.elements if element.kind is ElementKind.FIGURE]
    return figure


@pytest.mark.parametrize("policy", [ParsePolicy.BALANCED, ParsePolicy.BEST])
def test_labels_of_a_picture_are_the_text_of_its_figure(tmp_path: Path, policy: ParsePolicy) -> None:
    document = parse(tmp_path, report(), ParseOptions(policy=policy))
    figure = figure_of(document)
    assert all(label in figure.text.replace("\n", " ") for label in LABELS)
    assert document.pages[0].text_source is TextSource.MIXED
    assert document.ledger.state is LedgerState.COMPLETE
    assert document.ledger.text_coverage == 1.0
    assert document.ledger.ocr_pages == 0
    assert figure.derivation.attempts[-1].extractor == "rapidocr"
    assert not any(
        "North quay" in element.text for element in document.elements if element.kind is not ElementKind.FIGURE
    )
    assert document.text[figure.start : figure.end] == figure.text


def test_no_labels_are_read_under_the_fast_policy(tmp_path: Path) -> None:
    document = parse(tmp_path, report(), ParseOptions(policy=ParsePolicy.FAST))
    assert figure_of(document).text == ""
    assert document.pages[0].text_source is TextSource.TEXT_LAYER


def test_a_label_that_runs_upwards_stands_where_it_is_drawn() -> None:
    page = page_of(chart(), 150)
    look = look_at_picture(page, (0.0, 0.0, page.width, page.height), 1.0)
    assert look is not None and not is_prose(look)
    labels = read_labels(look, (), 1.0)
    assert labels is not None and labels.price <= 1.0
    upwards = next(line for line in labels.lines if line.text == "Ships taken in")
    assert upwards.direction == (0.0, -1.0)
    assert upwards.baseline == pytest.approx(30, abs=2)
    assert (upwards.bbox[1], upwards.bbox[3]) == pytest.approx((65, 125), abs=6)


def test_the_price_bounds_what_is_read() -> None:
    page = page_of(chart(), 150)
    place = (0.0, 0.0, page.width, page.height)
    look = look_at_picture(page, place, 1.0)
    assert look is not None and look.price < prices.PICTURE_LABELS
    few = read_labels(look, (), look.price + 0.03)
    assert few is not None and 0 < len(few.lines) < len(LABELS) and few.price <= look.price + 0.03
    assert look_at_picture(page, place, look.price / 2) is None


def test_a_picture_without_letters_costs_no_look() -> None:
    shades = np.linspace(0, 255, 400 * 300).reshape(300, 400).astype(np.uint8)
    smooth = Image.fromarray(shades).convert("RGB")
    assert not shows_letters(image_of(pixels_of(smooth)), 100)
    assert shows_letters(image_of(pixels_of(chart())), 150)
    assert look_at_picture(page_of(smooth, 100), (0.0, 0.0, 288.0, 216.0), 1.0) is None


def test_running_text_is_told_from_a_chart() -> None:
    page = page_of(prose_scan())
    look = look_at_picture(page, (0.0, 0.0, page.width, page.height), 1.0)
    assert look is not None and is_prose(look)


def test_a_scanned_page_with_a_stamp_is_read_whole(tmp_path: Path) -> None:
    image = scan()
    document = pymupdf.open()
    page = document.new_page(width=image.width * 72 / 200, height=image.height * 72 / 200)
    page.insert_image(page.rect, stream=encoded(image))
    page.insert_text((330, 290), "ABC-000123", fontsize=9)
    parsed = parse(tmp_path, document.tobytes(no_new_id=True), ParseOptions())
    assert word_f1(parsed.text.replace("\t", " "), f"{TEXT} ABC-000123") >= 0.95
    assert parsed.text.count("ABC-000123") == 1
    assert parsed.pages[0].text_source is TextSource.MIXED
