"""Tables from words and lines: drawn, ruled, or only aligned; and what must not become a table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parsers.content import PageContent, PrintedLine, Ruling, Word
from parsers.extractors.base import ExtractedTable, PageRegion, RegionKind
from parsers.extractors.table_grid import TableGridExtractor, find_tables
from parsers.table_choice import ACCEPTED_CONFIDENCE
from parsers.table_signals import table_likely
from tests.unit.parsers_tables.pages import BOLD, across, down, grid_of, line, page, right, width

STATEMENT = [
    ("Net sales", "$ 1,200", "$ 1,100"),
    ("Cost of sales", "(700)", "(650)"),
    ("Gross profit", "500", "450"),
    ("Other income, net", "—", "12"),
    ("Net income", "$ 500", "$ 462"),
]


def _accepted(content: PageContent) -> list[ExtractedTable]:
    return [table for table in find_tables(content) if table.confidence >= ACCEPTED_CONFIDENCE]


def _texts(table: ExtractedTable) -> list[list[str]]:
    rows = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row][cell.column] = cell.text
    return rows


def _statement(top: float = 120, *, header: bool = True) -> list[PrintedLine]:
    """A financial statement without any drawn line: labels on the left, amounts flush right, `$` apart."""
    lines = []
    if header:
        lines += [line("Year ended December 31,", 300, top), right("2023", 350, top + 14), right("2022", 450, top + 14)]
    for number, (label, *amounts) in enumerate(STATEMENT):
        y = top + 28 + 14 * number
        lines.append(line(label, 60, y))
        for amount, edge in zip(amounts, (350, 450), strict=True):
            if amount.startswith("$ "):
                lines += [line("$", edge - 60, y), right(amount[2:], edge, y)]
            else:
                lines.append(right(amount, edge, y))
    return lines


def test_a_drawn_grid_gives_its_cells() -> None:
    texts = [["Name", "Port", "Tons"], ["Ada", "Kiel", "12"], ["Bo", "Oslo", "7"]]
    lines = [line(texts[r][c], 105 + 80 * c, 105 + 20 * r) for r in range(3) for c in range(3)]
    (table,) = _accepted(page(lines, grid_of(3, 3)))
    assert _texts(table) == texts
    assert [cell.header for cell in table.cells][:3] == [True, True, True]
    assert not any(cell.header for cell in table.cells if cell.row > 0 and cell.column > 0)


def test_a_missing_line_joins_cells() -> None:
    rulings = [rule for rule in grid_of(3, 3) if not (rule.x0 == rule.x1 == 180)]
    rulings.append(down(180, 120, 160))  # the first row has no line there
    lines = [line("Both columns", 120, 105), line("Third", 265, 105)]
    lines += [line(f"{r}{c}", 105 + 80 * c, 105 + 20 * r) for r in (1, 2) for c in range(3)]
    (table,) = _accepted(page(lines, rulings))
    first = next(cell for cell in table.cells if cell.row == 0)
    assert (first.text, first.column_span) == ("Both columns", 2)


def test_a_statement_without_lines() -> None:
    content = page(_statement())
    assert table_likely(content)[0]
    (table,) = _accepted(content)
    rows = _texts(table)
    assert rows[1] == ["", "2023", "2022"]
    assert rows[2] == ["Net sales", "$ 1,200", "$ 1,100"]
    assert rows[5] == ["Other income, net", "—", "12"]
    heading = next(cell for cell in table.cells if cell.text == "Year ended December 31,")
    assert (heading.column, heading.column_span, heading.header) == (1, 2, True)
    assert all(cell.header for cell in table.cells if cell.column == 0 and cell.text)


def test_brackets_and_percent_signs_belong_to_their_number() -> None:
    lines = []
    for number, (label, value, tail) in enumerate(
        [("A", "(12", ")"), ("B", "34", "%"), ("C", "(5", ")%"), ("D", "7", "")]
    ):
        y = 100 + 14 * number
        lines += [line(label, 60, y), right(value, 300, y), right("1", 400, y)]
        if tail:
            lines.append(line(tail, 304, y))
    (table,) = _accepted(page(lines))
    assert [row[1] for row in _texts(table)] == ["(12 )", "34 %", "(5 )%", "7"]


def test_a_wrapped_label_is_one_cell() -> None:
    lines = [
        line("Income attributable to owners of", 60, 100),
        line("the company before taxes", 60, 112),
        right("120", 350, 112),
        right("110", 450, 112),
        line("Other", 60, 130),
        right("3", 350, 130),
        right("4", 450, 130),
        line("Total", 60, 148),
        right("123", 350, 148),
        right("114", 450, 148),
    ]
    (table,) = _accepted(page([right("2023", 350, 80), right("2022", 450, 80), *lines]))
    assert ["Income attributable to owners of the company before taxes", "120", "110"] in _texts(table)


def test_the_heading_of_a_part_keeps_its_own_row() -> None:
    lines = [line("Assets:", 60, 100)]
    for number, label in enumerate(["Cash", "Stock", "Total assets"]):
        y = 114 + 14 * number
        lines += [line(label, 60, y), right(str(10 * number + 5), 350, y), right(str(number + 1), 450, y)]
    (table,) = _accepted(page([right("2023", 350, 86), right("2022", 450, 86), *lines]))
    assert _texts(table)[1] == ["Assets:", "", ""]
    assert not any(cell.header for cell in table.cells if cell.row == 1)


def test_stacked_tables_stay_apart() -> None:
    text = line("The following table shows the same for the segments of the company in each of these years.", 60, 225)
    tables = _accepted(page([*_statement(100), text, *_statement(260)]))
    assert [table.rows for table in tables] == [7, 7]
    assert tables[0].bbox[3] < 225 < tables[1].bbox[1]


def test_rules_of_one_width_frame_a_table_of_figures() -> None:
    rules = [across(y, 60, 460) for y in (95, 112, 185)]
    lines = [line("Item", 62, 98), right("Count", 350, 98), right("Share", 450, 98)]
    for number in range(4):
        y = 115 + 17 * number
        lines += [line(f"Row {number}", 62, y), right(str(number * 11), 350, y), right(f"{number}.5%", 450, y)]
    (table,) = _accepted(page(lines, rules))
    assert _texts(table)[0] == ["Item", "Count", "Share"]
    assert table.rows == 5


def test_figures_under_each_other_in_a_cell_are_rows() -> None:
    rulings = [across(y, 100, 340) for y in (100, 120, 200)] + [down(x, 100, 200) for x in (100, 180, 260, 340)]
    lines = [line(text, 105 + 80 * c, 105) for c, text in enumerate(["Land", "Old", "New"])]
    lines += [
        line(text, 105 + 80 * c, 125 + 14 * r)
        for r, row in enumerate([("Malta", "1.5", "2.5"), ("Spain", "3.5", "4.5"), ("Italy", "5.5", "6.5")])
        for c, text in enumerate(row)
    ]
    (table,) = _accepted(page(lines, rulings))
    assert _texts(table)[1:] == [["Malta", "1.5", "2.5"], ["Spain", "3.5", "4.5"], ["Italy", "5.5", "6.5"]]


PROSE = "the harbour of the old town was built in stone and has seen many ships come and go since then"


def test_two_columns_of_prose_are_no_table() -> None:
    words = PROSE.split()
    lines = []
    for row in range(24):
        y = 80 + 12 * row
        lines += [
            line(" ".join(words[row % 9 : row % 9 + 8]), 50, y),
            line(" ".join(words[(row + 4) % 9 : (row + 4) % 9 + 8]), 320, y),
        ]
    assert _accepted(page(lines)) == []


def test_prose_with_numbers_is_no_table() -> None:
    lines = []
    for row in range(20):
        y = 80 + 13 * row
        lines.append(line(f"In {2000 + row} the company sold 1,{row}00 ships for $ {row}00 each, up {row}% on", 50, y))
        lines.append(line(f"the year before, and {row}5 more of the other kind", 430, y))
    assert _accepted(page(lines)) == []


def test_a_table_of_contents_is_no_table() -> None:
    lines = []
    for row in range(12):
        y = 100 + 16 * row
        lines += [
            line(f"Item {row}.", 50, y),
            line("Risk factors and properties", 130, y),
            right(str(3 + 4 * row), 560, y),
        ]
    assert _accepted(page(lines)) == []
    leaders = [line(f"Chapter {row} " + "." * 60 + f" {row * 7 + 1}", 50, 100 + 16 * row) for row in range(12)]
    assert _accepted(page(leaders)) == []


def test_bullets_and_numbered_items_are_no_table() -> None:
    for marks in (["•"] * 8, [f"({letter})" for letter in "abcdefgh"], [f"{n}." for n in range(1, 9)]):
        lines = []
        for row, mark in enumerate(marks):
            y = 100 + 14 * row
            lines += [line(mark, 60, y), line(" ".join(PROSE.split()[row : row + 9]), 84, y)]
        assert _accepted(page(lines)) == []


def test_the_scales_of_a_chart_are_no_table() -> None:
    lines = [
        right(str(value), edge, 100 + 20 * row) for row, value in enumerate(range(500, 0, -50)) for edge in (100, 400)
    ]
    assert _accepted(page(lines)) == []


def test_a_box_around_text_is_no_table() -> None:
    lines = [line(PROSE[:60], 110, 110 + 14 * row) for row in range(4)]
    rulings = [across(100, 100, 500), across(180, 100, 500), down(100, 100, 180), down(500, 100, 180)]
    assert _accepted(page(lines, rulings)) == []


def test_a_grid_without_words_is_no_table() -> None:
    assert find_tables(page([line("Caption", 100, 60)], grid_of(6, 6))) == []


def test_an_empty_page() -> None:
    assert find_tables(page([])) == []
    assert table_likely(page([])) == (False, "0 horizontal and 0 vertical lines, 0 aligned numbers")


def test_a_page_with_thousands_of_lines_is_left_alone() -> None:
    rulings = [across(float(y) / 3, 0, 600) for y in range(2000)] + [down(float(x) / 3, 0, 700) for x in range(1800)]
    assert find_tables(page([line("map", 10, 10)], rulings)) == []


def test_the_extractor_keeps_to_its_region() -> None:
    content = page([*_statement(100), *_statement(500)])
    upper = PageRegion(kind=RegionKind.TABLES, bbox=(0, 0, 612, 400), reason="test")
    whole = PageRegion(kind=RegionKind.TABLES, bbox=(0, 0, 612, 792), reason="test")
    extractor = TableGridExtractor()
    assert len(extractor.extract(content, upper).tables) == 1
    assert len(extractor.extract(content, whole).tables) == 2


NUMBERS = st.one_of(
    st.integers(-99_999, 99_999).map(lambda value: f"({-value:,})" if value < 0 else f"{value:,}"),
    st.floats(0, 99, allow_nan=False).map(lambda value: f"{value:.1f}%"),
    st.just("—"),
)
LABELS = st.text(alphabet="abcdefghijklmnop", min_size=3, max_size=14)


@st.composite
def _tables(draw: st.DrawFn) -> tuple[list[list[str]], PageContent]:
    rows, columns = draw(st.integers(4, 12)), draw(st.integers(2, 5))
    texts = [["", *(str(2023 - c) for c in range(columns))]]
    texts += [[draw(LABELS), *(draw(NUMBERS) for _ in range(columns))] for _ in range(rows)]
    pitch = draw(st.sampled_from([12.0, 14.0, 20.0]))
    shift = draw(st.floats(0, 40))
    lines = []
    for r, row in enumerate(texts):
        y = 100 + pitch * r
        for c, text in enumerate(row):
            if text:
                lines.append(line(text, 40 + shift, y) if c == 0 else right(text, 150 + 70 * c + shift, y))
    order = draw(st.permutations(lines))
    return texts, page(order)


@given(_tables())
def test_any_aligned_table_of_figures_is_found_whole(drawn: tuple[list[list[str]], PageContent]) -> None:
    texts, content = drawn
    (table,) = _accepted(content)
    assert _texts(table) == texts


WORDS = st.lists(
    st.tuples(st.text(alphabet="ab19.,$%()-—", min_size=1, max_size=6), st.integers(0, 100), st.integers(0, 60)),
    max_size=80,
)
RULES = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 60), st.integers(1, 60)), max_size=40)


def _rule(across_page: bool, at: int, start: int, length: int) -> Ruling:
    low, high = start * 10.0, (start + length) * 10.0
    return across(at * 10.0, low, high) if across_page else down(at * 10.0, low, high)


@given(WORDS, RULES)
def test_whatever_the_page_a_table_is_a_grid_of_its_own_words(
    words: list[tuple[str, int, int]], rules: list[tuple[bool, int, int, int]]
) -> None:
    lines = [line(text, x * 5.0, y * 12.0) for text, x, y in words]
    content = page(lines, [_rule(*rule) for rule in rules])
    assert isinstance(table_likely(content)[0], bool)
    taken: set[int] = set()
    known = {id(word) for word in content.words}
    for table in find_tables(content):
        held = [id(word) for word in table.words]
        assert known.issuperset(held)
        assert taken.isdisjoint(held)
        assert len(set(held)) == len(held)
        taken.update(held)
        assert sorted(word.text for word in table.words) == sorted(t for cell in table.cells for t in cell.text.split())
        places = [
            (r, c)
            for cell in table.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.column, cell.column + cell.column_span)
        ]
        assert sorted(places) == [(r, c) for r in range(table.rows) for c in range(table.columns)]
        assert 0 < table.confidence <= 1
        assert all((cell.bbox is None) == (cell.text == "") for cell in table.cells)


def test_the_same_page_gives_the_same_tables() -> None:
    assert find_tables(page(_statement())) == find_tables(page(_statement()))


def test_bold_first_rows_are_headings_of_tables_of_text() -> None:
    texts = [["Port", "Master"], ["Kiel", "Ada"], ["Oslo", "Bo"]]
    lines = [
        line(texts[r][c], 105 + 80 * c, 105 + 20 * r, **({"style": BOLD} if r == 0 else {}))
        for r in range(3)
        for c in range(2)
    ]
    (table,) = _accepted(page(lines, grid_of(3, 2)))
    assert [cell.header for cell in table.cells] == [True, True, False, False, False, False]


def test_cell_boxes_hold_their_own_words_only() -> None:
    content = page(_statement())
    (table,) = _accepted(content)
    for cell in table.cells:
        if cell.bbox is not None:
            left, top, right_edge, bottom = cell.bbox
            inside: list[Word] = [
                word
                for word in content.words
                if left <= (word.bbox[0] + word.bbox[2]) / 2 <= right_edge
                and top <= (word.bbox[1] + word.bbox[3]) / 2 <= bottom
            ]
            assert sorted(word.text for word in inside) == sorted(cell.text.split())


def test_widths_of_the_test_font() -> None:
    assert width("ab") == line("ab", 0, 0).bbox[2]
