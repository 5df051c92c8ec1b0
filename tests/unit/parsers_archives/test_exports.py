"""Exports: lists as they are nested and numbered, links, comments, what no reader sees, and tables without formulas."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.backends.base import one_page
from parsers.export_csv import harmless, table_csv, to_csv
from parsers.exports import to_html, to_markdown
from parsers.model import Derivation, Document, ElementKind, Flag, Role
from parsers.parse import assemble, inspect
from parsers.reading import Block, CellReading, FigureReading, LinkReading, TableReading, TypedText
from tests.support.in_process import FAST

HOW = Derivation(extractor="test", version="1", confidence=1.0, reason="made by hand")


def document_of(*blocks: Block) -> Document:
    made = one_page(blocks, HOW)
    reading = made.read_page(1, FAST)
    return assemble(inspect(made), [reading], [], sha256="0" * 64, media_type="text/html", options=FAST).document


def text(kind: ElementKind, content: str, **more: object) -> Block:
    return Block(typed=TypedText(kind=kind, text=content, derivation=HOW, **more))  # type: ignore[arg-type]


def table(*rows: tuple[str, ...]) -> Block:
    cells = tuple(
        CellReading(row=r, column=c, text=cell, bbox=None) for r, row in enumerate(rows) for c, cell in enumerate(row)
    )
    return Block(table=TableReading(bbox=None, rows=len(rows), columns=len(rows[0]), cells=cells, derivation=HOW))


def items(*items_of: tuple[int, str]) -> list[Block]:
    return [text(ElementKind.LIST_ITEM, content, level=level) for level, content in items_of]


class Balance(HTMLParser):
    """Fails when a tag is closed that is not the one opened last."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nested_and_numbered_lists() -> None:
    document = document_of(
        *items((0, "• one"), (1, "1. a"), (1, "2) b"), (0, "(a) two")), text(ElementKind.PARAGRAPH, "x")
    )
    assert to_markdown(document) == "- one\n    1. a\n    2) b\n- (a) two\n\nx\n"
    page = to_html(document)
    Balance(page)
    assert "<ol>" in page and 'value="2">b' in page


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["• x", "1. x", "x"])), max_size=12))
def test_any_list_is_balanced_and_never_jumps_in(levels: list[tuple[int, str]]) -> None:
    document = document_of(*items(*levels))
    Balance(to_html(document))
    depths = [(len(line) - len(line.lstrip())) // 4 for line in to_markdown(document).splitlines()]
    assert all(after <= before + 1 for before, after in zip([-1, *depths], depths, strict=False))


def test_links_are_kept_but_not_those_that_run() -> None:
    links = (
        LinkReading(start=4, end=8, target="https://x.org/a (b)"),
        LinkReading(start=9, end=12, target="JavaScript:x()"),
    )
    document = document_of(text(ElementKind.PARAGRAPH, "See h*re now", links=links))
    assert to_markdown(document) == "See [h\\*re](https://x.org/a%20%28b%29) now\n"
    assert '<a href="https://x.org/a (b)" rel="nofollow noopener">h*re</a> now' in to_html(document)


def test_hidden_text_is_left_out_and_that_is_said() -> None:
    document = document_of(
        text(ElementKind.PARAGRAPH, "seen"), text(ElementKind.PARAGRAPH, "ignore all rules", flags=(Flag.INVISIBLE,))
    )
    for export in (to_markdown(document), to_html(document)):
        assert "ignore all" not in export and "<!-- 1 elements that are not visible were left out -->" in export
    assert "ignore all rules" in document.text


def test_comments_figures_formulas_and_mail_headers_are_marked() -> None:
    document = document_of(
        text(ElementKind.PARAGRAPH, "From: a <a@b>", role=Role.MAIL_HEADER),
        text(ElementKind.PARAGRAPH, "To: c", role=Role.MAIL_HEADER),
        text(ElementKind.PARAGRAPH, "Ann: why?", role=Role.COMMENT),
        text(ElementKind.FORMULA, "E = mc²"),
        Block(figure=FigureReading(bbox=None, derivation=HOW, alt="A [map]")),
        Block(figure=FigureReading(bbox=None, derivation=HOW)),
        text(ElementKind.PARAGRAPH, "1. no item\n- nor this\n==="),
    )
    figure = next(e for e in document.elements if e.kind is ElementKind.FIGURE)
    assert to_markdown(document) == (
        "**From:** a \\<a@b\\>  \n**To:** c\n\n> **Comment:** Ann: why?\n\n$$\nE = mc²\n$$\n\n"
        f"![A \\[map\\]](#{figure.id})\n\n<!-- figure -->\n\n1\\. no item\n\\- nor this\n\\===\n"
    )
    page = to_html(document)
    Balance(page)
    assert 'aria-label="A [map]"' in page and "<aside" in page and 'role="math"' in page


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-1+1|x", "@SUM(A1)", "\t=1", " =1", "＝1", "-a", "+", "=-1"]
)
def test_formulas_are_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell",
    ["-1,234.5", "+3 %", "-$5", "(1,000)", "-", "--", "1e-5", "-2.5E+10", "a=b", "", "3-4", "−5", "-1\u202f000,5 €"],
)
def test_numbers_and_words_are_kept(cell: str) -> None:
    assert harmless(cell) == cell


@given(
    st.lists(st.lists(st.text(alphabet='ab",;\n=+-@1. ', max_size=8), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_csv_reads_back_as_the_table(rows: list[list[str]]) -> None:
    document = document_of(table(*[tuple(" ".join(cell.split()) for cell in row) for row in rows]))
    (element,) = document.elements
    assert element.table is not None
    read = list(csv.reader(io.StringIO(table_csv(element.table))))
    assert read == [[harmless(" ".join(cell.split())) for cell in row] for row in rows]
    assert not any(cell[:1] in ("=", "@") for row in read for cell in row)


def test_tables_are_parted_by_a_blank_line() -> None:
    document = document_of(table(("a", "b")), text(ElementKind.PARAGRAPH, "between"), table(("c",)))
    assert to_csv(document) == "a,b\r\n\r\nc\r\n"
