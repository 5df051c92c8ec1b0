"""How the cells of a sheet are parted into tables and paragraphs."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.backends.sheet_grid import DefinedTable, SheetCell, sheet_blocks, visible_and_hidden
from parsers.model import Derivation, Flag
from parsers.reading import Block, TableReading

WHY = Derivation(extractor="test", version="1", confidence=1.0, reason="test")


def cells(*lines: str, first_row: int = 0) -> list[SheetCell]:
    """One line per row, cells parted by `|`, blank where there is none."""
    return [
        SheetCell(row=row, column=column, text=text.strip(), address=f"R{row}C{column}")
        for row, line in enumerate(lines, start=first_row)
        for column, text in enumerate(line.split("|"))
        if text.strip()
    ]


def tables(blocks: list[Block]) -> list[TableReading]:
    return [block.table for block in blocks if block.table is not None]


def texts(blocks: list[Block]) -> list[str]:
    return [block.typed.text for block in blocks if block.typed is not None]


def header(table: TableReading) -> list[str]:
    return [cell.text for cell in table.cells if cell.header]


def test_an_empty_row_parts_two_tables_and_each_has_its_names() -> None:
    blocks = sheet_blocks(cells("a|b", "1|2", "", "c|d", "3|4"), WHY)
    assert [header(table) for table in tables(blocks)] == [["a", "b"], ["c", "d"]]


def test_two_empty_columns_part_tables_that_stand_side_by_side() -> None:
    blocks = sheet_blocks(cells("a|b|||c|d", "1|2|||3|4"), WHY)
    assert [(table.rows, table.columns) for table in tables(blocks)] == [(2, 2), (2, 2)]


def test_one_empty_column_inside_a_table_does_not_part_it() -> None:
    (table,) = tables(sheet_blocks(cells("name|2023||2024", "x|1||2", "y|3||4"), WHY))
    assert (table.rows, table.columns) == (3, 3)


def test_a_table_that_begins_like_its_left_neighbour_is_another_one() -> None:
    blocks = sheet_blocks(cells("year|ducks||year|geese", "2001|5||2001|7"), WHY)
    assert [header(table) for table in tables(blocks)] == [["year", "ducks"], ["year", "geese"]]


def test_names_stay_with_their_values_across_an_empty_row() -> None:
    (table,) = tables(sheet_blocks(cells("|sales|profit", "", "north|5|1", "south|7|2"), WHY))
    assert header(table) == ["sales", "profit"]


def test_titles_above_and_notes_below_are_paragraphs() -> None:
    note = "All figures are preliminary and have not been looked at by anybody outside of the company."
    blocks = sheet_blocks(cells("Sales by region", "region|sales", "north|5", note), WHY)
    assert texts(blocks) == ["Sales by region", note]
    assert [(table.rows, table.columns) for table in tables(blocks)] == [(2, 2)]


def test_header_rows_with_spans_count_together() -> None:
    given_cells = [
        SheetCell(row=0, column=0, text="region", row_span=2),
        SheetCell(row=0, column=1, text="sales", column_span=2),
        *cells("|2023|2024", "north|5|6", first_row=1),
    ]
    (table,) = tables(sheet_blocks(given_cells, WHY))
    assert header(table) == ["region", "sales", "2023", "2024"]
    assert [(cell.row_span, cell.column_span) for cell in table.cells[:2]] == [(2, 1), (1, 2)]


def test_a_table_of_text_only_has_names_when_every_column_has_one() -> None:
    (table,) = tables(sheet_blocks(cells("city|country", "Rome|Italy", "Bern|Switzerland"), WHY))
    assert header(table) == ["city", "country"]


def test_values_alone_have_no_names() -> None:
    (table,) = tables(sheet_blocks(cells("1|2", "3|4", "5|6"), WHY))
    assert header(table) == []


def test_a_declared_table_is_taken_as_it_is() -> None:
    declared = DefinedTable(first_row=1, first_column=0, last_row=2, last_column=1)
    above, inside = tables(sheet_blocks(cells("x|y", "1|2", "3|4"), WHY, tables=[declared]))
    assert [cell.text for cell in above.cells] == ["x", "y"]
    assert header(inside) == ["1", "2"]


def test_hidden_rows_and_columns_are_flagged_and_leave_no_gap() -> None:
    blocks = visible_and_hidden(
        cells("a|secret|b", "1|9|2", "7|7|7", "3|9|4"), WHY, hidden_rows={2}, hidden_columns={1}
    )
    seen, hidden = tables(blocks)
    assert (seen.rows, seen.columns, seen.flags) == (3, 2, ())
    assert hidden.flags == (Flag.HIDDEN,)
    assert Counter(cell.text for cell in hidden.cells) == Counter({"secret": 1, "9": 2, "7": 3})


def test_cells_far_apart_do_not_make_a_grid_of_air() -> None:
    (table,) = tables(sheet_blocks([SheetCell(row=at, column=at, text=f"t{at}") for at in range(2_000)], WHY))
    assert table.rows * table.columns < 20_000


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 12), st.integers(0, 8)),
        st.tuples(
            st.sampled_from(["a", "Total", "12", "3.5%", "some longer text"]), st.integers(1, 4), st.integers(1, 4)
        ),
        max_size=40,
    )
)
def test_every_cell_ends_in_one_place_and_spans_stay_inside(
    placed: dict[tuple[int, int], tuple[str, int, int]],
) -> None:
    given_cells = [
        SheetCell(row=row, column=column, text=f"{text} {row} {column}", row_span=down, column_span=right)
        for (row, column), (text, down, right) in placed.items()
    ]
    blocks = sheet_blocks(given_cells, WHY)
    found = Counter(texts(blocks)) + Counter(cell.text for table in tables(blocks) for cell in table.cells)
    assert found == Counter(cell.text for cell in given_cells)
    for table in tables(blocks):
        places = [(cell.row, cell.column) for cell in table.cells]
        assert len(set(places)) == len(places)
        assert all(cell.row + cell.row_span <= table.rows for cell in table.cells)
        assert all(cell.column + cell.column_span <= table.columns for cell in table.cells)
