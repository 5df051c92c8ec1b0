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
