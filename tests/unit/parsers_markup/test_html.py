"""Pages: what is hidden, what is a table, what survives broken and hostile markup."""

from __future__ import annotations

import pytest

from parsers.backends.html import LARGEST_MARKUP, blocks_of_html, primary_language, with_title
from parsers.errors import LimitExceeded
from parsers.model import ElementKind, Flag
from parsers.reading import TableReading, TypedText


def typed(source: str) -> list[TypedText]:
    return [block.typed for block in blocks_of_html(source).blocks if block.typed is not None]


def seen(source: str) -> list[str]:
    return [text.text for text in typed(source) if not text.flags]


def tables(source: str) -> list[TableReading]:
    return [block.table for block in blocks_of_html(source).blocks if block.table is not None]


def grid(table: TableReading) -> list[list[str]]:
    rows = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row][cell.column] = cell.text
    return rows


@pytest.mark.parametrize(
    "hiding",
    [
        "<p hidden>secret</p>",
        '<p aria-hidden="true">secret</p>',
        '<p style="display:none">secret</p>',
        '<p style="DISPLAY : None !important">secret</p>',
        '<p style="visibility:hidden">secret</p>',
        '<p style="font-size:0px">secret</p>',
        '<p style="opacity:0.0">secret</p>',
        '<p style="color:#FFFFFF">secret</p>',
        '<p style="color:rgb(255, 255, 255)">secret</p>',
        '<div style="background:#123456"><p style="color:#123456">secret</p></div>',
        '<table bgcolor="#000"><tr><td><font style="color:black">secret</font></td></tr></table>',
        "<style>@import 'x'; p.x, #y { display: none }</style><p class='a x'>secret</p>",
        "<style>/* { */ #y { visibility: hidden }</style><p id=y>secret</p>",
        "<div hidden><ul><li><b>secret</b></li></ul></div>",
    ],
)
def test_what_the_page_hides_is_kept_apart_and_flagged(hiding: str) -> None:
    found = typed(f"<p>before</p>{hiding}<p>after</p>")
    assert [(text.text, text.flags) for text in found] == [
        ("before", ()),
        ("secret", (Flag.HIDDEN,)),
        ("after", ()),
    ]


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="color:white;background:black">text</p>',
        '<p style="background:url(x.png);color:white">text</p>',
        '<div style="visibility:hidden"><p style="visibility:visible">text</p></div>',
        "<style>@media print { p { display: none } }</style><p>text</p>",
        '<p style="font-size:10px">text</p>',
    ],
)
def test_what_a_reader_sees_is_not_flagged(shown: str) -> None:
    assert seen(shown) == ["text"]


def test_hidden_words_inside_a_sentence_are_not_mixed_into_it() -> None:
    assert seen('<p>Pay <span style="display:none">nothing</span> now.</p>') == ["Pay now."]


def test_a_hidden_cell_is_no_part_of_the_table() -> None:
    found = blocks_of_html(
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td hidden>secret</td><td>2</td></tr></table>"
    ).blocks
    assert [block.typed.text for block in found if block.typed is not None] == ["secret"]
    assert found[0].table is not None and "secret" not in [cell.text for cell in found[0].table.cells]


def test_nothing_is_too_deep() -> None:
    source = "<p>before</p>" + "<div>" * 200_000 + "deep" + "</div>" * 200_000 + "<p>after</p>"
    assert seen(source) == ["before", "deep", "after"]


def test_tables_nested_without_end_keep_their_text() -> None:
    found = blocks_of_html("<table><tr><td>x</td><td>y" * 200).blocks
    words = " ".join(
        block.typed.text if block.typed else " ".join(cell.text for cell in block.table.cells if cell.text)
        for block in found
        if block.typed or block.table
    ).split()
    assert (words.count("x"), words.count("y")) == (200, 200)


def test_a_page_without_end_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        blocks_of_html("x" * (LARGEST_MARKUP + 1))


def test_scripts_templates_and_comments_are_no_text() -> None:
    source = "<script>a</script><template><p>b</p></template><noscript>c</noscript><!-- d --><p>e</p>"
    assert seen(source) == ["e"]


def test_links_are_kept_as_stored_and_scripts_are_no_links() -> None:
    (text,) = typed('<p>See <a href="../x?a=1&amp;b=2"> this  page</a>, <a href="javascript:go()">that</a>.</p>')
    assert text.text == "See this page, that."
    assert [(text.text[link.start : link.end], link.target) for link in text.links] == [("this page", "../x?a=1&b=2")]


def test_a_link_around_blocks_is_a_link_in_each() -> None:
    found = typed('<a href="/t"><div>one</div><div>two</div></a>')
    assert [(text.text, [(link.start, link.end) for link in text.links]) for text in found] == [
        ("one", [(0, 3)]),
        ("two", [(0, 3)]),
    ]


def test_spans_reach_no_further_than_the_table() -> None:
    (table,) = tables(
        '<table><tr><th rowspan="9">a</th><th colspan="2">b</th></tr><tr><td>c</td><td rowspan="0">d</td></tr>'
        "<tr><td>e</td></tr></table>"
    )
    assert (table.rows, table.columns) == (3, 3)
    assert grid(table) == [["a", "b", ""], ["", "c", "d"], ["", "e", ""]]
    assert [(cell.text, cell.row_span, cell.column_span) for cell in table.cells][:2] == [("a", 3, 1), ("b", 1, 2)]


def test_figures_of_a_filing_are_joined_with_their_signs_and_spacers_go() -> None:
    (table,) = tables(
        "<table><tr><td>&nbsp;</td><td></td><td colspan=3>2021</td><td></td><td colspan=3>2020</td></tr>"
        "<tr><td>Revenue</td><td></td><td>$</td><td>1,234</td><td></td><td></td><td>$</td><td>987</td><td></td></tr>"
        "<tr><td>Loss</td><td></td><td></td><td>(12</td><td>)</td><td></td><td></td><td>(3</td><td>)</td></tr></table>"
    )
    assert grid(table) == [["", "2021", "2020"], ["Revenue", "$1,234", "$987"], ["Loss", "(12)", "(3)"]]
    assert [cell.text for cell in table.cells if cell.header] == ["2021", "2020"]


def test_a_column_of_units_is_not_taken_for_signs() -> None:
    (table,) = tables("<table><tr><td>Name</td><td>Unit</td></tr><tr><td>Elongation 2</td><td>%</td></tr></table>")
    assert grid(table) == [["Name", "Unit"], ["Elongation 2", "%"]]


def test_the_only_first_heading_is_the_title() -> None:
    blocks = with_title(blocks_of_html("<h1>T</h1><h2>a</h2><h3>b</h3>").blocks)
    assert [(block.typed.kind, block.typed.level) for block in blocks if block.typed] == [
        (ElementKind.TITLE, 0),
        (ElementKind.HEADING, 1),
        (ElementKind.HEADING, 2),
    ]
    two = with_title(blocks_of_html("<h1>T</h1><h1>U</h1>").blocks)
    assert [block.typed.level for block in two if block.typed] == [1, 1]


def test_numbers_of_lists_are_those_that_a_browser_prints() -> None:
    source = '<ol type="I" start="3"><li>a<li value="9">b</ol><ol style="list-style-type:lower-alpha"><li>c</ol>'
    assert seen(source + '<ol style="list-style:none"><li>d</ol>') == ["III. a", "IX. b", "a. c", "d"]


@pytest.mark.parametrize(
    ("tag", "language"), [("en-US", "en"), ("DE", "de"), ("zh_Hans", "zh"), ("", None), ("x", None)]
)
def test_a_language_tag_names_its_language(tag: str, language: str | None) -> None:
    assert primary_language(tag) == language


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('<meta charset="koi8-r"><p>Привет</p>'.encode("koi8-r"), "Привет"),
        ("<p>Grüße</p>".encode("utf-16"), "Grüße"),
        ('<meta charset="utf-16"><p>Grüße</p>'.encode(), "Grüße"),
        ('<meta charset="iso-8859-1"><p>“Grüße”</p>'.encode("cp1252"), "“Grüße”"),
        (
            "<p>Die Größe der Überschüsse wächst für alle.</p>".encode("cp1252"),
            "Die Größe der Überschüsse wächst für alle.",
        ),
    ],
)
def test_pages_are_read_in_the_encoding_that_they_are_in(data: bytes, expected: str) -> None:
    blocks = blocks_of_html(data).blocks
    assert [block.typed.text for block in blocks if block.typed] == [expected]
