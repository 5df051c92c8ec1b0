"""What is packed: exact, whole sentences and rows, within the budget, nothing twice, the better rank first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.chunking import chunk_document
from parsers.model import Document, ElementKind
from retrieval.assembly import Found, plain_passage, result_of
from retrieval.citations import parse_citation_id, resolve
from retrieval.context.packing import PARENT_TOKENS, PackedContext, pack
from retrieval.context.parts import Part
from retrieval.context.surroundings import Surroundings
from retrieval.context.units import units_of
from retrieval.model import Chunk, Locator
from retrieval.options import ContextOptions, GroupBy, RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.results import RetrievedPassage
from retrieval.stages.fusion import FusedCandidate
from tests.unit.retrieval_engine.documents import DOCUMENT_ID, DocumentMaker

VIEW = DocumentView(
    id=DOCUMENT_ID,
    collection="demo",
    version="v",
    title="Report",
    source_uri="upload:report.pdf",
    media_type="application/pdf",
    updated_at="2025-01-01T00:00:00+00:00",
)


class OneFile:
    """The chunk store of one document."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = {chunk.ordinal: chunk for chunk in chunks}

    def read(self, tenant: str, document: str, parse: str, locators: Sequence[Locator]) -> list[Chunk]:
        raise AssertionError("nothing is read by its place")

    def read_ordinals(self, tenant: str, document: str, parse: str, ordinals: Sequence[int]) -> list[Chunk]:
        return [self.chunks[ordinal] for ordinal in ordinals if ordinal in self.chunks]


def count(text: str) -> int:
    return len(text.split())


def make(blocks: Sequence[tuple[int, int | list[int]]]) -> tuple[Document, list[Chunk]]:
    """`(page, rows)` makes a table, `(page, [words, ...])` a paragraph of sentences with so many words."""
    maker = DocumentMaker()
    for number, (page, content) in enumerate(blocks):
        if isinstance(content, int):
            rows = [["Item", "2023", "2022"], *([f"Row {number} {row}", f"{row},5", ""] for row in range(content))]
            maker.add_table(page, rows)
        else:
            sentences = [
                " ".join([f"Word{number}x{place}", *["and"] * (words - 1)]) + "." for place, words in enumerate(content)
            ]
            lines = [" ".join(sentences[start : start + 2]) for start in range(0, len(sentences), 2)]
            maker.add_lines(ElementKind.PARAGRAPH, [(page, lines)])
    document = maker.build(max(page for page, _ in blocks))
    return document, chunk_document(document, document_id=DOCUMENT_ID, title="Report")


def packed(chunks: Sequence[Chunk], cores: Sequence[int], tokens: Sequence[str] = (), **options: Any) -> PackedContext:
    group_by = options.pop("group_by", GroupBy.CHUNK)
    around = Surroundings(OneFile(chunks), "t1")
    chosen = [chunks[core] for core in cores]
    return pack(chosen, ContextOptions(**options), around=around, count=count, tokens=tokens, group_by=group_by)


def shown(context: PackedContext) -> list[list[Part]]:
    return [list(passage.parts) for passage in context.passages]


@cache
def book() -> tuple[Document, tuple[Chunk, ...]]:
    """Two pages of prose around a table that is cut several times."""
    prose = [(1, [14] * 12) for _ in range(6)]
    document, chunks = make([*prose, (2, 120), *((3, [14] * 12) for _ in range(6))])
    return document, tuple(chunks)


blocks = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 70) | st.lists(st.integers(1, 30), min_size=1, max_size=14)),
    min_size=1,
    max_size=8,
).map(lambda drawn: sorted(drawn, key=lambda block: block[0]))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), drawn=blocks)
def test_everything_that_is_packed_is_exact_whole_and_there_once(data: st.DataObject, drawn: Any) -> None:
    document, chunks = make(drawn)
    cores = data.draw(st.lists(st.integers(0, len(chunks) - 1), min_size=1, max_size=6))
    budget = data.draw(st.none() | st.integers(16, 400))
    group_by = data.draw(st.sampled_from(list(GroupBy)))
    context = packed(
        chunks,
        cores,
        tokens=("word0x1", "row"),
        neighbours=data.draw(st.integers(0, 3)),
        parent=data.draw(st.booleans()),
        max_tokens=budget,
        group_by=group_by,
    )
    taken: set[int] = set()
    total = 0
    for passage in context.passages:
        total += count(passage.header)
        result = result_of(RetrieveQuery(query="q"), _found(passage.core), passage, VIEW)
        _check_result(document, result)
        rows = Surroundings(OneFile(chunks), "t1").header_rows(passage.core)
        for part in passage.parts:
            total += count(part.text)
            bounds = units_of(part.chunk)
            assert part.start in {start for start, _ in bounds} and part.end in {end for _, end in bounds}
            own = set(range(part.start, part.end))
            if rows is not None:
                own -= set(range(rows.start, rows.end))
            assert not own & taken
            taken |= own
    assert total <= context.tokens
    assert budget is None or context.tokens <= budget
    ids = [chunks[core].id for core in dict.fromkeys(cores)]
    accounted = [passage.core.id for passage in context.passages] + list(context.merged) + list(context.over_budget)
    assert sorted(accounted) == sorted(ids)
    order = [ids.index(passage.core.id) for passage in context.passages]
    assert order == sorted(order)


def _found(chunk: Chunk) -> Found:
    return Found(candidate=FusedCandidate(id="1", score=0.5), chunk=chunk)


def _check_result(document: Document, result: RetrievedPassage) -> None:
    text = document.document.text
    blocks = [block for block in result.content if block.type == "text"]
    assert blocks
    for block in blocks:
        assert block.citation_id is not None
        assert (
            text[block.start : block.end] == block.text == resolve(document, parse_citation_id(block.citation_id)).quote
        )
    for span in result.spans:
        assert text[span.start : span.end] == span.quote == span.quote.strip()
        assert any(block.start <= span.start and span.end <= block.end for block in blocks)  # type: ignore[operator]
    for block in blocks:
        inside = [span for span in result.spans if block.start <= span.start < block.end]  # type: ignore[operator]
        unnamed = set(range(block.start, block.end))  # type: ignore[arg-type]
        for span in inside:
            unnamed -= set(range(span.start, span.end))
        assert all(text[place].isspace() for place in unnamed)
    assert result.citation_id in {block.citation_id for block in blocks}


def test_without_options_a_passage_is_what_was_found() -> None:
    document, chunks = book()
    result = result_of(RetrieveQuery(query="q"), _found(chunks[0]), plain_passage(chunks[0]), VIEW)
    assert [block.text for block in result.content] == [chunks[0].context_header, chunks[0].text]
    assert result.spans == chunks[0].spans and result.table == chunks[0].table
    _check_result(document, result)


def test_neighbours_are_on_the_same_or_adjoining_pages() -> None:
    _, chunks = book()
    (parts,) = shown(packed(chunks, [2], neighbours=2))
    assert [part.chunk.ordinal for part in parts] == [0, 1, 2, 3, 4]
    last_of_first = max(chunk.ordinal for chunk in chunks if chunk.page == 1)
    (parts,) = shown(packed(chunks, [last_of_first], neighbours=20))
    assert {part.chunk.page for part in parts} == {1, 2}


def test_neighbours_never_put_hidden_text_beside_text_that_is_read() -> None:
    from dataclasses import replace

    _, chunks = book()
    hidden = [replace(chunk, flags=("invisible_text",)) if chunk.ordinal == 1 else chunk for chunk in chunks]
    (parts,) = shown(packed(hidden, [2], neighbours=2))
    assert [part.chunk.ordinal for part in parts] == [2, 3, 4]


def test_the_parent_of_rows_is_their_table() -> None:
    _, chunks = book()
    tables = [chunk for chunk in chunks if chunk.table is not None]
    assert len(tables) >= 4
    context = packed(chunks, [tables[2].ordinal], parent=True)
    (parts,) = shown(context)
    assert [part.chunk.id for part in parts] == [chunk.id for chunk in tables]
    result = result_of(RetrieveQuery(query="q"), _found(tables[2]), context.passages[0], VIEW)
    assert result.table is not None and len(result.table.cells) == 121
    assert result.table.html.count("<tr>") == 121


def test_the_parent_of_prose_ends_with_its_section_and_is_bounded() -> None:
    _, chunks = book()
    context = packed(chunks, [1], parent=True)
    assert {part.chunk.section_path for part in shown(context)[0]} == {("Part I",)}
    assert PARENT_TOKENS - 225 <= context.tokens <= PARENT_TOKENS + 225


def test_the_rows_of_a_cut_table_keep_their_header() -> None:
    _, chunks = book()
    tables = [chunk for chunk in chunks if chunk.table is not None]
    (parts,) = shown(packed(chunks, [tables[2].ordinal], max_tokens=1000))
    assert [part.text for part in parts] == ["Item\t2023\t2022", tables[2].text]
    wanted = units_of(tables[2])[5]
    row = tables[2].text[wanted[0] - tables[2].start : wanted[1] - tables[2].start]
    label = row.split("\t")[0].split()[-1]
    (cut,) = shown(packed(chunks, [tables[2].ordinal], tokens=(label,), max_tokens=20))
    assert cut[0].text == "Item\t2023\t2022" and row in cut[1].text
    assert count(cut[1].text) < count(tables[2].text)


def test_results_that_touch_become_one_in_the_place_of_the_better() -> None:
    _, chunks = book()
    context = packed(chunks, [4, 0, 5], max_tokens=10_000)
    assert [passage.core.ordinal for passage in context.passages] == [4, 0]
    assert context.passages[0].merged == (chunks[5].id,)
    assert context.merged == {chunks[5].id: chunks[4].id}
    apart = packed(chunks, [4, 0, 5], max_tokens=10_000, group_by=GroupBy.PAGE)
    assert [passage.core.ordinal for passage in apart.passages] == [4, 0, 5]


def test_a_budget_serves_the_best_first_and_cuts_the_last_between_sentences() -> None:
    _, chunks = book()
    whole = count(chunks[0].text) + count(chunks[0].context_header)
    context = packed(chunks, [0, 2, 4], max_tokens=whole + 40)
    assert [passage.core.ordinal for passage in context.passages] == [0, 2]
    assert context.passages[0].core_part.is_whole
    assert context.passages[1].core_part.text.endswith(".")
    assert context.over_budget == (chunks[4].id,)


def test_what_is_kept_of_a_cut_passage_has_the_words_of_the_question() -> None:
    _, chunks = book()
    last = units_of(chunks[0])[-1]
    word = chunks[0].text[last[0] - chunks[0].start :].split()[0].casefold()
    (parts,) = shown(packed(chunks, [0], tokens=(word,), max_tokens=30))
    assert word in parts[0].text.casefold()


def test_a_budget_that_holds_no_sentence_gives_nothing_and_says_which() -> None:
    _, chunks = make([(1, [40, 40])])
    context = packed(chunks, [0], max_tokens=16)
    assert context.passages == () and context.over_budget == (chunks[0].id,)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_no_result_loses_its_own_passage_to_a_neighbour(neighbours: int) -> None:
    _, chunks = book()
    context = packed(chunks, [1, 2], neighbours=neighbours, group_by=GroupBy.PAGE)
    assert [passage.core.ordinal for passage in context.passages] == [1, 2]
