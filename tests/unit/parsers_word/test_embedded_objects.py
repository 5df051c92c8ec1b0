"""Files inside OLE objects."""

from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from parsers.backends.embedded_objects import EmbeddedFile, embedded_file, packaged_file
from tests.support.compound_files import compound_file
from tests.support.in_process import parse_in_process
from tests.support.office_packages import DOCX, docx, paragraph


def native(name: str, content: bytes) -> bytes:
    path = f"C:\\papers\\{name}".encode() + b"\0"
    return (
        struct.pack("<LH", 0, 2) + name.encode() + b"\0" + path
        + struct.pack("<HHL", 0, 3, len(path)) + path + struct.pack("<L", len(content)) + content
    )  # fmt: skip


def test_a_packaged_file_has_its_name_and_bytes() -> None:
    assert packaged_file(native("tides.csv", b"1;2")) == EmbeddedFile(name="tides.csv", content=b"1;2")


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_no_file(data: bytes) -> None:
    embedded_file(data)
    embedded_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data)


def test_an_object_is_a_child_only_if_it_holds_a_file(tmp_path: Path) -> None:
    parts = {"embeddings/a.bin": compound_file("Equation Native"), "embeddings/b.bin": compound_file("WordDocument")}
    relations = {name: ("oleObject", f"embeddings/{name}.bin") for name in "ab"}
    path = tmp_path / "file.docx"
    path.write_bytes(docx(paragraph("Outside"), parts, relations))
    from parsers.backends.docx import open_document
    from tests.support.in_process import FAST

    with open_document(path, FAST) as opened:
        assert [child.name for child in opened.children] == ["b.bin"]
    assert parse_in_process(path, DOCX).document.text == "Outside"
