"""Tables whose headings are wider than their columns, whose cells are texts, that are parted by titles only."""

from __future__ import annotations

from parsers.content import PrintedLine
from parsers.extractors.base import ExtractedTable, PageRegion, RegionKind
from parsers.extractors.table_grid import TableGridExtractor, find_tables, framed_table
from parsers.extractors.table_values import is_value
from parsers.layout import Layout, LayoutKind, LayoutRegion
from parsers.table_choice import ACCEPTED_CONFIDENCE
from parsers.table_signals import table_likely
from tests.unit.parsers_tables.pages import across, line, page, right


def _rows(table: ExtractedTable) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row].append(cell.text)
    return rows


def _figures(top: float, edges: tuple[float, ...], labels: tuple[str, ...]) -> list[PrintedLine]:
    lines = []
    for number, label in enumerate(labels):
        lines.append(line(label, 50, top + 14 * number))
        lines += [right(f"{(number + 2) * 1111 + at:,}", edge, top + 14 * number) for at, edge in enumerate(edges)]
    return lines


def test_headings_left_of_their_figures_each_get_a_column() -> None:
    edges = (250.0, 350.0, 450.0)
    heads = [line("Area", 50, 80), line("Total", 195, 80), line("Number", 260, 80), line("Percent", 370, 80)]
    (table,) = find_tables(page([*heads, *_figures(98, edges, ("Maine", "Ohio", "Iowa", "Utah"))]))
    assert _rows(table)[0] == ["Area", "Total", "Number", "Percent"]


def test_a_numbered_title_parts_two_tables() -> None:
    first = [line("Item", 50, 80), right("Amount", 400, 80), *_figures(94, (400.0,), ("Permits", "Visits", "Cases"))]
    title = [line("Table 2. Means of both", 50, 140)]
    second = [line("Group", 50, 154), right("Before", 300, 154), right("After", 400, 154)]
    second += _figures(168, (300.0, 400.0), ("Treated", "Control", "Others"))
    tables = find_tables(page([*first, *title, *second]))
    assert [(table.rows, table.columns) for table in tables] == [(4, 2), (4, 3)]


def test_lines_of_cells_of_texts_are_one_row_where_space_parts_the_rows() -> None:
    lines = []
    for number, (office, duty, limit) in enumerate(
        [
            ("Licences|and permits", "Reviews what|was sent", "Ten|days"),
            ("Records", "Keeps the|register", "Always|open"),
            ("Field|visits", "Looks at|places", "Two|weeks"),
        ]
    ):
        for left, text in ((50, office), (200, duty), (380, limit)):
            lines += [line(part, left, 100 + 40 * number + 11 * n) for n, part in enumerate(text.split("|"))]
    (table,) = framed_table(page(lines))
    assert _rows(table)[0] == ["Licences and permits", "Reviews what was sent", "Ten days"]
    assert table.rows == 3


def test_a_total_below_the_last_rule_keeps_all_lines_of_its_label() -> None:
    edges = (350.0, 450.0)
    lines = _figures(100, edges, ("Schools", "Roads", "Parks"))
    last = [line("Everything else that the", 50, 146), *_figures(158, edges, ("county pays for",))]
    rules = [across(y, 48, 452) for y in (98, 112, 126, 140)]
    (table,) = find_tables(page([*lines, *last], rules))
    assert _rows(table)[-1][0] == "Everything else that the county pays for"


def test_signatures_are_no_table() -> None:
    lines = []
    for number, name in enumerate(("J. Miller", "A. Ortiz", "R. Chen", "P. Novak")):
        lines += [line(f"/s/ {name}", 50, 100 + 20 * number), line("Director", 250, 100 + 20 * number)]
        lines.append(line(f"{number + 1}", 400, 100 + 20 * number))
    assert not [table for table in find_tables(page(lines)) if table.confidence >= ACCEPTED_CONFIDENCE]


def test_a_heading_of_the_layout_parts_tables_but_one_on_its_own_rule_heads_columns() -> None:
    edges = (300.0, 400.0, 500.0)
    upper, lower = _figures(100, edges, ("A", "B", "C")), _figures(170, edges, ("D", "E", "F"))
    content = page([*upper, line("Second part", 200, 150), *lower])
    heading = LayoutRegion(kind=LayoutKind.SECTION_HEADER, bbox=(200, 150, 255, 160), confidence=0.9)
    tables = [
        LayoutRegion(kind=LayoutKind.TABLE, bbox=(50, top, 500, top + 38), confidence=0.9) for top in (100.0, 170.0)
    ]
    layout = Layout(regions=(tables[0], heading, tables[1]))
    region = PageRegion(kind=RegionKind.TABLES, bbox=(0, 0, 612, 792), reason="", layout=layout)
    assert len(TableGridExtractor().extract(content, region).tables) == 2

    ruled = page([line("Effects", 380, 82), *upper], [across(94, 330, 500)])
    seen = LayoutRegion(kind=LayoutKind.SECTION_HEADER, bbox=(380, 82, 415, 92), confidence=0.9)
    region = PageRegion(
        kind=RegionKind.TABLES, bbox=(0, 0, 612, 792), reason="", layout=Layout(regions=(seen, tables[0]))
    )
    (table,) = TableGridExtractor().extract(ruled, region).tables
    assert "Effects" in _rows(table)[0]


def test_short_texts_in_columns_call_for_a_look_and_addresses_side_by_side_do_not() -> None:
    def block(rows: int) -> list[PrintedLine]:
        return [
            line(text, left, 100 + 14 * number)
            for number in range(rows)
            for left, text in ((50, f"Name {number}"), (200, "Some place"), (350, "North"))
        ]

    assert table_likely(page(block(6)))[0]
    assert not table_likely(page(block(4)))[0]


def test_intervals_and_answers_are_values() -> None:
    assert all(is_value(text) for text in ("(13.8–16.5)", "[1.2-3.4]", "Yes", "No"))
    assert not any(is_value(text) for text in ("18-24 years", "No.", "Yes sir"))
