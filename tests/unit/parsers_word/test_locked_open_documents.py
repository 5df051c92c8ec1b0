"""OpenDocument files that are locked open with their password, and with no other."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from parsers.detection import detect_media_type
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded
from parsers.policy import ParseOptions, ParsePolicy
from tests.support.in_process import parse_in_process
from tests.support.office_packages import ODP, ODS, ODT, odp, ods, odt, package
from tests.unit.parsers_word.locked_files import lock_parts, lock_whole

PASSWORD = "Ebbe & Flut, 3 m über Null"
TEXT = "<text:p>The tide tables are kept in the upper drawer.</text:p>"


def options(password: str | None) -> ParseOptions:
    return ParseOptions(policy=ParsePolicy.FAST, password=password)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "locked"


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_parts_locked_one_by_one_are_read(file: Path, digest: str) -> None:
    file.write_bytes(lock_parts(odt(TEXT), PASSWORD, digest=digest))
    with file.open("rb") as stream:
        assert detect_media_type(stream, "locked.odt") == ODT
    assert (
        parse_in_process(file, ODT, options(PASSWORD)).document.text == "The tide tables are kept in the upper drawer."
    )


def test_a_package_locked_as_a_whole_is_read(file: Path) -> None:
    file.write_bytes(lock_whole(odt(TEXT), PASSWORD, ODT))
    assert (
        parse_in_process(file, ODT, options(PASSWORD)).document.text == "The tide tables are kept in the upper drawer."
    )


def test_sheets_and_slides_too(file: Path) -> None:
    row = "<table:table-row><table:table-cell><text:p>ebb</text:p></table:table-cell></table:table-row>"
    file.write_bytes(lock_parts(ods(f'<table:table table:name="Tides">{row}</table:table>'), PASSWORD))
    assert "ebb" in parse_in_process(file, ODS, options(PASSWORD)).document.text
    frame = f"<draw:frame><draw:text-box>{TEXT}</draw:text-box></draw:frame>"
    file.write_bytes(lock_whole(odp(f'<draw:page draw:name="one">{frame}</draw:page>'), PASSWORD, ODP))
    assert "tide tables" in parse_in_process(file, ODP, options(PASSWORD)).document.text


@pytest.mark.parametrize("password", [None, "", "ebbe"])
def test_no_other_password_opens_them(file: Path, password: str | None) -> None:
    for content in (lock_parts(odt(TEXT), PASSWORD), lock_whole(odt(TEXT), PASSWORD, ODT)):
        file.write_bytes(content)
        with pytest.raises(EncryptedDocument):
            parse_in_process(file, ODT, options(password))


def test_a_lock_that_costs_too_much_is_not_tried(file: Path) -> None:
    content = lock_parts(odt(TEXT), PASSWORD)
    file.write_bytes(_changed(content, b'iteration-count="1000"', b'iteration-count="999999999"'))
    with pytest.raises(LimitExceeded):
        parse_in_process(file, ODT, options(PASSWORD))


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"#aes256-cbc", b"#unknown", EncryptedDocument),
        (b'key-size="32"', b'key-size="33"', DamagedDocument),
        (b'initialisation-vector="', b'initialisation-vector="!', DamagedDocument),
        (b"<manifest:key-derivation ", b"<manifest:other ", DamagedDocument),
    ],
)
def test_a_lock_that_is_unknown_or_damaged_is_told(file: Path, old: bytes, new: bytes, error: type[Exception]) -> None:
    file.write_bytes(_changed(lock_parts(odt(TEXT), PASSWORD), old, new))
    with pytest.raises(error):
        parse_in_process(file, ODT, options(PASSWORD))


def _changed(content: bytes, old: bytes, new: bytes) -> bytes:
    """The package with other words in its manifest."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts["META-INF/manifest.xml"]
    return package({**parts, "META-INF/manifest.xml": parts["META-INF/manifest.xml"].replace(old, new)})
