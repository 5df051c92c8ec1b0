"""What MuPDF cannot open or read is tried with PDFium, and that is said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers import errors
from parsers.backends import pdf, pdfium
from parsers.content import PageContent
from parsers.detection import PDF
from parsers.isolation import IsolatedParser
from parsers.model import Document
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from tests.support import pdfs
from tests.unit.parsers_isolation import first_reader_fails_tasks as failing

FAST = ParseOptions(policy=ParsePolicy.FAST)
LIMITS = ParseLimits(seconds_to_open=2.0, seconds_per_page=30.0)


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser(LIMITS, tasks_module=failing.__name__) as parser:
        yield parser


def _parse(parser: IsolatedParser, path: Path, content: bytes) -> Document:
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return parser.parse(path, sha256=sha256, media_type=PDF, options=FAST).document


@pytest.mark.parametrize("how", ["damaged", "no_pages", "hangs", "dies"])
def test_a_document_that_the_first_reader_cannot_open(parser: IsolatedParser, tmp_path: Path, how: str) -> None:
    sound = _parse(parser, tmp_path / "sound.pdf", pdfs.headings())
    other = _parse(parser, tmp_path / f"{how}.pdf", pdfs.headings())
    assert other.text == sound.text
    assert [element.kind for element in other.elements] == [element.kind for element in sound.elements]
    assert [finding.code for finding in other.ledger.findings] == ["second_reader"]
    assert all("PDFium" in element.derivation.reason for element in other.elements)
    assert not sound.ledger.findings


def test_where_both_fail_the_first_one_is_quoted(parser: IsolatedParser, tmp_path: Path) -> None:
    with pytest.raises(errors.DamagedDocument, match="The first reader cannot"):
        _parse(parser, tmp_path / "hopeless.pdf", pdfs.plain())


def test_a_page_that_kills_the_first_reader(parser: IsolatedParser, tmp_path: Path) -> None:
    sound = _parse(parser, tmp_path / "sound.pdf", pdfs.plain(pages=3))
    other = _parse(parser, tmp_path / "page_dies.pdf", pdfs.plain(pages=3))
    assert other.text == sound.text
    assert [(finding.page, finding.code) for finding in other.ledger.findings] == [(failing.BAD_PAGE, "second_reader")]
    by_pdfium = {element.page for element in other.elements if "PDFium" in element.derivation.reason}
    assert by_pdfium == {failing.BAD_PAGE}


def test_a_locked_document_is_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(pdfs.encrypted())
    with pytest.raises(errors.EncryptedDocument):
        pdfium.open_document(path, FAST)
    with pdfium.open_document(path, ParseOptions(password=pdfs.PASSWORD)) as document:
        assert document.page_count == 1


@pytest.mark.parametrize("sample", [pdfs.truncated, pdfs.zero_pages])
def test_what_it_cannot_open_either(tmp_path: Path, sample: object) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(sample())  # type: ignore[operator]
    with pytest.raises((errors.DamagedDocument, errors.NoPages)):
        pdfium.open_document(path, FAST)


def _contents(path: Path, content: bytes, number: int) -> tuple[PageContent, PageContent]:
    path.write_bytes(content)
    with pdf.open_document(path, FAST) as one, pdfium.open_document(path, FAST) as other:
        return one.read_content(number), other.read_content(number)


@pytest.mark.parametrize(
    ("sample", "page"),
    [
        (pdfs.two_columns, 1),
        (pdfs.ruled_table, 1),
        (pdfs.unruled_table, 1),
        (pdfs.headings, 1),
        (pdfs.footnotes, 1),
        (pdfs.rotated, 1),
        (pdfs.rotated, 2),
        (pdfs.scanned, 1),
    ],
)
def test_both_readers_see_the_same_page(tmp_path: Path, sample: object, page: int) -> None:
    one, other = _contents(tmp_path / "document.pdf", sample(), page)  # type: ignore[operator]
    assert (one.width, one.height, one.rotation) == (other.width, other.height, other.rotation)
    assert [word.text for word in one.words] == [word.text for word in other.words]
    assert [word.raised for word in one.words] == [word.raised for word in other.words]
    for first, second in zip(one.words, other.words, strict=True):
        apart = max(abs(a - b) for a, b in zip(first.bbox, second.bbox, strict=True))
        assert apart < 0.25 * first.style.size, first.text
        assert abs(first.style.size - second.style.size) < 0.2
        assert (first.style.bold, first.style.italic) == (second.style.bold, second.style.italic)
    assert len(one.rulings) == len(other.rulings)
    assert one.images == other.images
    assert one.char_count == other.char_count


def test_its_pixels_are_those_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(pdfs.scanned())
    with pdfium.open_document(path, FAST) as document:
        source = document.read_content(1).source
        assert source is not None
        whole, part = source.render(dpi=36), source.render(dpi=36, clip=(0.0, 0.0, 297.0, 200.0), grey=True)
    assert (whole.channels, part.channels) == (3, 1)
    assert len(whole.samples) == whole.width * whole.height * 3
    assert len(part.samples) == part.width * part.height
    assert abs(2 * part.width - whole.width) <= 4
    assert min(whole.samples) < 100 < max(whole.samples)
