"""Plain text, Markdown, reStructuredText, XML, EPUB, languages, and the second reader."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from parsers.backends import epub, markdown, rst, unstructured_parts, xml
from parsers.backends.base import OpenDocument
from parsers.backends.plain import blocks_of_text
from parsers.backends.text_bytes import decode_text
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded, ParseError
from parsers.language import detect_language
from parsers.policy import ParseOptions
from parsers.preloading import require
from parsers.sealing import seal_process

Open = Callable[[Path, ParseOptions], OpenDocument]


def open_bytes(open_document: Open, data: bytes, folder: Path) -> OpenDocument:
    path = folder / "file"
    path.write_bytes(data)
    return open_document(path, ParseOptions())


def texts_of(open_document: Open, data: bytes, folder: Path) -> list[str]:
    blocks = open_bytes(open_document, data, folder).read_page(1, ParseOptions()).blocks
    return [block.typed.text for block in blocks if block.typed is not None]


def kinds(text: str) -> list[str]:
    return [block.typed.kind.value for block in blocks_of_text(text) if block.typed is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A sentence. Another one.\nIts next line.", ["paragraph"]),
        ("Title\n=====\n\ntext", ["heading", "paragraph"]),
        ("Title\n=====\ntext", ["heading", "paragraph"]),
        ("1.2 Weather\n\ntext", ["heading", "paragraph"]),
        ("CHAPTER IV\n\ntext", ["heading", "paragraph"]),
        ("Call me at 5.", ["paragraph"]),
        ("intro:\n- a\n- b", ["paragraph", "list_item", "list_item"]),
        ("a    1    2\nb    3    4\nc    5    6", ["code"]),
        ("one\ftwo", ["paragraph", "paragraph"]),
    ],
)
def test_plain_text_is_what_its_author_made_plain(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("L'été était très chaud, naïve façon où ça coûte déjà beaucoup.", "cp1252"),
        ("Zażółć gęślą jaźń. Dziękuję bardzo za spotkanie w Łodzi.", "cp1250"),
        ("Değişik harfler içeriyor: bugün hava çok güzel, ışık şahane.", "cp1254"),
        ("Привет, это обычный русский текст для проверки кодировки.", "cp1251"),
        ("Имя;Город\nИван;Москва\nМария;Казань\n", "cp1251"),
        ("Имя;Город\nИван;Москва\nМария;Казань\n", "koi8-r"),
        ("Привет, мир", "cp866"),
        ("Καλημέρα κόσμε, τι κάνεις σήμερα;", "cp1253"),
        ("שלום עולם, מה שלומך היום? זה טקסט", "cp1255"),
        ("مرحبا بالعالم كيف حالك اليوم هذا نص", "cp1256"),
        ("สวัสดีชาวโลก นี่คือข้อความภาษาไทย", "cp874"),
        ("Zażółć gęślą jaźń, proszę państwa", "iso8859-2"),
        ("これは日本語のテキストです。エンコーディングの検出を確認します。", "cp932"),
        ("这是一个中文文本文件，用于测试编码。", "gbk"),
    ],
)
def test_legacy_encodings_are_told_by_their_letters(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["first ü", "ü", "5 €", "1,00 €\n" * 100, "§ 5 BGB", "Ä;Ö;Ü\nä;ö;ü\n", "«é»"])
def test_a_few_letters_without_a_charset_are_no_evidence_of_a_script(text: str) -> None:
    assert decode_text(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "text", ["Привет, мир. Это текст.\n", "这是一个中文文本文件。\n第二行也是中文。\n", "plain text"]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_markdown_nested_too_deeply_is_read_as_text_with_a_finding(tmp_path: Path) -> None:
    document = open_bytes(markdown.open_document, b">" * 100_000 + b" deep", tmp_path)
    page = document.read_page(1, ParseOptions())
    assert [finding.code for finding in document.findings] == ["nesting_too_deep"]
    assert page.blocks[0].typed is not None and page.blocks[0].typed.text.endswith("deep")


def test_rst_reads_no_other_file_and_loses_no_directive(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    source = f".. include:: {secret}\n\n.. csv-table:: t\n   :file: {secret}\n\n.. raw:: html\n   :file: {secret}\n"
    found = " ".join(texts_of(rst.open_document, source.encode(), tmp_path))
    assert "the secret" not in found
    assert found.count(str(secret)) == 3


def test_rst_prints_no_date_of_today(tmp_path: Path) -> None:
    found = texts_of(rst.open_document, b".. |d| date:: %Y\n\nPrinted |d|.\n\n.. date::\n", tmp_path)
    assert "Printed |d|." in found


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b"no markup at all", DamagedDocument),
        (b"<a>" * 300 + b"x" + b"</a>" * 300, LimitExceeded),
        (
            b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 5000 + b'"><!ENTITY c "' + b"&b;" * 5000 + b'">]><a>'
            + b"&c;" * 5000
            + b"</a>",
            LimitExceeded,
        ),
    ],
)  # fmt: skip
def test_xml_that_cannot_be_read_is_refused(source: bytes, error: type[ParseError], tmp_path: Path) -> None:
    with pytest.raises(error):
        open_bytes(xml.open_document, source, tmp_path)


def test_xml_loads_nothing_from_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    source = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "inside">]><a><b>&x; &y;</b></a>'
    assert texts_of(xml.open_document, source.encode(), tmp_path) == ["b: inside"]


def test_broken_xml_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    document = open_bytes(xml.open_document, b"<a><b>one</b><c>two", tmp_path)
    assert [finding.code for finding in document.findings] == ["damaged_repaired"]


def book(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in {"mimetype": "application/epub+zip", **parts}.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_a_protected_book_is_refused_as_encrypted(tmp_path: Path) -> None:
    lock = '<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></encryption>'
    with pytest.raises(EncryptedDocument):
        open_bytes(epub.open_document, book({"META-INF/encryption.xml": lock}), tmp_path)


def test_a_book_without_a_package_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedDocument):
        open_bytes(epub.open_document, book({"x": "y"}), tmp_path)


def test_a_chapter_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    parts = {
        "META-INF/container.xml": '<c><rootfile full-path="p.opf"/></c>',
        "p.opf": '<p><manifest><item id="a" href="a.html" media-type="text/html"/><item id="b" href="b.html" '
        'media-type="text/html"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></p>',
        "a.html": "<p>there</p>",
    }
    document = open_bytes(epub.open_document, book(parts), tmp_path)
    assert (document.page_count, [finding.code for finding in document.findings]) == (1, ["member_missing"])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The board approved the annual report and the dividend for the year.", "en"),
        ("Der Vorstand hat den Jahresbericht und die Dividende beschlossen.", "de"),
        ("Le conseil a approuvé le rapport annuel et le dividende de l'exercice.", "fr"),
        ("取締役会は年次報告書と配当を承認しました。", "ja"),
        ("Совет утвердил годовой отчет и дивиденды за прошлый год.", "ru"),
        ("Invoice 12", None),
        ("1,234 5,678 " * 50, None),
    ],
)
def test_the_language_of_a_text_is_found_where_there_is_enough_of_it(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_the_second_reader_reads_offline_in_a_sealed_process(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_text("<html><body><h2>Heading</h2><p>Some words of text.</p><ul><li>item</li></ul></body></html>")
    require("parsers.backends.unstructured_library")
    worker = os.fork()
    if worker == 0:
        status = 1
        try:
            seal_process(4 * 1024**3, [path])
            page = unstructured_parts.open_document(path, ParseOptions()).read_page(1, ParseOptions())
            found = [(block.typed.kind.value, block.typed.text) for block in page.blocks if block.typed is not None]
            expected = [("heading", "Heading"), ("paragraph", "Some words of text."), ("list_item", "item")]
            status = 0 if found == expected else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
