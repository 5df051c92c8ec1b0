"""Which reading of a table is accepted: agreement between extractors, the layout, the budget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from parsers.content import PageContent, PrintedLine
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion, RegionKind
from parsers.extractors.table_grid import TableGridExtractor, find_tables
from parsers.extractors.table_layout import TableLayoutExtractor
from parsers.layout import Layout, LayoutKind, LayoutRegion
from parsers.model import Box
from parsers.reading import CellReading
from parsers.table_agreement import agreement, relations, torn_share
from parsers.table_choice import ChosenTables, choose_tables
from tests.unit.parsers_tables.pages import line, page, right
from tests.unit.parsers_tables.styles import census

TEXTS = [("Wheat", "4,800", "4,510"), ("Barley", "420", "415"), ("Oats", "167", "166"), ("Rye", "8", "12")]


def _page() -> PageContent:
    lines = [right("2001", 300, 80), right("2002", 400, 80)]
    for number, (label, *values) in enumerate(TEXTS):
        y = 100 + 14 * number
        lines += [line(label, 60, y), right(values[0], 300, y), right(values[1], 400, y)]
    return page([*lines, line("The harvest of the year was good.", 60, 300)])


PAGE = _page()
BOX: Box = (60.0, 80.0, 400.0, 152.0)


def _layout(*boxes: Box, kind: LayoutKind = LayoutKind.TABLE) -> Layout:
    return Layout(
        regions=tuple(
            LayoutRegion(kind=kind, bbox=box, confidence=0.9, columns=(200.0, 330.0), rows=(95.0, 110.0, 124.0, 138.0))
            for box in boxes
        )
    )


@dataclass
class Fixed:
    """An extractor that always proposes the same."""

    name: str
    tables: tuple[ExtractedTable, ...] = ()
    price: float = 0.1
    version: str = "1"
    asked: int = 0
    error: Exception | None = None
    regions: list[PageRegion] = field(default_factory=list)

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        self.asked += 1
        self.regions.append(region)
        if self.error is not None:
            raise self.error
        return Extraction(tables=self.tables, confidence=1.0)


def _rows(*rows: tuple[str, ...], columns: int, confidence: float = 1.0) -> ExtractedTable:
    cells = tuple(
        CellReading(row=r, column=c, text=text, bbox=None) for r, row in enumerate(rows) for c, text in enumerate(row)
    )
    words = tuple(word for line in PAGE.lines[:-1] for word in line.words)
    return ExtractedTable(bbox=BOX, rows=len(rows), columns=columns, cells=cells, words=words, confidence=confidence)


RIGHT = _rows(("", "2001", "2002"), *TEXTS, columns=3)
SQUEEZED = _rows(("", "2001 2002"), *((label, f"{a} {b}") for label, a, b in TEXTS), columns=2)
MERGED = _rows(("", "2001", "2002"), ("Wheat Barley", "4,800 420", "4,510 415"), *TEXTS[2:], columns=3)


def _choose(*extractors: Fixed, layout: Layout | None = None, budget: float = 10.0) -> ChosenTables:
    return choose_tables(PAGE, extractors, layout or _layout(BOX), budget)


def test_readings_that_agree_need_no_third() -> None:
    third = Fixed("third", (SQUEEZED,))
    chosen = _choose(Fixed("first", (RIGHT,)), Fixed("second", (RIGHT,)), third)
    assert third.asked == 0
    (table,) = chosen.tables
    assert (table.derivation.extractor, table.derivation.confidence) == ("first", 1.0)
    assert "alike" in table.derivation.reason


def test_where_they_differ_the_one_that_agrees_most_is_taken() -> None:
    chosen = _choose(Fixed("first", (SQUEEZED,)), Fixed("second", (RIGHT,)), Fixed("third", (RIGHT,)))
    (table,) = chosen.tables
    assert table.derivation.extractor == "second"
    assert {attempt.extractor for attempt in table.derivation.attempts} == {"first", "second", "third"}
    assert table.derivation.confidence < 1.0


@pytest.mark.parametrize("joined", [MERGED, RIGHT], ids=["differing", "alike"])
def test_one_table_for_two_regions_is_not_taken_where_others_see_two(joined: ExtractedTable) -> None:
    upper, lower = (60.0, 80.0, 400.0, 110.0), (60.0, 114.0, 400.0, 152.0)
    parts = []
    for box, rows in ((upper, RIGHT.cells[:6]), (lower, RIGHT.cells[6:])):
        words = tuple(word for word in RIGHT.words if box[1] <= word.bbox[1] < box[3])
        parts.append(replace(RIGHT, bbox=box, cells=rows, words=words))
    extractors = (Fixed("first", (joined,)), Fixed("second", tuple(parts)), Fixed("third", tuple(parts)))
    assert len(_choose(*extractors, layout=_layout(upper, lower)).tables) == 2


def test_one_region_is_not_read_as_tables_side_by_side_where_another_reads_one() -> None:
    """Lines between the columns of a table divide it for whoever looks at lines alone."""
    halves = []
    for start, end, columns in ((60.0, 220.0, (0, 1)), (230.0, 400.0, (2, 2))):
        words = tuple(word for word in RIGHT.words if start <= word.bbox[0] < end)
        cells = tuple(cell for cell in RIGHT.cells if columns[0] <= cell.column <= columns[1])
        halves.append(replace(RIGHT, bbox=(start, BOX[1], end, BOX[3]), cells=cells, words=words))
    chosen = _choose(Fixed("first", tuple(halves)), Fixed("second", (RIGHT,)), Fixed("third", (SQUEEZED,)))
    (table,) = chosen.tables
    assert table.derivation.extractor == "second"


def test_of_readings_alike_the_one_is_taken_whose_tables_do_not_reach_into_each_other() -> None:
    """Two halves side by side, of which the first was given the headings of the second."""
    words = RIGHT.words
    halves = [
        replace(RIGHT, bbox=(60.0, 80.0, 350.0, 152.0), words=words[: len(words) // 2]),
        replace(RIGHT, bbox=(300.0, 80.0, 400.0, 152.0), cells=(), words=words[len(words) // 2 :]),
    ]
    chosen = _choose(Fixed("first", tuple(halves)), Fixed("second", (RIGHT,)))
    (table,) = chosen.tables
    assert table.derivation.extractor == "second"
    assert "alike" in table.derivation.reason


def test_nobody_is_asked_beyond_the_budget() -> None:
    third = Fixed("third", (RIGHT,), price=5.0)
    chosen = _choose(Fixed("first", (MERGED,)), Fixed("second", (RIGHT,)), third, budget=1.0)
    assert third.asked == 0
    assert chosen.spent == 0.2
    assert len(chosen.tables) == 1


def test_what_the_layout_takes_for_a_picture_is_no_table() -> None:
    picture = _layout(BOX, kind=LayoutKind.PICTURE)
    chosen = choose_tables(PAGE, (Fixed("first", (RIGHT,)), Fixed("second")), picture)
    assert chosen.tables == ()
    assert [attempt.outcome for attempt in chosen.rejected] == ["rejected: the layout model sees no table"]


def test_a_region_that_nobody_can_read_is_told() -> None:
    chosen = _choose(Fixed("first"), Fixed("second"), Fixed("third"))
    assert (chosen.tables, chosen.found) == ((), 1)
    assert chosen.rejected[0].extractor == "layout"


def test_an_extractor_that_breaks_costs_its_own_reading_only() -> None:
    broken = Fixed("second", error=ValueError("of the document"))
    chosen = _choose(Fixed("first", (RIGHT,)), broken, Fixed("third", (RIGHT,)))
    assert len(chosen.tables) == 1
    assert [finding.code for finding in chosen.findings] == ["extractor_failed"]
    assert "of the document" not in str(chosen.findings)


def test_without_a_layout_the_first_decides_alone() -> None:
    second = Fixed("second", (RIGHT,))
    chosen = choose_tables(PAGE, (TableGridExtractor(), second))
    assert second.asked == 0
    assert [table.rows for table in chosen.tables] == [5]


def test_what_the_layout_calls_text_stays_out_of_the_table() -> None:
    content = census().content()
    (table,) = find_tables(content)
    title = LayoutRegion(kind=LayoutKind.SECTION_HEADER, bbox=(50.0, 60.0, 500.0, 70.0), confidence=0.9)
    notes = LayoutRegion(kind=LayoutKind.FOOTNOTE, bbox=(50.0, 190.0, 600.0, 230.0), confidence=0.9)
    grid = LayoutRegion(kind=LayoutKind.TABLE, bbox=table.bbox, confidence=0.9, columns=(200.0,))
    chosen = choose_tables(content, (TableGridExtractor(), Fixed("second")), Layout(regions=(title, notes, grid)))
    assert chosen.tables[0].cells == table.cells


def test_the_columns_of_the_layout_are_followed() -> None:
    region = PageRegion(kind="tables", bbox=(0, 0, 612, 792), reason="", layout=_layout(BOX))  # type: ignore[arg-type]
    (table,) = TableLayoutExtractor().extract(PAGE, region).tables
    assert agreement(relations([table]), relations([RIGHT])) == 1.0
    assert TableLayoutExtractor().extract(PAGE, PageRegion(kind=region.kind, bbox=region.bbox, reason="")).tables == ()


def test_agreement_counts_neighbours() -> None:
    assert agreement(relations([RIGHT]), relations([RIGHT])) == 1.0
    assert 0.3 < agreement(relations([RIGHT]), relations([MERGED])) < 0.8
    assert agreement(relations([RIGHT]), relations([SQUEEZED])) < 0.3
    assert agreement(relations([]), relations([])) == 1.0


def test_figures_torn_apart_are_seen() -> None:
    torn = _rows(("Sales", "$", "12"), ("Cost", "$", "(7", ")"), columns=4)
    assert torn_share([torn]) == 3 / 7
    assert torn_share([RIGHT]) == 0.0


def _stacked(*between: str) -> PageContent:
    """Two tables of the same columns, with lines of text between them."""
    lines: list[PrintedLine] = []
    y = 100.0
    for part in (TEXTS, [(f"{label} again", *values) for label, *values in TEXTS]):
        for label, *values in part:
            lines += [line(label, 60, y), right(values[0], 300, y), right(values[1], 400, y)]
            y += 14
        for text in between if part is TEXTS else ():
            lines.append(line(text, 60, y))
            y += 14
    return page(lines)


def test_texts_that_the_model_sees_part_the_tables_around_them() -> None:
    """Without them the rows on both sides would be near enough to be one table."""
    content = _stacked("(a) Without the fields of the coast.")
    note = next(each for each in content.lines if each.text.startswith("(a)"))
    upper, lower = (60.0, 100.0, 400.0, 154.0), (60.0, 170.0, 400.0, 224.0)
    regions = (
        *_layout(upper, lower).regions,
        LayoutRegion(kind=LayoutKind.TEXT, bbox=note.bbox, confidence=0.9),
    )
    region = PageRegion(kind=RegionKind.TABLES, bbox=(0, 0, 612, 792), reason="", layout=Layout(regions=regions))
    tables = TableGridExtractor().extract(content, region).tables
    assert [table.rows for table in tables] == [4, 4]
    assert not any("(a)" in cell.text for table in tables for cell in table.cells)


def test_a_cell_that_the_model_takes_for_text_parts_no_table() -> None:
    content = _stacked()
    beside = next(each for each in content.lines if each.text == "Oats")
    regions = (
        *_layout((60.0, 300.0, 400.0, 400.0)).regions,
        LayoutRegion(kind=LayoutKind.TEXT, bbox=beside.bbox, confidence=0.4),
    )
    region = PageRegion(kind=RegionKind.TABLES, bbox=(0, 0, 612, 792), reason="", layout=Layout(regions=regions))
    (table,) = TableGridExtractor().extract(content, region).tables
    assert table.rows == 8


SIGNED = (("*", "Director", "February 11"), ("Hans E. *", "Director", "February 11"), ("Roxanne *", "Director", ""))


def test_words_alone_that_nobody_reads_alike_are_no_table() -> None:
    names = _rows(*SIGNED, columns=3)
    other = _rows(("Director Hans E.",), ("February 11 Roxanne",), ("Director",), columns=1)
    extractors = Fixed("first"), Fixed("second", (names,)), Fixed("third", (other,))
    doubted = Layout(regions=tuple(replace(region, confidence=0.7) for region in _layout(BOX).regions))
    chosen = _choose(*extractors, layout=doubted)
    assert chosen.tables == ()
    assert {attempt.extractor for attempt in chosen.rejected} == {"second", "third"}
    assert len(_choose(*extractors).tables) == 1


def test_figures_that_nobody_reads_alike_are_still_a_table() -> None:
    other = _rows(("Wheat 4,800",), ("Barley 4,510",), columns=1)
    assert len(_choose(Fixed("first"), Fixed("second", (RIGHT,)), Fixed("third", (other,))).tables) == 1
