"""Invariant 1 for citations, and where a range is printed."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.model import FURNITURE, Document, ElementKind
from retrieval.citations import CitationKey, citation_id, elements_of, parse_citation_id, resolve, spans_of
from retrieval.errors import InvalidQuery
from tests.unit.retrieval_engine.documents import DOCUMENT_ID, PARSE_ID, DocumentMaker, parsed_documents

URL_SAFE = set(string.ascii_letters + string.digits + "-_")


@st.composite
def document_and_range(draw: st.DrawFn) -> tuple[Document, int, int]:
    document = draw(parsed_documents())
    start = draw(st.integers(0, len(document.text) - 1))
    return document, start, draw(st.integers(start + 1, len(document.text)))


@given(document_and_range())
def test_every_span_quotes_the_canonical_text_inside_the_range(drawn: tuple[Document, int, int]) -> None:
    document, start, end = drawn
    spans = spans_of(document, start, end)
    for span in spans:
        assert document.text[span.start : span.end] == span.quote
        assert start <= span.start < span.end <= end
        assert span.quote == span.quote.strip()
        assert span.page_size == (612.0, 792.0)
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(document_and_range())
def test_the_spans_cover_all_printed_text_of_the_range_but_furniture(drawn: tuple[Document, int, int]) -> None:
    document, start, end = drawn
    covered = {offset for span in spans_of(document, start, end) for offset in range(span.start, span.end)}
    touched = elements_of(document, start, end)
    for element in document.elements:
        for offset in range(max(start, element.start), min(end, element.end)):
            if not document.text[offset].isspace():
                assert (offset in covered) == (element in touched)
    body = [element for element in document.elements if element.kind not in FURNITURE]
    if any(max(start, element.start) < min(end, element.end) for element in body):
        assert all(element.kind not in FURNITURE for element in touched)


@given(document_and_range())
def test_a_span_has_the_box_of_every_line_it_touches_and_of_no_other(drawn: tuple[Document, int, int]) -> None:
    document, start, end = drawn
    lines = {}
    for element in document.elements:
        for region in element.regions if element.table is None else ():
            first = region.start
            for box, line in zip(region.boxes, document.text[region.start : region.end].split("\n"), strict=True):
                lines[box] = (first, first + len(line))
                first += len(line) + 1
    for span in spans_of(document, start, end):
        if span.cell is None and span.boxes:
            touched = [box for box, (first, last) in lines.items() if first < span.end and last > span.start]
            assert list(span.boxes) == touched


def test_a_paragraph_over_two_pages_gives_a_span_on_each() -> None:
    maker = DocumentMaker()
    maker.add_lines(ElementKind.PARAGRAPH, [(1, ["first line", "second line"]), (2, ["third line"])])
    document = maker.build(2)
    start, end = document.text.index("second"), document.text.index("third") + len("third")
    spans = spans_of(document, start, end)
    assert [(span.page, span.quote) for span in spans] == [(1, "second line"), (2, "third")]
    assert spans[0].boxes == (document.elements[0].regions[0].boxes[1],)
    assert spans[1].boxes == document.elements[0].regions[1].boxes


def test_a_range_in_a_table_gives_the_cells_it_touches() -> None:
    maker = DocumentMaker()
    maker.add_table(1, [["Item", "2023"], ["Sales", "4,212"], ["Costs", ""]])
    document = maker.build(1)
    spans = spans_of(document, document.text.index("2023"), document.text.index("4,212") + 5)
    assert [(span.cell, span.quote) for span in spans] == [((0, 1), "2023"), ((1, 0), "Sales"), ((1, 1), "4,212")]
    table = document.elements[0].table
    assert table is not None
    assert [span.boxes for span in spans] == [(table.cells[number].bbox,) for number in (1, 2, 3)]


def test_furniture_is_left_out_unless_the_range_lies_in_it() -> None:
    maker = DocumentMaker()
    maker.add_lines(ElementKind.PARAGRAPH, [(1, ["a sentence that"])])
    maker.add_lines(ElementKind.FOOTER, [(1, ["page 17"])])
    maker.add_lines(ElementKind.PARAGRAPH, [(2, ["goes on"])])
    document = maker.build(2)
    assert [span.quote for span in spans_of(document, 0, len(document.text))] == ["a sentence that", "goes on"]
    footer = document.elements[1]
    assert [span.quote for span in spans_of(document, footer.start, footer.end)] == ["page 17"]


@given(st.binary(min_size=12, max_size=12), st.binary(min_size=12, max_size=12), st.data())
def test_a_citation_id_is_url_safe_and_says_what_it_was_made_of(one: bytes, other: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, 2**32 - 2))
    end = data.draw(st.integers(start + 1, 2**32 - 1))
    key = CitationKey(document_id=f"doc_{one.hex()}", parse_id=f"prs_{other.hex()}", start=start, end=end)
    made = citation_id(key.document_id, key.parse_id, start, end)
    assert set(made) <= URL_SAFE
    assert parse_citation_id(made) == key


@given(st.integers(4, 51), st.sampled_from(sorted(URL_SAFE)))
def test_a_mistyped_citation_id_leads_nowhere(position: int, character: str) -> None:
    made = citation_id(DOCUMENT_ID, PARSE_ID, 10, 20)
    damaged = made[:position] + character + made[position + 1 :]
    if damaged != made:
        with pytest.raises(InvalidQuery) as caught:
            parse_citation_id(damaged)
        assert caught.value.field == "citation_id"


@pytest.mark.parametrize("value", ["", "cit_", "cit_é", "chk_" + "A" * 48, "cit_" + "A" * 47, "cit_" + "A" * 400])
def test_other_text_is_not_a_citation_id(value: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_citation_id(value)


@given(document_and_range())
def test_a_citation_resolves_to_its_quote(drawn: tuple[Document, int, int]) -> None:
    document, start, end = drawn
    key = CitationKey(document_id=DOCUMENT_ID, parse_id=PARSE_ID, start=start, end=end)
    if not elements_of(document, start, end):
        with pytest.raises(InvalidQuery):
            resolve(document, key)
        return
    citation = resolve(document, key)
    assert citation.quote == document.text[start:end]
    assert parse_citation_id(citation.id) == key
    assert citation.lineage.element_ids == tuple(element.id for element in elements_of(document, start, end))


@pytest.mark.parametrize(("parse", "start", "end"), [("prs_" + "00" * 12, 0, 1), (PARSE_ID, 0, 10_000)])
def test_a_citation_of_another_parse_or_range_is_refused(parse: str, start: int, end: int) -> None:
    maker = DocumentMaker()
    maker.add_lines(ElementKind.PARAGRAPH, [(1, ["text"])])
    with pytest.raises(InvalidQuery):
        resolve(maker.build(1), CitationKey(document_id=DOCUMENT_ID, parse_id=parse, start=start, end=end))
