"""Paragraphs, headings, lists, footnotes, captions and running lines, on lines typed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers.drafts import Draft, make_drafts
from parsers.furniture import Edge, find_furniture
from parsers.model import ElementKind
from parsers.paragraphs import group_lines, stands_before_text, starts_with_marker
from parsers.reading import Block, CellReading, LineReading, PageReading, TableReading
from parsers.structure import body_style
from tests.unit.parsers_text.making import DERIVATION, page_reading, reading_line

FULL = "a full line of prose that reaches as far as the right edge of the column of text on the page, near enough"


def full(top: float, text: str = FULL, left: float = 72.0) -> LineReading:
    return reading_line(text, top, left=left, right=523.0)


def grouped(*lines: LineReading) -> list[list[str]]:
    return [[line.text for line in paragraph.lines] for paragraph in group_lines(lines, 72.0, 523.0)]


def kinds(*pages: PageReading) -> list[tuple[str, str]]:
    return [(draft.kind.value, first_text(draft)) for draft in make_drafts(pages)]


def first_text(draft: Draft) -> str:
    return draft.runs[0][0].text if draft.runs else ""


def body(top: float = 200.0, count: int = 12) -> list[LineReading]:
    return [full(top + 12 * n) for n in range(count)]


def test_a_wider_step_starts_a_paragraph() -> None:
    assert grouped(full(100, "one"), full(112, "two"), full(130, "three"), full(142, "four")) == [
        ["one", "two"],
        ["three", "four"],
    ]


def test_an_indented_line_starts_a_paragraph() -> None:
    lines = [full(100), full(112), full(124, "Indented first line", left=90.0), full(136), full(148)]
    assert [len(group) for group in grouped(*lines)] == [2, 3]


def test_a_short_line_that_ends_a_sentence_ends_a_paragraph() -> None:
    lines = [full(100), reading_line("the end of it.", 112), full(124, "Another one begins"), full(136)]
    assert [len(group) for group in grouped(*lines)] == [2, 2]


def test_a_line_is_not_short_where_the_next_word_had_no_room() -> None:
    """Lines that are set ragged end early before a long word."""
    item = [
        reading_line("• those wrongdoers are using all of their power to", 100, right=460.0),
        reading_line("counterrevolutionary things that nobody does", 112, right=500.0),
    ]
    assert len(grouped(*item)) == 1
    assert len(grouped(item[0], reading_line("so we left it", 112))) == 2


def test_an_item_whose_first_line_is_set_in_goes_on_at_the_edge() -> None:
    lines = [full(100, "(e) If an earnings start date is given below, such", left=104.0), full(112), full(124)]
    assert [len(group) for group in grouped(*lines)] == [3]


def test_text_with_double_space_keeps_its_paragraphs() -> None:
    lines = [full(100 + 24 * n) for n in range(6)] + [reading_line("the end of it.", 244), full(268, "Another one")]
    assert [len(group) for group in grouped(*lines)] == [7, 1]


def test_lines_far_apart_that_are_not_full_stay_apart() -> None:
    lines = [reading_line(f"Signature of the member number {n}", 100 + 24 * n) for n in range(6)]
    assert len(grouped(*lines)) == 6


def test_a_caption_goes_on_in_another_weight() -> None:
    lines = [
        full(100, "Figure 2b. Notified cases in the member states of the union, by year and by the cause of them (per"),
        reading_line("100,000 of population), 2004 to 2007", 112, left=110.0, bold=True),
    ]
    assert [len(group) for group in grouped(*lines)] == [2]


def test_a_change_of_weight_starts_a_paragraph() -> None:
    assert grouped(reading_line("Heading", 100, bold=True), full(112, "text")) == [["Heading"], ["text"]]


def test_list_items_keep_their_hanging_lines() -> None:
    lines = [
        full(100, "• the first item, which is long enough to need"),
        reading_line("a second line", 112, left=86.0),
        full(124, "• the second item"),
    ]
    assert [len(group) for group in grouped(*lines)] == [2, 1]


def test_rows_of_figures_are_kept_together_with_their_labels() -> None:
    rows = [
        reading_line("Net sales 10 20", 100, right=500, wide_gaps=2),
        reading_line("Expenses:", 112),
        reading_line("Cost of sales 5 6", 124, right=500, wide_gaps=2),
        reading_line("Net income 5 14", 136, right=500, wide_gaps=2),
    ]
    paragraphs = group_lines(rows, 72.0, 523.0)
    assert len(paragraphs) == 1
    assert paragraphs[0].rows


@pytest.mark.parametrize("text", ["• item", "– item", "1. item", "(a) item", "iv) item", "(12) item", "A) item"])
def test_markers_of_lists(text: str) -> None:
    assert starts_with_marker(text)


@pytest.mark.parametrize("text", ["M. Quist wrote it", "2023 was a good year", "1.5 million", "-5.2", "plain words"])
def test_what_is_no_marker(text: str) -> None:
    assert not starts_with_marker(text)


def test_headings_are_larger_or_heavier_than_the_body_and_ranked_by_size() -> None:
    page = page_reading(
        1,
        reading_line("Annual Report", 60, size=24),
        reading_line("Results", 120, size=16),
        *body(140, 6),
        reading_line("By region", 230, bold=True),
        *body(250, 6),
        reading_line("a bold line that starts small", 340, bold=True),
    )
    levels = [(draft.kind, draft.level, first_text(draft)) for draft in make_drafts([page])]
    assert levels[0] == (ElementKind.TITLE, 0, "Annual Report")
    assert levels[1] == (ElementKind.HEADING, 1, "Results")
    assert levels[3] == (ElementKind.HEADING, 2, "By region")
    assert levels[-1][0] is ElementKind.PARAGRAPH


def test_a_bold_sentence_by_itself_is_a_heading_as_those_of_risks_are() -> None:
    risk = "Our ferries depend on the weather, and on pilots who may not be there."
    page = page_reading(1, *body(60, 4), reading_line(risk, 130, bold=True), *body(150, 4))
    assert ("heading", risk) in kinds(page)
    long = [replace(full(130 + 12 * n, "Bold prose that goes on."), bold=True) for n in range(3)]
    assert "heading" not in dict(kinds(page_reading(1, *body(60, 4), *long, *body(180, 8))))


def test_decimal_numbers_give_the_depth_of_headings() -> None:
    page = page_reading(
        1,
        *body(60, 3),
        reading_line("1 Scope", 120, size=12, bold=True),
        *body(140, 3),
        reading_line("1.1 Terms", 200, size=12, bold=True),
        *body(220, 3),
        reading_line("1.1.1 Ships", 280, size=12, bold=True),
        *body(300, 3),
    )
    assert [draft.level for draft in make_drafts([page]) if draft.kind is ElementKind.HEADING] == [1, 2, 3]


def test_headings_of_an_appendix_do_not_push_down_those_of_the_chapters() -> None:
    """Level is told by what a heading stands below, not by how many larger styles the document has somewhere."""
    chapter = [reading_line("Item 1. Business", 60, size=11, bold=True), *body(80, 3)]
    part = [reading_line("Our markets", 130, size=10, bold=True), *body(150, 3)]
    appendix = [reading_line("Deed of trust", 60, size=18, bold=True), *body(80, 3)]
    clause = [reading_line("General words", 130, size=14, bold=True), *body(150, 3)]
    drafts = make_drafts(
        [page_reading(1, *body()), page_reading(2, *chapter, *part), page_reading(3, *appendix, *clause)]
    )
    assert [(first_text(d), d.level) for d in drafts if d.kind is ElementKind.HEADING] == [
        ("Item 1. Business", 1),
        ("Our markets", 2),
        ("Deed of trust", 1),
        ("General words", 2),
    ]


def test_the_heading_of_a_chapter_ends_where_its_line_is_short() -> None:
    lines = [reading_line("Item 2. Properties", 100, bold=True), reading_line("United States", 112, bold=True)]
    assert grouped(*lines) == [["Item 2. Properties"], ["United States"]]
    wrapped = [full(100, "Item 5. Market for common equity, related matters and purchases of"), full(112, "equity")]
    assert [len(group) for group in grouped(*(replace(line, bold=True) for line in wrapped))] == [2]


@pytest.mark.parametrize("text", ["•", "(a)", "iv.", "Item 7A.", "PART II", "Note 12:"])
def test_what_may_stand_by_itself_before_a_text(text: str) -> None:
    assert stands_before_text(text)


@pytest.mark.parametrize("text", ["Wheat", "10.1", "Total 3.", "Item", "2022", "Part of it"])
def test_what_may_not_stand_by_itself_before_a_text(text: str) -> None:
    assert not stands_before_text(text)


def test_footnotes_go_behind_the_body_of_their_page() -> None:
    page = page_reading(
        1,
        *body(),
        reading_line("1 Measured at the north gauge.", 740, size=8),
        reading_line("2 Without ferries.", 752, size=8),
    )
    assert kinds(page)[-2:] == [("footnote", "1 Measured at the north gauge."), ("footnote", "2 Without ferries.")]


def test_notes_behind_a_typed_rule_below_a_table_belong_to_it_whatever_their_size() -> None:
    cells = tuple(CellReading(row=n // 2, column=n % 2, text=str(n), bbox=None) for n in range(4))
    box = (72.0, 200.0, 500.0, 300.0)
    table = Block(table=TableReading(bbox=box, rows=2, columns=2, cells=cells, derivation=DERIVATION))
    notes = [reading_line("(1) Without ferries of the coast.", 332), reading_line("(2) With all of them.", 352)]
    for rule, kind in (("_______________", "footnote"), ("Underlined", "list_item")):
        page = page_reading(1, *body(60, 8))
        below = Block(left=72.0, right=523.0, lines=(reading_line(rule, 312), *notes, *body(372, 8)))
        assert kinds(replace(page, blocks=(*page.blocks, table, below)))[3:5] == [(kind, note.text) for note in notes]


def test_a_small_numbered_paragraph_high_on_the_page_is_no_footnote() -> None:
    page = page_reading(1, reading_line("1 Small print at the top", 60, size=8), *body())
    assert "footnote" not in dict(kinds(page))


@pytest.mark.parametrize(
    ("text", "kind"), [("Figure 3: The north quay", "caption"), ("Figure 3 shows the quay", "paragraph")]
)
def test_captions_need_a_separator_unless_they_stand_next_to_what_they_name(text: str, kind: str) -> None:
    assert kinds(page_reading(1, *body(), reading_line(text, 400)))[-1] == (kind, text)


def test_nested_lists_have_levels() -> None:
    items = [("• one", 72.0), ("– inner", 90.0), ("– inner again", 90.0), ("• two", 72.0)]
    lines = [reading_line(text, 400 + 20 * n, left=left) for n, (text, left) in enumerate(items)]
    drafts = make_drafts([page_reading(1, *body(), *lines)])
    assert [draft.level for draft in drafts if draft.kind is ElementKind.LIST_ITEM] == [0, 1, 1, 0]


def many_pages(header: str, footer: str, count: int = 4) -> list[PageReading]:
    return [
        page_reading(n, reading_line(header, 30), *body(), reading_line(footer.format(n), 800))
        for n in range(1, count + 1)
    ]


def test_running_lines_are_found_by_repetition_with_changing_numbers() -> None:
    result = kinds(*many_pages("Harbour Office", "Page {} of 4"))
    assert result.count(("header", "Harbour Office")) == 4
    assert [text for kind, text in result if kind == "footer"] == [f"Page {n} of 4" for n in range(1, 5)]
    assert result[0][0] == "header" and result[2][0] == "footer"


def test_page_numbers_that_count_up_are_footers_wherever_they_stand() -> None:
    pages = [page_reading(n, *body(100, 4 + n), reading_line(str(n + 20), 100 + 12 * (5 + n))) for n in range(1, 5)]
    assert [text for kind, text in kinds(*pages) if kind == "footer"] == ["21", "22", "23", "24"]


def test_words_with_a_page_number_that_counts_up_are_footers_wherever_they_stand() -> None:
    """Programs that print web pages put the footer behind the last line, so that its height varies."""
    texts = [f"Harbour Inc. 2021 Form 10-K {n + 6}" for n in range(1, 5)]
    pages = [page_reading(n, *body(100, 4 + n), reading_line(texts[n - 1], 120 + 12 * (5 + n))) for n in range(1, 5)]
    assert [text for kind, text in kinds(*pages) if kind == "footer"] == texts
    other = [page_reading(n, *body(100, 4 + n), reading_line("The year was 2021", 220 + 12 * n)) for n in range(1, 5)]
    assert not [text for kind, text in kinds(*other) if kind == "footer"]


def test_what_repeats_in_the_body_stays_body() -> None:
    pages = [
        page_reading(n, full(60, f"Different start number {n} of {'abcd'[n]}"), reading_line("Notes", 80), *body())
        for n in range(3)
    ]
    assert not [kind for kind, _ in kinds(*pages) if kind in ("header", "footer")]


def test_a_small_line_at_the_very_edge_of_a_single_page_is_furniture() -> None:
    page = page_reading(1, *body(), reading_line("Confidential draft", 805, size=8))
    assert find_furniture([page], 10.0) == {(1, 0, 12): Edge.BOTTOM}


def test_the_body_style_is_that_of_running_text() -> None:
    style = body_style([*body(), *(reading_line("1 2 3 4", 100, size=8, wide_gaps=3) for _ in range(40))])
    assert style.size == 10.0
    assert not style.bold
