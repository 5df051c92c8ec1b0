"""Rows of tables: their names, the names of their columns, and the cell that a question asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers.model import Document, Table
from retrieval.answers.tables import TableRow, asked_cell, table_rows
from retrieval.question_terms import question_terms
from tests.unit.retrieval_answers.asking import report
from tests.unit.retrieval_engine.documents import DocumentMaker


def _table(document: Document) -> Table:
    return next(element.table for element in document.elements if element.table is not None)


def _rows(document: Document) -> list[TableRow]:
    return list(table_rows(_table(document), 0, len(document.document.text)))


def test_rows_have_the_names_of_their_columns() -> None:
    document = report()
    revenue = _rows(document)[0]
    assert revenue.header == "Revenue"
    assert [(cell.text, headers) for cell, headers in revenue.values] == [("1,577", ("2022",)), ("1,301", ("2021",))]
    assert revenue.line() == "Revenue; 2022: 1,577; 2021: 1,301"
    assert document.document.text[revenue.start : revenue.end] == "Revenue\t1,577\t1,301"


def test_only_whole_rows_of_the_range_are_given() -> None:
    document = report()
    second = _rows(document)[1]
    assert [row.header for row in table_rows(_table(document), second.start, second.end)] == ["Operating profit"]
    assert list(table_rows(_table(document), second.start + 1, second.end)) == []


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What was the revenue in 2021?", "1,301"),
        ("Revenue FY2022", "1,577"),
        ("What was the revenue?", None),
        ("Revenue of 2022 and 2021", None),
    ],
)
def test_the_cell_that_is_asked_for(question: str, value: str | None) -> None:
    asked = asked_cell(_rows(report())[0], question_terms(question))
    assert (None if asked is None else asked[0].text) == value


def test_a_row_with_one_value_needs_no_column_named() -> None:
    maker = DocumentMaker()
    maker.add_table(1, [["Item", "Amount"], ["1", "Season leaflet"], ["Total due", "3,097.60"]])
    total = _rows(maker.build(1))[1]
    asked = asked_cell(total, question_terms("How much is due?"))
    assert asked is not None and (asked[0].text, asked[1]) == ("3,097.60", ("Amount",))


def test_a_number_before_the_words_does_not_name_the_row() -> None:
    maker = DocumentMaker()
    maker.add_table(1, [["No.", "Item", "Price"], ["3", "Leaflet", "0.11"], ["2022", "7", "8"]])
    leaflet, figures = _rows(maker.build(1))
    assert leaflet.header == "Leaflet" and [cell.text for cell, _ in leaflet.values] == ["3", "0.11"]
    assert figures.header == "2022"


def test_a_heading_between_rows_is_no_row() -> None:
    maker = DocumentMaker()
    maker.add_table(1, [["", "2022"], ["ASSETS", ""], ["Cash", "5"]])
    assert [row.header for row in _rows(maker.build(1))] == ["Cash"]


def test_headers_over_several_columns_and_rows() -> None:
    maker = DocumentMaker()
    maker.add_table(1, [["", "Year", ""], ["", "2022", "2021"], ["Revenue", "5", "4"]])
    document = maker.build(1)
    table = _table(document)
    cells = [
        replace(cell, header=cell.row < 2, column_span=2 if (cell.row, cell.column) == (0, 1) else 1)
        for cell in table.cells
        if (cell.row, cell.column) != (0, 2)
    ]
    (row,) = table_rows(replace(table, cells=tuple(cells)), 0, len(document.document.text))
    assert [headers for _, headers in row.values] == [("Year", "2022"), ("Year", "2021")]


def test_a_table_that_goes_on_has_the_names_of_its_first_page() -> None:
    document = report()
    table = _table(document)
    body = tuple(cell for cell in table.cells if cell.row > 0)
    going_on = replace(table, cells=body, column_names=("", "2022", "2021"))
    first = next(table_rows(going_on, 0, len(document.document.text)))
    assert first.line() == "Revenue; 2022: 1,577; 2021: 1,301"
