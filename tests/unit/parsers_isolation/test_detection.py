"""The kind of a file is told by its content."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.detection import HEAD_BYTES, PDF, detect_media_type, require_supported
from parsers.errors import EmptyFile, UnsupportedMediaType


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "application/epub+zip" if name == "mimetype" else "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", "JPEG"),
        (_zip("[Content_Types].xml", "word/document.xml"), None, "DOCX"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), None, "XLSX"),
        (_zip("[Content_Types].xml", "ppt/presentation.xml"), None, "PPTX"),
        (_zip("mimetype", "content.opf"), "application/epub+zip", "EPUB"),
        (_zip("notes.txt"), "application/zip", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/x-ole-storage", "Office"),
        (b"<!DOCTYPE html><html>", "text/html", "HTML"),
        (b"  <html><body>", "text/html", "HTML"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "image/svg+xml", "SVG"),
        (b"From: a@example.org\nTo: b@example.org\nSubject: x\n\nhello", "message/rfc822", "e-mail"),
        ("Grüße, plain text".encode(), "text/plain", "plain text"),
        ("Grüße aus München und überall".encode("latin-1"), "text/plain", "plain text"),
        (b"\x00\x01\x02\x03\x04\x05", "application/octet-stream", "unknown"),
    ],
)
def test_other_kinds_are_named_and_refused(content: bytes, media_type: str | None, words: str) -> None:
    found = detect_media_type(content[:HEAD_BYTES], len(content))
    assert media_type is None or found == media_type
    with pytest.raises(UnsupportedMediaType, match=words):
        require_supported(found)


@given(st.binary(max_size=1023).filter(lambda junk: not junk.startswith(b"PK\x03\x04")))
def test_a_pdf_header_may_follow_up_to_1023_bytes(junk: bytes) -> None:
    content = junk + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    assert detect_media_type(content, len(content)) == PDF
    require_supported(PDF)


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_have_a_kind_that_can_be_named(content: bytes) -> None:
    media_type = detect_media_type(content, len(content))
    if media_type != PDF:
        with pytest.raises(UnsupportedMediaType, match="this version reads PDF"):
            require_supported(media_type)


def test_a_zip_that_mentions_a_pdf_is_a_zip() -> None:
    content = _zip("%PDF-1.7.txt")
    assert detect_media_type(content, len(content)) == "application/zip"


def test_empty() -> None:
    with pytest.raises(EmptyFile):
        detect_media_type(b"", 0)
