"""Invariants of the readers of markup and text, on generated input."""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.backends.html import blocks_of_html
from parsers.backends.plain import blocks_of_text
from parsers.backends.text_bytes import decode_text
from parsers.plain_text import clean_word
from parsers.reading import Block
from tests.support.in_process import parse_in_process

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=12)
TAGS = st.sampled_from(
    [
        "p", "div", "b", "i", "span", "h1", "h3", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "th",
        "caption", "thead", "pre", "code", "blockquote", "nav", "footer", "figure", "figcaption", "section",
        "article", "a", "math", "svg", "q", "select", "option", "body", "html", "td"
    ]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    ["", ' href="http://x.example/a"', ' colspan="2"', ' rowspan="3"', ' rowspan="0"', ' colspan="9999999"', " hidden",
     ' style="display:none"', ' style="color:#fff"', ' start="7" type="i"', ' lang="de"', ' alt="y" src="data:,x"']
)  # fmt: skip


@st.composite
def markup(draw: st.DrawFn) -> str:
    """Tags in any order, closed or not, with text between them."""
    parts = []
    for _ in range(draw(st.integers(0, 30))):
        what = draw(st.integers(0, 3))
        if what == 0:
            parts.append(f"<{draw(TAGS)}{draw(ATTRIBUTES)}>")
        elif what == 1:
            parts.append(f"</{draw(TAGS)}>")
        else:
            parts.append(html.escape(draw(WORDS)))
    return "".join(parts)


def texts(blocks: tuple[Block, ...]) -> str:
    parts = []
    for block in blocks:
        if block.typed is not None:
            parts.append(block.typed.text)
        elif block.table is not None:
            parts += [cell.text for cell in block.table.cells]
        elif block.figure is not None:
            parts.append(block.figure.alt)
    return " ".join(parts)


@settings(max_examples=150, deadline=None)
@given(markup())
def test_any_markup_gives_blocks_whose_links_and_tables_hold_together(source: str) -> None:
    blocks = blocks_of_html(source).blocks
    for block in blocks:
        if block.typed is not None:
            assert block.typed.text.strip()
            assert "\n\n" not in block.typed.text or block.typed.kind.value == "code"
            assert all(0 <= link.start < link.end <= len(block.typed.text) for link in block.typed.links)
        if block.table is not None:
            places = Counter((cell.row, cell.column) for cell in block.table.cells)
            assert max(places.values(), default=1) == 1
            for cell in block.table.cells:
                assert "\n" not in cell.text and "\t" not in cell.text
                assert cell.row + cell.row_span <= block.table.rows
                assert cell.column + cell.column_span <= block.table.columns
                assert all(0 <= link.start < link.end <= len(cell.text) for link in cell.links)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(WORDS, max_size=8), st.sampled_from(["<p>{}</p>", "<div>{}", "<li>{}", "<tr><td>{}</td></tr>", "{}<br>"])
)
def test_every_character_of_a_page_ends_in_a_block(words: list[str], template: str) -> None:
    page = "<table>" * (template[1:3] == "tr") + "".join(template.format(html.escape(word)) for word in words)
    kept = Counter("".join(texts(blocks_of_html(page).blocks).split()))
    source = Counter("".join(clean_word("".join(words).replace("\u00ad", "")).split()))
    assert kept == source


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab1.-*=#• \t\n\f\u00e9|+~"), max_size=300))
def test_every_character_of_a_text_ends_in_a_block_and_in_order(text: str) -> None:
    kept = "".join("".join(texts(blocks_of_text(text)).split()))
    assert kept == "".join(clean_word(text).split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@settings(max_examples=30, deadline=None)
@given(words=st.lists(st.text("abcdefgh äöü", min_size=3), min_size=3))
def test_text_comes_back_from_the_encodings_of_unicode(encoding: str, words: list[str]) -> None:
    text = "A plain beginning, in letters. " + " ".join(words)
    assert decode_text(text.encode(encoding)) == text


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_become_text(data: bytes, as_markup: bool) -> None:
    text = decode_text(data, markup=as_markup)
    assert "\0" not in text and "\r" not in text


@settings(max_examples=60, deadline=None)
@given(source=st.text(st.sampled_from("ab#*_-+>`~|[]()!<&1. \n\t:\\="), max_size=160))
@pytest.mark.parametrize("media_type", ["text/markdown", "text/x-rst", "text/plain", "text/html"])
def test_offsets_are_exact_whatever_the_markup(
    media_type: str, source: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "fuzzed"
    path.write_text(source, encoding="utf-8")
    document = parse_in_process(path, media_type).document
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        for cell in element.table.cells if element.table is not None else ():
            assert document.text[cell.start : cell.end] == cell.text
        assert all(element.start <= link.start < link.end <= element.end for link in element.links)
