"""What the PDF backend reads, and what it must never mix in."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from parsers.backends.pdf import open_document
from parsers.content import PageContent
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages
from parsers.plain_text import clean_text, clean_word, count_characters, count_unmapped
from tests.support import pdfs
from tests.support.in_process import FAST

Sample = Callable[[str], Path]


def draw(path: Path, paint: Callable[[Canvas], None]) -> PageContent:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(600, 800), invariant=1)
    paint(canvas)
    canvas.save()
    path.write_bytes(buffer.getvalue())
    with open_document(path, FAST) as pages:
        return pages.read_content(1)


def test_text_that_no_reader_sees_is_kept_apart(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Seen by everybody.")
        canvas.saveState()
        text = canvas.beginText(72, 650)
        text.setTextRenderMode(3)
        text.textOut("Invisible order to the reader.")
        canvas.drawText(text)
        canvas.restoreState()
        canvas.drawString(72, 2000, "Above the page.")
        canvas.drawString(-500, 400, "Beside the page.")
        canvas.saveState()
        canvas.setFont("Helvetica", 0.5)
        canvas.drawString(72, 600, "Too small.")
        canvas.restoreState()
        canvas.saveState()
        canvas.setFillAlpha(0)
        canvas.drawString(72, 580, "Transparent.")
        canvas.restoreState()
        text = canvas.beginText(72, 550)
        text.setTextRenderMode(1)
        text.textOut("Outlined.")
        canvas.drawText(text)

    page = draw(tmp_path / "hidden.pdf", paint)
    assert [line.text for line in page.lines] == ["Seen by everybody.", "Outlined."]
    assert {line.text for line in page.hidden} == {
        "Invisible order to the reader.",
        "Above the page.",
        "Beside the page.",
        "Too small.",
        "Transparent.",
    }
    assert page.char_count == count_characters("Seen by everybody.Outlined.")


def test_words_have_their_style_and_raised_marks_are_known(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setFont("Helvetica-Bold", 12)
        text.textOut("Bold ")
        text.setFont("Times-Italic", 12)
        text.textOut("slanted ")
        text.setFont("Courier", 12)
        text.textOut("fixed")
        text.setFont("Helvetica", 7)
        text.setRise(5)
        text.textOut(" 3")
        canvas.drawText(text)

    words = {word.text: word for line in draw(tmp_path / "styles.pdf", paint).lines for word in line.words}
    assert words["Bold"].style.bold and not words["slanted"].style.bold
    assert words["slanted"].style.italic
    assert words["fixed"].style.monospace and not words["Bold"].style.monospace
    assert words["3"].raised and not words["fixed"].raised


def test_drawn_lines_are_found_once_and_white_ones_not(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.setLineWidth(1)
        canvas.line(100, 500, 300, 500)
        canvas.line(100, 500, 300, 500)
        canvas.line(100, 400, 100, 500)
        canvas.line(100, 300, 250, 390)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(300, 100, 100, 50, stroke=0, fill=1)
        canvas.setFillColorRGB(0.8, 0.9, 1)
        canvas.rect(100, 100, 100, 50, stroke=0, fill=1)

    rulings = draw(tmp_path / "lines.pdf", paint).rulings
    drawn = {line.horizontal: (line.x0, line.y0, line.x1, line.y1) for line in rulings if not line.edge}
    assert len([line for line in rulings if not line.edge]) == 2
    assert drawn[True] == pytest.approx((100, 300, 300, 300), abs=1)
    assert drawn[False] == pytest.approx((100, 300, 100, 400), abs=1)
    assert {(line.x0, line.y0) for line in rulings if line.edge} == {(100, 650), (100, 700), (200, 650)}


def test_an_underline_does_not_cut_words(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Table of Contents")
        for left in (72, 79, 105):
            canvas.rect(left, 698, 40, 1, stroke=0, fill=1)

    assert [line.text for line in draw(tmp_path / "underline.pdf", paint).lines] == ["Table of Contents"]


def test_text_printed_twice_for_looks_is_read_once(tmp_path: Path) -> None:
    def paint(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "FORM 10-K")
        canvas.drawString(72.6, 700.4, "FORM 10-K")
        canvas.drawString(72, 680, "FORM 10-K")

    page = draw(tmp_path / "twice.pdf", paint)
    assert [line.text for line in page.lines] == ["FORM 10-K", "FORM 10-K"]
    assert page.lines[1].baseline - page.lines[0].baseline == pytest.approx(20, abs=0.5)


def test_boxes_of_a_rotated_page_are_those_a_reader_sees(sample_pdf: Sample) -> None:
    with open_document(sample_pdf("rotated"), FAST) as pages:
        upright, sideways = pages.read_content(1), pages.read_content(2)
    assert (sideways.width, sideways.height) == (upright.width, upright.height)
    assert (upright.rotation, sideways.rotation) == (0, 90)
    line = sideways.lines[0]
    assert line.horizontal
    assert line.text == "Sideways stored page number 2 reads upright."
    left, top, right, bottom = line.bbox
    assert 0 <= left < right <= sideways.width and 0 <= top < bottom <= sideways.height
    assert right - left > 10 * (bottom - top)


def test_a_picture_of_a_page_is_an_image_without_text(sample_pdf: Sample) -> None:
    with open_document(sample_pdf("scanned"), FAST) as pages:
        page = pages.read_content(1)
    assert page.lines == () and page.char_count == 0
    assert len(page.images) == 1
    assert page.images[0] == pytest.approx((0, 0, page.width, page.height), abs=0.5)


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        ("encrypted", EncryptedDocument),
        ("truncated", DamagedDocument),
        ("zero_pages", (NoPages, DamagedDocument)),
        ("text_named_pdf", DamagedDocument),
        ("empty", DamagedDocument),
    ],
)
def test_what_cannot_be_opened_says_why(
    sample_pdf: Sample, sample: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    with pytest.raises(error) as raised:
        open_document(sample_pdf(sample), FAST)
    assert str(raised.value).endswith(".")
    assert "/" not in str(raised.value)


def test_the_right_password_opens_an_encrypted_file(sample_pdf: Sample) -> None:
    path = sample_pdf("encrypted")
    with open_document(path, replace(FAST, password=pdfs.PASSWORD)) as pages:
        assert "password" in pages.read_content(1).lines[0].text
    with pytest.raises(EncryptedDocument):
        open_document(path, replace(FAST, password="wrong"))


def test_the_layout_model_is_not_imported_for_the_text_layer() -> None:
    program = (
        "import sys; import parsers.parse;"
        "print([name for name in ('onnxruntime', 'numpy', 'pymupdf4llm', 'pymupdf.layout') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cleaning_leaves_no_character_that_has_no_place_in_text() -> None:
    dirty = "a\x00b\ud800c\u200bd\u202e\ufeff e\ufb01n soft\u00adhyphen"
    assert clean_text(dirty) == "abcd efin soft-hyphen"
    assert clean_word("plain") == "plain"
    clean_text(dirty).encode("utf-8")
    assert count_unmapped("\ufffd\ue001x") == 2
