"""The kind of a file is told by its content; its name decides only between kinds of text."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import media_types as types
from parsers.detection import PDF, detect_media_type, require_supported
from parsers.errors import EmptyFile, UnsupportedMediaType
from parsers.formats import FORMATS
from tests.support.compound_files import compound_file

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def _kind(content: bytes, name: str = "") -> str:
    return detect_media_type(io.BytesIO(content), name)


def _zip(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _office(main_part: str, folder: str = "x/") -> bytes:
    override = f'<Types><Override PartName="/main.xml" ContentType="{main_part}"/></Types>'
    return _zip(**{f"{folder}part{n}.xml": "x" for n in range(5)}, **{"[Content_Types].xml": override})


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00" + bytes(40), "image/bmp"),
        (b"BMW sells cars.\n", types.PLAIN),
        (b"{\\rtf1 hello}", types.RTF),
        (_office(_SPREADSHEET), types.XLSX),
        (_office("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), types.XLSX),
        (_office("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), types.XLSB),
        (_office("application/vnd.ms-word.document.macroEnabled.main+xml"), types.DOCX),
        (_office("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"), types.DOCX),
        (_office("application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"), types.PPTX),
        (_office("application/unknown", "ppt/"), types.PPTX),
        (_zip(**{"word/document.xml": "no content types"}), types.ZIP),
        (_zip(**{"a.txt": "x", "mimetype": "application/epub+zip"}), types.EPUB),
        (_zip(mimetype="application/vnd.oasis.opendocument.text-template"), types.ODT),
        (_zip(mimetype="application/vnd.oasis.opendocument.spreadsheet"), types.ODS),
        (_zip(**{"notes.txt": "x"}), types.ZIP),
        (_zip(**{"%PDF-1.7.txt": "x"}), types.ZIP),
        (_office(_SPREADSHEET, "xl/")[:-30], types.XLSX),
        (compound_file("WordDocument", "Data", "1Table"), types.DOC),
        (compound_file("Workbook", inner=("WordDocument",)), types.XLS),
        (compound_file("PowerPoint Document"), types.PPT),
        (compound_file("__properties_version1.0", inner=("Workbook",)), types.MSG),
        (compound_file("EncryptionInfo", "EncryptedPackage"), types.ENCRYPTED_OFFICE),
        (compound_file("Contents"), types.OLE),
        (compound_file("Workbook")[:600], types.OLE),
        (b"<!DOCTYPE html><html>", types.HTML),
        (b"  <html><body>", types.HTML),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="x">', types.HTML),
        ("<!DOCTYPE html><p>x".encode("utf-16"), types.HTML),
        (b'<?xml version="1.0"?><svg xmlns="x">', types.SVG),
        (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>', types.SVG),
        (b'<?xml version="1.0"?><!DOCTYPE note [<!ENTITY a "b">]><note>&a;</note>', types.XML),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', types.XML),
        (b"<p>Hello <b>there</b></p>", types.HTML),
        (b"From: a@example.org\nTo: b@example.org\nSubject: x\n\nhello", types.EML),
        (b"\xef\xbb\xbf\r\n\r\nReceived: by x;\r\n\tMon\r\nSubject: y\r\n\r\nhello", types.EML),
        (b"From x@y Mon Jun 01 10:00:00 2009\nSubject: y\n\nhello", types.MBOX),
        (b"From the beginning: a tale\nof two: cities\n", types.PLAIN),
        (b'{"a": 1}', types.JSON),
        (b"[1, 2, 3]", types.JSON),
        (b'{"a": 1}\n{"a": 2}\n', types.NDJSON),
        (b'{"a": 1, "b": [' + b"1," * 100_000, types.JSON),
        (b"[a link](http://x) and text", types.PLAIN),
        (b"{curly} braces", types.PLAIN),
        (b"a\tb\n1\t2\n3\t4\n", types.TSV),
        (b'name,city,n\n"Ann, B",Rome,1\nBob,Oslo,2\n', types.CSV),
        (b"First, a word, of thanks.\nThen, nothing.\nAnd so, on, it goes, on.\n", types.PLAIN),
        (b"# Title\n\n- one\n- two\n", types.MARKDOWN),
        (b"#!/bin/sh\n# comment\n- x\n", types.PLAIN),
        (b"Title\n=====\n\n.. note:: x\n", types.RST),
        ("Grüße, plain text".encode(), types.PLAIN),
        ("Grüße aus München und überall".encode("latin-1"), types.PLAIN),
        (("Привет, мир. " * 20).encode("cp1251"), types.PLAIN),
        ("Имя;Город;Лет\nИван;Москва;34\nМария;Казань;29\n".encode("cp1251"), types.CSV),
        ("Имя;Город;Лет\nИван;Москва;34\nМария;Казань;29\n".encode("koi8-r"), types.CSV),
        ("Привет".encode("cp1251"), types.PLAIN),
        (b"\xfc", types.PLAIN),
        ("Привет, мир.\n".encode("utf-16-be"), types.PLAIN),
        (bytes(range(0xA0, 0xAC)), types.OCTETS),
        ("Ein Text".encode("utf-16-le"), types.PLAIN),
        (b"\x00\x01\x02\x03\x04\x05", types.OCTETS),
        (b"\x01\x02\x033 0 obj <</Type /Page>>", PDF),
    ],
)
def test_kinds_by_content(content: bytes, media_type: str) -> None:
    assert _kind(content) == media_type


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"# Title\n\n- one\n", "a.txt", types.PLAIN),
        (b"one line", "A.MD", types.MARKDOWN),
        (b"<p align=center>logo</p>\n\n# Title", "readme.md", types.MARKDOWN),
        (b"one line", "a.rst", types.RST),
        (b"a;b\n1;2", "a.csv", types.CSV),
        (b'{"a": 1}\n', "a.jsonl", types.NDJSON),
        (b"no json at all", "a.json", types.PLAIN),
        (b"<!doctype html><p>x", "a.pdf", types.HTML),
        (b"From: a@b\nSubject: c\n\nd", "a.txt", types.EML),
        (b"X-Mine: 1\n\nd", "a.eml", types.EML),
        (b"\x89PNG\r\n\x1a\n", "a.csv", "image/png"),
        (b"plain", "README", types.PLAIN),
    ],
)
def test_the_name_decides_only_between_kinds_of_text(content: bytes, name: str, media_type: str) -> None:
    assert _kind(content, name) == media_type


def test_the_stream_is_left_at_its_beginning() -> None:
    for content in (b"text", _office(_SPREADSHEET), compound_file("Workbook")):
        stream = io.BytesIO(content)
        detect_media_type(stream)
        assert stream.tell() == 0


@given(st.binary(max_size=1023).filter(lambda junk: not junk.startswith((b"PK", b"\xd0\xcf"))))
def test_a_pdf_header_may_follow_up_to_1023_bytes(junk: bytes) -> None:
    assert _kind(junk + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") == PDF


_BEGINNINGS = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml ", b"<!DOCTYPE ", b"From ", b"[", b'{"')


@given(st.sampled_from(_BEGINNINGS), st.binary(min_size=1, max_size=3000))
def test_any_bytes_have_a_kind_that_can_be_named(beginning: bytes, rest: bytes) -> None:
    assert _kind(beginning + rest) in types.DESCRIPTIONS


@given(st.data())
def test_damaged_containers_have_a_kind(data: st.DataObject) -> None:
    """Any byte of a directory may be wrong."""
    content = bytearray(
        data.draw(st.sampled_from((_office(_SPREADSHEET), compound_file("Workbook", "Book", "a", "b"))))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert _kind(bytes(content)) in types.DESCRIPTIONS


@given(st.text(max_size=400), st.sampled_from(["", "a.md", "a.csv", "a.json", "a.xml", "a.eml"]))
def test_text_is_never_taken_for_something_binary(text: str, name: str) -> None:
    if text.isprintable() and "%PDF-" not in text and text:
        kind = _kind(text.encode(), name)
        assert kind.startswith(("text/", "message/")) or kind in (
            types.JSON,
            types.NDJSON,
            types.XML,
            types.SVG,
            types.MBOX,
        )


def test_long_names_and_deep_nesting_cost_nothing() -> None:
    for content in (b"[" * 60_000, b'{"a":' * 12_000, b"<" * 60_000, b"<!--" * 15_000, b"a:" * 30_000, b'"' * 60_000):
        assert _kind(content) in types.DESCRIPTIONS


@pytest.mark.parametrize(
    ("media_type", "words"),
    [
        (types.DOC, "legacy Word document.*save it as DOCX"),
        (types.PPT, "legacy PowerPoint presentation.*save it as PPTX"),
        (types.OCTETS, "This is a file of unknown kind, which cannot be read."),
        ("application/x-never-seen", "a file of type application/x-never-seen"),
    ],
)
def test_what_is_not_read_is_named(media_type: str, words: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=words):
        require_supported(media_type)


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_format_that_is_read_is_detected(media_type: str) -> None:
    require_supported(media_type)
    assert media_type in types.DESCRIPTIONS


def test_empty() -> None:
    with pytest.raises(EmptyFile):
        _kind(b"")
