"""Workbooks: what is large, lying, damaged or locked."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from parsers.backends import xlsx as backend
from parsers.backends.xlsx_cells import column_name, parse_range, parse_reference
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages
from parsers.model import Document
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.support.office_packages import package
from tests.support.sheets_and_slides import XLSX, rows, xlsx


def parse(path: Path, content: bytes, options: ParseOptions | None = None) -> Document:
    path.write_bytes(content)
    return parse_in_process(path, XLSX, options or ParseOptions()).document


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    inside = '<dimension ref="A1:XFD1048576"/>' + rows(["a", "b"], ["c", 1])
    merges = '<mergeCells><mergeCell ref="A1:XFD1048576"/><mergeCell ref="B2:B1048576"/></mergeCells>'
    (_, element) = parse(tmp_path / "t.xlsx", xlsx({"S": inside + merges})).elements
    assert element.table is not None
    assert (element.table.rows, element.table.columns) == (2, 2)
    assert all(cell.row_span * cell.column_span == 1 for cell in element.table.cells)


def test_empty_cells_and_far_rows_cost_nothing(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{at}"><c r="A{at}" s="3"/></row>' for at in range(1, 20_000))
    last = '<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    document = parse(tmp_path / "t.xlsx", xlsx({"S": f"<sheetData>{empty}{last}</sheetData>"}))
    assert document.text == "S\n\n7"


def test_rows_and_cells_without_references_follow_each_other(tmp_path: Path) -> None:
    inside = "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><v>4</v></c></row></sheetData>"
    (_, element) = parse(tmp_path / "t.xlsx", xlsx({"S": inside})).elements
    assert element.table is not None
    assert [cell.address for cell in element.table.cells] == ["A1", "B1", "A2", "B2"]


def test_a_large_sheet_is_several_pages_and_loses_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_SMALL_XML", 100)
    monkeypatch.setattr(backend, "CELLS_PER_PAGE", 20)
    lines = [["Id", "Name"], *([number, f"n{number}"] for number in range(45))]
    document = parse(tmp_path / "t.xlsx", xlsx({"Big": rows(*lines), "Small": rows(["x", 1])}))
    assert [page.name for page in document.pages] == ["Big"] * 5 + ["Small"]
    cells = [
        cell for element in document.elements if element.table and element.page < 6 for cell in element.table.cells
    ]
    assert [cell.text for cell in cells] == [str(value) for line in lines for value in line]
    assert [cell.text for cell in cells if cell.header] == ["Id", "Name"]


def test_later_pages_of_a_large_sheet_know_the_names_of_their_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "_SMALL_XML", 100)
    monkeypatch.setattr(backend, "CELLS_PER_PAGE", 20)
    lines = [("Harbour", "Ships", "Share"), *((f"h{number}", number, None) for number in range(20))]
    document = parse(tmp_path / "a.xlsx", xlsx({"S": rows(*lines)}))
    tables = [element.table for element in document.elements if element.table is not None]
    assert [table.column_names for table in tables] == [(), ("Harbour", "Ships"), ("Harbour", "Ships")]


def test_pages_of_a_large_sheet_can_be_read_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_SMALL_XML", 100)
    monkeypatch.setattr(backend, "CELLS_PER_PAGE", 20)
    path = tmp_path / "t.xlsx"
    path.write_bytes(xlsx({"Big": rows(*([number, f"n{number}"] for number in range(45)))}))
    options = ParseOptions()
    with backend.open_document(path, options) as document:
        forward = [document.read_page(number, options) for number in (1, 2, 3, 4, 5)]
        backward = [document.read_page(number, options) for number in (5, 4, 3, 2, 1)]
    assert forward == backward[::-1]


def test_too_many_cells_are_cut_off_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_SMALL_XML", 100)
    monkeypatch.setattr(backend, "MOST_CELLS", 30)
    document = parse(tmp_path / "t.xlsx", xlsx({"Big": rows(*([number, "x"] for number in range(45)))}))
    assert [finding.code for finding in document.ledger.findings] == ["rows_left_out"]
    assert "14\tx" in document.text


def test_a_sheet_that_breaks_off_gives_what_was_before(tmp_path: Path) -> None:
    content = xlsx({"S": rows(["a", 1], ["b", 2]) + "<broken"})
    document = parse(tmp_path / "t.xlsx", content)
    assert [finding.code for finding in document.ledger.findings] == ["rows_left_out"]
    assert "b\t2" in document.text


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    sheet = (
        '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]>'
        "<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    )
    content = xlsx({"S": ""})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = parse(tmp_path / "t.xlsx", package({**parts, "xl/worksheets/sheet1.xml": sheet}))
    assert "boom" not in document.text
    assert [finding.code for finding in document.ledger.findings] == ["page_failed"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"PK\x03\x04 no package", DamagedDocument),
        (package({"a.txt": "x"}), DamagedDocument),
        (package({"xl/workbook.xml": "<workbook/>"}), NoPages),
        (package({"xl/workbook.xml": "<w"}), DamagedDocument),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(tmp_path / "t.xlsx", content)


def test_a_locked_workbook_opens_with_its_password_only(tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    # The library that locks the file for this test writes small ones wrongly.
    padding = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(1_000))
    plain.write_bytes(xlsx({"S": rows(["secret", 1])}, parts={"xl/media/padding.bin": padding}))
    with plain.open("rb") as source, (tmp_path / "locked.xlsx").open("wb") as target:
        OOXMLFile(source).encrypt("word", target)
    locked = (tmp_path / "locked.xlsx").read_bytes()
    with pytest.raises(EncryptedDocument, match="give it"):
        parse(tmp_path / "t.xlsx", locked)
    with pytest.raises(EncryptedDocument, match="does not open it"):
        parse(tmp_path / "t.xlsx", locked, ParseOptions(password="wrong"))
    assert "secret\t1" in parse(tmp_path / "t.xlsx", locked, ParseOptions(password="word")).text
    # Detection cannot see what is inside: the backend of locked files finds out.
    (tmp_path / "t").write_bytes(locked)
    options = ParseOptions(password="word")
    assert "secret\t1" in parse_in_process(tmp_path / "t", "application/x-encrypted-office", options).document.text


@given(st.integers(0, 16_383), st.integers(0, 1_048_575))
def test_names_of_cells_can_be_read_back(column: int, row: int) -> None:
    assert parse_reference(f"{column_name(column)}{row + 1}") == (row, column)


@pytest.mark.parametrize("text", ["", "A0", "XFE1", "A1048577", "1A", "A1:", "A1:B", "$", "A1:ZZZ1"])
def test_nonsense_is_no_range(text: str) -> None:
    assert parse_range(text) is None or text == "A1:"


_TEXTS = st.text(alphabet="abc 1.,-%é", max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_TEXTS, max_size=5), min_size=1, max_size=8))
def test_every_text_of_a_sheet_ends_in_the_document(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    document = parse(tmp_path_factory.getbasetemp() / "any.xlsx", xlsx({"S": rows(*lines)}))
    wanted = sorted("".join("".join(value for line in lines for value in line).split()))
    assert sorted("".join(document.text.split()).removeprefix("S")) == wanted
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        for cell in element.table.cells if element.table is not None else ():
            assert document.text[cell.start : cell.end] == cell.text
