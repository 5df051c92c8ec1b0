"""Any reader on damaged files of its own kind: a reading, or an error that says why; nothing else comes out."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from parsers import media_types as types
from parsers.errors import ParseError
from parsers.formats import FORMATS
from parsers.model import Document
from tests.golden.csv.sources import SOURCES as CSV
from tests.golden.docx.sources import SOURCES as DOCX
from tests.golden.json.sources import SOURCES as JSON
from tests.golden.markup.sources import SOURCES as MARKUP
from tests.golden.odp.sources import SOURCES as ODP
from tests.golden.ods.sources import SOURCES as ODS
from tests.golden.odt.sources import SOURCES as ODT
from tests.golden.pdf.sources import SOURCES as PDF
from tests.golden.pptx.sources import SOURCES as PPTX
from tests.golden.rtf.sources import SOURCES as RTF
from tests.golden.xls.sources import SOURCES as XLS
from tests.golden.xlsx.sources import SOURCES as XLSX
from tests.support.compound_files import compound_file
from tests.support.in_process import parse_in_process

_MAIL: Final = (
    b"From: Ada <ada@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Hello <b>there</b> =C3=A4</p>\r\n--b\r\n"
    b'Content-Type: text/csv; name="a.csv"\r\nContent-Disposition: attachment; filename="a.csv"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n--b--\r\n"
)
_MAILBOX: Final = b"".join(b"From a@b Mon Jun 01 10:00:00 2009\n" + _MAIL for _ in range(2))


def _image(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((24, 24)).save(buffer, kind)
    return buffer.getvalue()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/b.txt", "hello " * 20)
        archive.writestr("c.csv", "a,b\n1,2\n")
    return buffer.getvalue()


_NDJSON: Final = b'{"a": 1, "b": "x"}\n{"a": 2, "b": null}\n'
SMALL: Final[Mapping[str, Callable[[], bytes]]] = {
    types.PDF: PDF["report"],
    types.DOCX: DOCX["report"],
    types.XLSX: XLSX["figures"],
    types.PPTX: PPTX["objects"],
    types.ODT: ODT["report"],
    types.ODS: ODS["figures"],
    types.ODP: ODP["report"],
    types.XLS: XLS["figures"],
    types.RTF: RTF["report"],
    types.CSV: next(iter(CSV.values())),
    types.TSV: lambda: b"a\tb\n1\t2\n3\t4\n",
    types.JSON: JSON["nested"],
    types.NDJSON: lambda: _NDJSON,
    types.EML: lambda: _MAIL,
    types.MBOX: lambda: _MAILBOX,
    types.MSG: lambda: compound_file("__properties_version1.0", "__substg1.0_0037001F"),
    types.ENCRYPTED_OFFICE: lambda: compound_file("EncryptionInfo", "EncryptedPackage"),
    types.ZIP: _archive,
    **{f"image/{kind}": lambda kind=kind: _image(kind) for kind in ("png", "jpeg", "tiff", "webp", "bmp", "gif")},
    **{media_type: lambda content=content: content for media_type, content in MARKUP.values()},
}
"""A file of every kind that is read."""

_PACKAGES: Final = (types.DOCX, types.XLSX, types.PPTX, types.ODT, types.ODS, types.ODP, types.EPUB)


@cache
def _small(media_type: str) -> bytes:
    return SMALL[media_type]()


def _damaged(content: bytes, seed: int) -> bytes:
    """Some bytes changed, repeated or taken out."""
    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 1, 4, 40))
        match chance.randrange(4):
            case 0:
                data[at : at + length] = chance.randbytes(length)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))
            case _:
                data[at : at + 1] = chance.choice((b"\0", b"\xff", b"<", b">", b'"', b"-1", b"99999999", b"&"))
        if not data:
            return b"\0"
    return bytes(data)


def _damaged_part(content: bytes, seed: int) -> bytes:
    """A package in which one part is damaged: its checksums are right."""
    chance = random.Random(seed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as archive:
        names = [name for name in source.namelist() if name != "mimetype"]
        chosen = chance.choice(names)
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(name, _damaged(part, seed) if name == chosen else part)
    return buffer.getvalue()


def _check(content: bytes, media_type: str) -> None:
    try:
        document = _parse(content, media_type)
    except ParseError as error:
        assert str(error)
    else:
        _check_offsets(document)


def _parse(content: bytes, media_type: str) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        return parse_in_process(path, media_type).document


def _check_offsets(document: Document) -> None:
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        for cell in element.table.cells if element.table is not None else ():
            assert document.text[cell.start : cell.end] == cell.text
        for link in element.links:
            assert element.start <= link.start <= link.end <= element.end


@pytest.mark.parametrize("media_type", [*_PACKAGES, types.ZIP])
def test_an_archive_for_a_newer_program_is_refused(media_type: str) -> None:
    """The version needed to unpack a member (at offset 6 of its entry in the directory) is one of the future."""
    content = bytearray(_small(media_type))
    content[content.index(b"PK\x01\x02") + 6] = 99
    with pytest.raises(ParseError):
        _parse(bytes(content), media_type)


def test_there_is_a_file_of_every_kind() -> None:
    assert set(SMALL) == set(FORMATS)


@pytest.mark.parametrize("media_type", sorted(SMALL))
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_damaged_bytes_give_a_reading_or_an_error(media_type: str, seed: int) -> None:
    _check(_damaged(_small(media_type), seed), media_type)


@pytest.mark.parametrize("media_type", _PACKAGES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_a_damaged_part_gives_a_reading_or_an_error(media_type: str, seed: int) -> None:
    _check(_damaged_part(_small(media_type), seed), media_type)
