"""Reading order on pages typed by hand."""

from __future__ import annotations

from dataclasses import replace

from parsers.content import PrintedLine
from parsers.pieces import is_prose
from parsers.reading import FigureReading
from parsers.reading_order import Area, arrange
from tests.unit.parsers_text.making import DERIVATION, printed

LEFT = [f"left column line {n} of running prose text" for n in range(6)]
RIGHT = [f"right column line {n} of running prose text" for n in range(6)]


def texts(areas: list[Area]) -> list[str]:
    return [
        " ".join(piece.line.text for piece in row.pieces if piece.line is not None)
        for area in areas
        for row in area.rows
    ]


def column(lines: list[str], left: float, top: float = 100.0) -> list[PrintedLine]:
    return [printed(text, left, top + 12 * index, right=left + 210) for index, text in enumerate(lines)]


def test_two_columns_are_read_one_after_the_other_whatever_the_order_of_the_file() -> None:
    lines = column(LEFT, 60) + column(RIGHT, 310)
    mixed = [line for pair in zip(lines[:6], lines[6:], strict=True) for line in pair]
    assert texts(arrange(mixed)) == LEFT + RIGHT


def test_a_mark_that_hangs_out_of_an_indented_column_stays_in_it() -> None:
    item = printed("- a line of the list with its mark in the margin", 300, 100 + 12 * 3, right=520)
    right = [line for index, line in enumerate(column(RIGHT, 310)) if index != 3]
    expected = [*LEFT, *RIGHT[:3], item.text, *RIGHT[4:]]
    assert texts(arrange([*column(LEFT, 60), *right, item])) == expected


def test_columns_whose_lines_do_not_align_are_still_columns() -> None:
    assert texts(arrange(column(LEFT, 60) + column(RIGHT, 310, top=105.0))) == LEFT + RIGHT


def test_a_line_across_the_page_parts_what_is_above_from_what_is_below() -> None:
    banner = printed("A heading that runs across both of the columns of the page", 60, 190, right=520)
    below = [
        printed(f"{side} under the heading, line {n} of it", x, 214 + 12 * n, right=x + 210)
        for side, x in (("left", 60), ("right", 310))
        for n in range(4)
    ]
    ordered = texts(arrange([*below, *column(LEFT, 60), banner, *column(RIGHT, 310)]))
    assert ordered[:12] == LEFT + RIGHT
    assert ordered[12] == banner.text
    assert [text.split()[0] for text in ordered[13:]] == ["left"] * 4 + ["right"] * 4


def test_three_columns() -> None:
    lines = [
        printed(f"column {c} line {n} with some prose", 50 + 180 * c, 100 + 12 * n, right=200 + 180 * c)
        for n in range(5)
        for c in range(3)
    ]
    assert [text.split()[1] for text in texts(arrange(lines))] == ["0"] * 5 + ["1"] * 5 + ["2"] * 5


def test_a_row_of_figures_stays_one_row() -> None:
    labels = [
        "Net sales of the whole company",
        "Cost of sales and services",
        "Selling and general expenses",
        "Net income",
    ]
    lines = []
    for index, label in enumerate(labels):
        lines.append(printed(label, 60, 100 + 14 * index))
        lines.append(printed(f"$ {32_765 - index}", 380, 100 + 14 * index))
        lines.append(printed(f"$ {31_657 - index}", 480, 100 + 14 * index))
    assert texts(arrange(lines))[0] == "Net sales of the whole company $ 32765 $ 31657"
    assert len(texts(arrange(lines))) == 4


def test_a_small_raised_mark_stays_with_its_words() -> None:
    words = printed("Strong demand for Command hooks and strips", 60, 100)
    after_command = printed("TM", words.words[3].bbox[2] - 1, 96, size=4)
    rows = arrange([after_command, words, printed("The next line of the paragraph", 60, 112)])[0].rows
    assert [len(row.pieces) for row in rows] == [2, 1]


def test_text_that_runs_upwards_follows_the_upright_text() -> None:
    upright = printed("Upright text", 60, 100)
    margin = replace(printed("Printed along the margin", 20, 300), bbox=(10, 200, 20, 300), direction=(0.0, -1.0))
    assert texts(arrange([margin, upright])) == ["Upright text", "Printed along the margin"]


def test_a_figure_stands_where_it_is_seen() -> None:
    figure = FigureReading(bbox=(60, 120, 300, 180), derivation=DERIVATION)
    areas = arrange([printed("Below the picture", 60, 200), printed("Above it", 60, 100)], figures=[figure])
    kinds = ["figure" if row.pieces[0].figure else row.pieces[0].line.text for row in areas[0].rows]  # type: ignore[union-attr]
    assert kinds == ["Above it", "figure", "Below the picture"]


def test_prose_is_told_from_labels_and_figures() -> None:
    assert is_prose("The harbour office opened in the spring")
    assert not is_prose("Net sales")
    assert not is_prose("$ 32,765  $ 31,657  12.5 %  4.1 %")


def test_nothing_gives_nothing() -> None:
    assert arrange([]) == []


def test_a_note_mark_in_the_margin_belongs_to_the_line_beside_it() -> None:
    note = printed("Our operating profit was affected by severance charges", 60, 100)
    mark = printed("(a)", 42, 96, size=5)
    rows = arrange([mark, note, printed("of 27 million in the year under review", 60, 112)])[0].rows
    assert [len(row.pieces) for row in rows] == [2, 1]
    assert rows[0].pieces[0].line is mark


def test_a_column_is_as_wide_as_its_own_prose_whatever_labels_stand_beside_it() -> None:
    """A table of texts in three columns of which the first has a few words for each part."""
    label = printed("Shareholder suits", 20, 100)
    middle = [printed(text, 194, 100 + 12 * n, right=370) for n, text in enumerate(LEFT)]
    right = [printed(text, 392, 100 + 12 * n, right=580) for n, text in enumerate(RIGHT)]
    mixed = [line for pair in zip(middle, right, strict=True) for line in pair]
    assert texts(arrange([label, *mixed])) == [f"{label.text} {LEFT[0]}", *LEFT[1:], *RIGHT]


def _figure(left: float, top: float, right: float, bottom: float) -> FigureReading:
    return FigureReading(bbox=(left, top, right, bottom), derivation=DERIVATION)


def _flow(areas: list[Area]) -> list[str]:
    """Texts, and of figures where they stand."""
    return [
        str(piece.figure.bbox[:2]) if piece.figure is not None and piece.figure.bbox is not None else text
        for area in areas
        for row in area.rows
        for piece in row.pieces
        for text in [piece.line.text if piece.line is not None else ""]
    ]


def test_figures_side_by_side_are_read_with_their_captions() -> None:
    figures = [_figure(80, 180, 290, 330), _figure(300, 178, 510, 332)]
    lines = [
        printed("Text above the figures runs across the whole of the page, as it does below.", 72, 150, right=510),
        printed("Spain", 390, 172),
        printed("Portugal", 160, 172),
        printed("Source: Bank", 82, 342),
        printed("Source: Bank", 302, 342),
        printed("Figure 15 (to July)", 100, 356),
        printed("Figure 16 (to July)", 330, 356),
        printed("Next heading", 72, 374),
        printed("Text below the figures runs across the whole of the page, as it does above.", 72, 390, right=510),
    ]
    assert _flow(arrange(lines, figures=figures)) == [
        lines[0].text,
        "Portugal",
        "(80, 180)",
        "Source: Bank",
        "Figure 15 (to July)",
        "Spain",
        "(300, 178)",
        "Source: Bank",
        "Figure 16 (to July)",
        "Next heading",
        lines[-1].text,
    ]


def test_figures_side_by_side_that_share_a_line_are_not_taken_apart() -> None:
    figures = [_figure(80, 180, 290, 330), _figure(300, 178, 510, 332)]
    shared = printed("One title over both of them, set between", 180, 250)
    flow = _flow(arrange([shared], figures=figures))
    assert sorted(flow) == sorted(["(80, 180)", "(300, 178)", shared.text])


def test_a_row_of_three_with_two_in_one_column() -> None:
    figures = [_figure(80, 190, 290, 260), _figure(80, 270, 290, 340), _figure(300, 180, 510, 350)]
    assert _flow(arrange([], figures=figures)) == ["(80, 190)", "(80, 270)", "(300, 180)"]


def test_a_column_that_has_only_begun_is_read_after_the_full_one() -> None:
    full = [f"line {n} of a column that is full of running prose" for n in range(12)]
    title = printed("A title that stands over both of the columns", 60, 80, right=500)
    lines = [title, *column(full, 60), *column(["where the last column ends in two", "more words."], 310)]
    assert texts(arrange(sorted(lines, key=lambda line: line.baseline))) == [
        title.text,
        *full,
        "where the last column ends in two",
        "more words.",
    ]


def test_figures_and_notes_beside_a_column_are_no_column_that_has_begun() -> None:
    full = [f"line {n} of a column that is full of running prose" for n in range(12)]
    figures = column(["1,234", "5,678"], 310)
    assert texts(arrange([*column(full, 60), *figures]))[0] == f"{full[0]} 1,234"
    lower = column(["a remark in the margin beside it", "of two lines"], 310, top=136.0)
    assert texts(arrange([*column(full, 60), *lower]))[3] == f"{full[3]} a remark in the margin beside it"
