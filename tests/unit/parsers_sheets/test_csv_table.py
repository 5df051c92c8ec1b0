"""Files of delimited values."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.backends import csv_table
from parsers.errors import DamagedDocument
from parsers.model import Document
from parsers.plain_text import clean_text
from tests.support.in_process import parse_in_process
from tests.support.sheets_and_slides import CSV


def parse(path: Path, content: bytes | str) -> Document:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return parse_in_process(path, CSV).document


def grids(document: Document) -> list[list[list[str]]]:
    """The texts of all tables, row by row; places without a cell are empty."""
    found = []
    for element in document.elements:
        if element.table is not None:
            grid = [[""] * element.table.columns for _ in range(element.table.rows)]
            for cell in element.table.cells:
                assert document.text[cell.start : cell.end] == cell.text
                grid[cell.row][cell.column] = cell.text
            found.append(grid)
    return found


def test_later_pages_know_the_names_of_their_columns(tmp_path: Path) -> None:
    rows = "".join(f"{number},{number * 7}\n" for number in range(2_500))
    document = parse(tmp_path / "a.csv", f"Figures of the harbour\nid,ships\n{rows}")
    tables = [element.table for element in document.elements if element.table is not None]
    assert [table.column_names for table in tables] == [(), ("id", "ships"), ("id", "ships")]
    assert [sum(cell.header for cell in table.cells) for table in tables] == [2, 0, 0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    lines = [["name", "amount", "note"], ["Ann", "1.50", "a,b;c"], ["Bob", "2", "d|e"]]
    written = "\n".join(delimiter.join(f'"{value}"' for value in line) for line in lines)
    assert grids(parse(tmp_path / "t.csv", written)) == [lines]


def test_semicolons_win_over_decimal_commas(tmp_path: Path) -> None:
    assert grids(parse(tmp_path / "t.csv", "a;b\n1,5;2,5\n3,5;4,5\n")) == [[["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]]]


def test_a_hint_for_excel_names_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    assert grids(parse(tmp_path / "t.csv", "sep=/\na/b\n1/2\n")) == [[["a", "b"], ["1", "2"]]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_unicode_in_any_form_is_read(tmp_path: Path, encoding: str) -> None:
    content = "Größe,Ort\n1,Zürich\n2,Łódź\n".encode(encoding)
    assert grids(parse(tmp_path / "t.csv", content)) == [[["Größe", "Ort"], ["1", "Zürich"], ["2", "Łódź"]]]


def test_numbers_stay_as_written_and_names_are_told(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.csv", "id,amount\n007,1577\n008,1.50\n")
    (table,) = [element.table for element in document.elements if element.table is not None]
    assert [cell.text for cell in table.cells] == ["id", "amount", "007", "1577", "008", "1.50"]
    assert [cell.text for cell in table.cells if cell.header] == ["id", "amount"]


def test_a_title_above_the_table_is_a_paragraph(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.csv", "Our sales,,\nname,q1,q2\nAnn,1,2\n")
    assert [element.kind for element in document.elements] == ["paragraph", "table"]


def test_ragged_rows_and_line_ends_inside_values(tmp_path: Path) -> None:
    assert grids(parse(tmp_path / "t.csv", 'a,b,c\n"1\n2",x\n3,4,5,6\n')) == [
        [["a", "b", "c", ""], ["1 2", "x", "", ""], ["3", "4", "5", "6"]]
    ]


def test_a_quotation_mark_that_is_never_closed_loses_nothing(tmp_path: Path) -> None:
    lines = "".join(f"{number},x\n" for number in range(3_000))
    document = parse(tmp_path / "t.csv", f'a,b\n"oops,1\n{lines}')
    assert [finding.code for finding in document.ledger.findings] == ["unbalanced_quotes"]
    assert '"oops\t1' in document.text
    assert "2999\tx" in document.text


def test_many_rows_are_many_pages_in_order(tmp_path: Path) -> None:
    total = 2 * csv_table.ROWS_PER_PAGE + 10
    document = parse(tmp_path / "t.csv", "id,name\n" + "".join(f"{number},n{number}\n" for number in range(total)))
    assert [len(grid) for grid in grids(document)] == [csv_table.ROWS_PER_PAGE, csv_table.ROWS_PER_PAGE, 11]
    assert [row[1] for grid in grids(document) for row in grid][1:] == [f"n{number}" for number in range(total)]


def test_a_large_file_is_read_from_disk_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = ("id;wörd\n" + "".join(f"{number};ü{number}\n" for number in range(2_500))).encode()
    small = grids(parse(tmp_path / "a.csv", content))
    monkeypatch.setattr(csv_table, "_WHOLE_FILE_BYTES", 100)
    assert grids(parse(tmp_path / "b.csv", content)) == small
    assert grids(parse(tmp_path / "c.csv", content.decode().encode("utf-16"))) == small
    assert grids(parse(tmp_path / "d.csv", content.decode().encode("cp1252"))) == small


def test_a_row_of_very_many_values_keeps_them_all(tmp_path: Path) -> None:
    document = parse(tmp_path / "t.csv", ",".join(map(str, range(20_000))) + "\n")
    assert document.text.split() == [str(number) for number in range(20_000)]


def test_a_file_without_values_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedDocument):
        parse(tmp_path / "t.csv", "\n\n  \n")


_VALUES = st.text(alphabet="ab 1.,;|\"'\né", max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(_VALUES, min_size=n, max_size=n), min_size=1, max_size=8)))
def test_every_value_that_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(lines)
    wanted = [clean_text(value) for line in lines for value in line if clean_text(value)]
    path = tmp_path_factory.getbasetemp() / "any.csv"
    if not wanted:
        with pytest.raises(DamagedDocument):
            parse(path, buffer.getvalue())
        return
    document = parse(path, buffer.getvalue())
    assert "".join(document.text.split()) == "".join("".join(wanted).split())
