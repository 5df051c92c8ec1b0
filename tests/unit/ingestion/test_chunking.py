"""Chunks cover every body element, cut no table row, lie on one page, and fit the model; on generated documents."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunking import LEFTOVER, LIMIT, TARGET, chunk_document, point_id
from ingestion.table_text import row_ranges
from ingestion.wordpieces import count_pieces
from parsers.model import FURNITURE, Document, ElementKind
from retrieval.model import Chunk
from tests.unit.ingestion.support import DocumentBuilder

DOCUMENT_ID = "doc_" + "b" * 24

words = st.one_of(
    st.sampled_from(
        ["revenue", "of", "the", "1,234", "3.5%", "Überschuss", "a.", "non-GAAP", "Total:", "x" * 40, "収益"]
    ),
    st.text("abcdefgh.,;", min_size=1, max_size=8),
)
lines = st.lists(words, min_size=1, max_size=14).map(" ".join)
paragraphs = st.lists(lines, min_size=1, max_size=30).map("\n".join)
text_kinds = st.sampled_from([kind for kind in ElementKind if kind is not ElementKind.TABLE])
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.just(""), words, lines), min_size=width, max_size=width).map(
            lambda row: [cell.replace("\t", " ") for cell in row]
        ),
        min_size=1,
        max_size=40,
    )
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    builder, page = DocumentBuilder(), 1
    for _ in range(draw(st.integers(0, 12))):
        page += draw(st.sampled_from([0, 0, 0, 1]))
        if draw(st.integers(0, 3)) == 0:
            rows = draw(tables)
            if not any(cell for row in rows for cell in row):
                rows[0][0] = "x"
            turn = draw(st.integers(0, len(rows)))
            builder.add_table(rows, [page if row < turn else page + 1 for row in range(len(rows))])
            page += turn < len(rows)
        elif draw(st.integers(0, 4)) == 0:
            builder.add(draw(text_kinds), [(page, draw(paragraphs)), (page + 1, draw(paragraphs))])
            page += 1
        else:
            builder.add(draw(text_kinds), [(page, draw(paragraphs))])
    return builder.build()


def chunked(document: Document) -> list[Chunk]:
    return chunk_document(document, document_id=DOCUMENT_ID, title="Annual report")


@settings(max_examples=60)
@given(documents())
def test_every_body_character_is_in_exactly_one_chunk_and_furniture_in_none(document: Document) -> None:
    chunks = chunked(document)
    covered = [0] * len(document.text)
    for chunk in chunks:
        for offset in range(chunk.start, chunk.end):
            covered[offset] += 1
    for element in document.elements:
        expected = 0 if element.kind in FURNITURE else 1
        for offset in range(element.start, element.end):
            if not document.text[offset].isspace():
                assert covered[offset] == expected, element.kind
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


@settings(max_examples=60)
@given(documents())
def test_no_chunk_begins_or_ends_inside_a_table_row(document: Document) -> None:
    for chunk in chunked(document):
        for element in document.elements:
            for start, end, _ in row_ranges(element):
                assert chunk.end <= start or chunk.start >= end or (chunk.start <= start and end <= chunk.end)


@settings(max_examples=60)
@given(documents())
def test_chunks_read_exactly_lie_on_their_page_and_fit(document: Document) -> None:
    longest_row = {
        count_pieces(document.text[start:end]) for element in document.elements for start, end, _ in row_ranges(element)
    }
    by_id = {element.id: element for element in document.elements}
    for ordinal, chunk in enumerate(chunked(document)):
        assert chunk.ordinal == ordinal
        assert chunk.text == document.text[chunk.start : chunk.end] == chunk.text.strip()
        assert count_pieces(chunk.text) <= max(LIMIT, *longest_row, 0)
        assert chunk.spans
        for span in chunk.spans:
            assert document.text[span.start : span.end] == span.quote
            assert chunk.start <= span.start < span.end <= chunk.end
            assert span.page == chunk.page
        assert {by_id[identity].kind.value for identity in chunk.element_ids} == set(chunk.element_types)
        assert chunk.context_header.startswith("Annual report")


@settings(max_examples=25)
@given(documents())
def test_the_same_document_gives_the_same_chunks_with_ids_of_their_own(document: Document) -> None:
    chunks = chunked(document)
    assert chunks == chunked(document)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    other = chunk_document(document, document_id="doc_" + "c" * 24, title="Annual report")
    assert {chunk.id for chunk in chunks}.isdisjoint(chunk.id for chunk in other)


def sentences(count: int, page: int = 1) -> list[tuple[int, str]]:
    return [(page, "\n".join("Ten words of plain text make up this short sentence." for _ in range(count)))]


def test_small_neighbours_share_a_chunk_and_a_heading_goes_with_what_follows() -> None:
    builder = DocumentBuilder().add(ElementKind.PARAGRAPH, sentences(10))
    builder.add(ElementKind.HEADING, [(1, "Liquidity")]).add(ElementKind.PARAGRAPH, sentences(4))
    builder.add(ElementKind.PARAGRAPH, sentences(3))
    first, second = chunked(builder.build())
    assert "Liquidity" not in first.text
    assert second.text.startswith("Liquidity\n\nTen words")
    assert second.section_path == ("Liquidity",)
    assert second.context_header == "Annual report > Liquidity"
    assert second.element_types == ("heading", "paragraph")


def test_a_tiny_rest_of_a_page_is_not_left_alone() -> None:
    builder = DocumentBuilder().add(ElementKind.PARAGRAPH, sentences(16))
    builder.add(ElementKind.HEADING, [(1, "Signatures")])
    builder.add(ElementKind.PARAGRAPH, [(1, "Signed.")])
    assert count_pieces("Signatures Signed.") < LEFTOVER
    assert len(chunked(builder.build())) == 1


def test_a_long_paragraph_is_cut_after_sentences() -> None:
    chunks = chunked(DocumentBuilder().add(ElementKind.PARAGRAPH, sentences(60)).build())
    assert len(chunks) == -(-60 // (TARGET // 11))
    assert all(chunk.text.endswith("sentence.") and chunk.text.startswith("Ten") for chunk in chunks)


def test_a_big_table_repeats_its_header_in_the_row_context_only() -> None:
    rows = [["Item", "2023", "2022"]] + [[f"Revenue of segment {n}", f"{n},111", f"{n},222"] for n in range(60)]
    chunks = chunked(DocumentBuilder().add_table(rows, [1] * len(rows)).build())
    assert len(chunks) == 3
    last = chunks[-1]
    assert "2023" not in last.text
    assert last.row_context.splitlines()[-1] == "Revenue of segment 59; 2023: 59,111; 2022: 59,222"
    assert last.table is not None
    assert last.table.cells[-1] == ("Revenue of segment 59", "59,111", "59,222")
    assert last.table.html.count("<tr>") == len(last.table.cells) == len(last.text.split("\n"))
    assert chunks[0].table is not None
    assert "<th>2023</th>" in chunks[0].table.html


def test_a_row_longer_than_a_chunk_stays_whole() -> None:
    long = " ".join(["figure"] * (LIMIT + 50))
    chunks = chunked(DocumentBuilder().add_table([["a", "b"], [long, "c"], ["d", "e"]], [1, 1, 1]).build())
    assert any(f"{long}\tc" in chunk.text for chunk in chunks)


def test_cell_text_is_escaped_in_html() -> None:
    (chunk,) = chunked(DocumentBuilder().add_table([["<b>", "a & b"], ["x", "y"]], [1, 1]).build())
    assert chunk.table is not None
    assert "<th>&lt;b&gt;</th><th>a &amp; b</th>" in chunk.table.html


def test_no_text_gives_no_chunks() -> None:
    assert chunked(DocumentBuilder().build()) == []
    assert chunked(DocumentBuilder().add(ElementKind.FOOTER, [(1, "Page 1")]).build()) == []


def test_point_ids_depend_on_document_parse_and_place() -> None:
    parts = [("d", "p", 0), ("d", "p", 1), ("d", "p", "title"), ("d", "q", 0), ("e", "p", 0)]
    assert len({point_id(*part) for part in parts}) == len(parts)
