"""The retrieval text of rows: every row carries its label and the headings above its figures."""

from __future__ import annotations

from ingestion.table_text import TableText
from parsers.model import Cell, Table

ROWS = [
    ("", "Year ended June 30", None, ""),
    ("In millions", "2022", "2021", "Change"),
    ("Revenue", "1,204", "1,100", "9 %"),
    ("Assets:", "", "", ""),
    ("Cash", "88", "", "—"),
    ("In millions", "2022", "2021", "Change"),
    ("Debt", "5", "7", "(29) %"),
]
HEADINGS = {0, 1, 5}


def _table() -> Table:
    cells = []
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            if text is None:
                continue
            span = 2 if row == 0 and column == 1 else 1
            header = row in HEADINGS or (column == 0 and row != 3)
            cells.append(
                Cell(
                    row=row,
                    column=column,
                    column_span=span,
                    header=header,
                    text=text,
                    page=1,
                    bbox=None,
                    start=0,
                    end=0,
                )
            )
    return Table(rows=len(ROWS), columns=4, cells=tuple(cells))


def test_every_row_carries_its_headings() -> None:
    assert TableText(_table()).context(range(len(ROWS))).split("\n") == [
        "Revenue; Year ended June 30 2022: 1,204; Year ended June 30 2021: 1,100; Change: 9 %",
        "Cash; Year ended June 30 2022: 88; Change: —",
        "Debt; Year ended June 30 2022: 5; Year ended June 30 2021: 7; Change: (29) %",
    ]


def test_rows_of_a_later_page_carry_the_headings_of_the_first() -> None:
    texts = ("North", "12", "9 %")
    cells = tuple(
        Cell(row=0, column=column, text=text, page=2, bbox=None, start=0, end=0) for column, text in enumerate(texts)
    )
    table = Table(rows=1, columns=3, cells=cells, column_names=("Region", "", "Change"))
    assert TableText(table).context([0]) == "North; Change: 9 %"


def test_headings_repeated_on_a_later_page_are_not_a_row() -> None:
    assert TableText(_table()).context([5]) == ""
