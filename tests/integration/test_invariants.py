"""Invariants 1 to 4 and 8 of the design, on generated documents: real PDF, real isolated parse, real chunking."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from ingestion.chunking import chunk_document
from parsers import contract
from parsers.isolation import IsolatedParser
from parsers.model import FURNITURE, Document, Element, Measurements
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from retrieval.citations import citation_id, parse_citation_id, resolve
from retrieval.model import Chunk
from tests.support import generated, independent_reader, pdfs
from tests.support.independent_reader import PrintedPage, without_space

ROOT = Path(__file__).parents[2]
DOCUMENT_ID = "doc_" + "0" * 24
EVERY_PAGE_ALONE = ParseLimits(pages_per_range=1)
LAYOUTS = ("two_columns", "ruled_table", "unruled_table", "headings", "footnotes", "furniture", "rotated")


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser() as parser:
        yield parser


def parsed(parser: IsolatedParser, content: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(content)
        return parser.parse(
            path,
            sha256=hashlib.sha256(content).hexdigest(),
            media_type="application/pdf",
            options=ParseOptions(policy=ParsePolicy.FAST),
        ).document


def printed(content: bytes) -> list[PrintedPage]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(content)
        return independent_reader.read(path)


def chunked(document: Document) -> list[Chunk]:
    return chunk_document(document, document_id=DOCUMENT_ID, title="Generated")


def body(document: Document) -> list[Element]:
    return [element for element in document.elements if element.kind not in FURNITURE]


# ---- 1: document.text[span.start:span.end] == quote ----


def assert_spans_are_exact(document: Document) -> None:
    for chunk in chunked(document):
        assert document.text[chunk.start : chunk.end] == chunk.text
        position = chunk.start
        for span in chunk.spans:
            assert position <= span.start < span.end <= chunk.end
            assert document.text[span.start : span.end] == span.quote
            position = span.end
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        for cell in element.table.cells if element.table else ():
            assert document.text[cell.start : cell.end] == cell.text


@settings(max_examples=40)
@given(generated.pdfs)
def test_every_span_is_a_slice_of_canonical_text(parser: IsolatedParser, content: bytes) -> None:
    assert_spans_are_exact(parsed(parser, content))


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_span_of_a_special_layout_is_a_slice(parser: IsolatedParser, name: str) -> None:
    assert_spans_are_exact(parsed(parser, pdfs.SAMPLES[name]()))


@settings(max_examples=20)
@given(generated.pdfs)
def test_a_citation_gives_its_chunk_back(parser: IsolatedParser, content: bytes) -> None:
    document = parsed(parser, content)
    for chunk in chunked(document):
        key = parse_citation_id(citation_id(DOCUMENT_ID, chunk.parse_id, chunk.start, chunk.end))
        citation = resolve(document, key)
        assert citation.quote == chunk.text
        assert all(document.text[span.start : span.end] == span.quote for span in citation.spans)
        assert without_space("".join(span.quote for span in citation.spans)) == without_space(citation.quote)


# ---- 2: the text under a span's boxes, read again by another library, is the quote ----


def misread(document: Document, pages: list[PrintedPage]) -> list[tuple[str, str]]:
    """(quote, what another reader finds under the boxes) where they differ."""
    pairs = []
    for chunk in chunked(document):
        for span in chunk.spans:
            page = pages[span.page - 1]
            assert span.page_size == pytest.approx(page.size, abs=0.1)
            found = page.under(span.boxes)
            if found != without_space(span.quote):
                pairs.append((span.quote, found))
    return pairs


@settings(max_examples=40)
@given(generated.pdfs)
def test_the_boxes_hold_the_quote(parser: IsolatedParser, content: bytes) -> None:
    assert misread(parsed(parser, content), printed(content)) == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_boxes_hold_the_quote_on_special_layouts(parser: IsolatedParser, name: str) -> None:
    content = pdfs.SAMPLES[name]()
    assert misread(parsed(parser, content), printed(content)) == []


def test_a_wrong_box_would_be_seen(parser: IsolatedParser) -> None:
    """The check above can fail: boxes moved by a line hold other text."""
    content = pdfs.SAMPLES["two_columns"]()
    document, pages = parsed(parser, content), printed(content)
    span = next(span for chunk in chunked(document) for span in chunk.spans)
    moved = [(left, top + 14, right, bottom + 14) for left, top, right, bottom in span.boxes]
    assert pages[span.page - 1].under(moved) != without_space(span.quote)


# ---- 3: chunks cover every body element; no row of a table is cut ----


def rows_of(element: Element) -> list[tuple[int, int]]:
    assert element.table is not None
    rows: dict[int, list[int]] = {}
    for cell in element.table.cells:
        if cell.text:  # a chunk may end before the empty cells of its last row
            rows.setdefault(cell.row, []).extend((cell.start, cell.end))
    return [(min(ends), max(ends)) for ends in rows.values()]


def assert_chunks_cover(document: Document) -> None:
    chunks = chunked(document)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    covered = bytearray(len(document.text))
    for chunk in chunks:
        for span in chunk.spans:
            assert span.page == chunk.page
            covered[span.start : span.end] = b"\1" * (span.end - span.start)
    for element in body(document):
        missed = [document.text[i] for i in range(element.start, element.end) if not covered[i]]
        assert not "".join(missed).strip(), f"{element.kind}: {element.text!r}"
    borders = {border for chunk in chunks for border in (chunk.start, chunk.end)}
    for element in document.elements:
        for start, end in rows_of(element) if element.table else ():
            assert not [border for border in borders if start < border < end]


@settings(max_examples=40)
@given(generated.pdfs)
def test_chunks_cover_every_body_element_and_cut_no_row(parser: IsolatedParser, content: bytes) -> None:
    assert_chunks_cover(parsed(parser, content))


@pytest.mark.parametrize("name", LAYOUTS)
def test_chunks_cover_special_layouts(parser: IsolatedParser, name: str) -> None:
    assert_chunks_cover(parsed(parser, pdfs.SAMPLES[name]()))


@settings(max_examples=30)
@given(generated.pdfs)
def test_no_character_of_the_page_is_lost(parser: IsolatedParser, content: bytes) -> None:
    """All that another reader finds on the pages is in the elements, in whatever order, and nothing else."""
    document = parsed(parser, content)
    ours = sorted(without_space("".join(element.text for element in document.elements)))
    theirs = sorted("".join(page.text for page in printed(content)))
    assert ours == theirs
    assert document.ledger.text_coverage == pytest.approx(1.0)


# ---- 4: same bytes and settings, same Document, ids and chunks; in any process, in any order ----


def fingerprint(document: Document) -> bytes:
    """The bytes of the contract without what was measured."""
    outcome = contract.ParseOutcome(document=document, measurements=Measurements())
    return contract.encode(outcome)


@settings(max_examples=12)
@given(generated.pdfs)
def test_another_process_and_other_page_ranges_give_the_same(parser: IsolatedParser, content: bytes) -> None:
    first = parsed(parser, content)
    with IsolatedParser(EVERY_PAGE_ALONE) as other:
        other_order = parsed(other, pdfs.furniture()), parsed(other, content)
    assert fingerprint(other_order[1]) == fingerprint(first)
    assert chunked(other_order[1]) == chunked(first)
    assert contract.decode(fingerprint(first)) == first


PRINT_FINGERPRINTS = """
import hashlib, json, sys
from pathlib import Path
from ingestion.chunking import chunk_document
from parsers import contract
from parsers.isolation import IsolatedParser
from parsers.model import Measurements, ParseOutcome
from parsers.policy import ParseOptions, ParsePolicy

def main():
    found = {}
    with IsolatedParser() as parser:
        for name in sys.argv[1:]:
            content = Path(name).read_bytes()
            document = parser.parse(Path(name), sha256=hashlib.sha256(content).hexdigest(),
                                    media_type="application/pdf",
                                    options=ParseOptions(policy=ParsePolicy.FAST)).document
            chunks = chunk_document(document, document_id="doc_" + "0" * 24, title="t")
            encoded = contract.encode(ParseOutcome(document=document, measurements=Measurements()))
            found[Path(name).name] = [hashlib.sha256(value).hexdigest() for value in (encoded, repr(chunks).encode())]
    print(json.dumps(found, sort_keys=True))

if __name__ == "__main__":
    main()
"""


def test_hash_seeds_and_the_order_of_documents_change_nothing(tmp_path: Path) -> None:
    script = tmp_path / "fingerprints.py"
    script.write_text(PRINT_FINGERPRINTS, encoding="utf-8")
    documents = sorted((ROOT / "eval_data" / "documents").glob("*.pdf"))[:6]
    outputs = []
    for seed, order in (("1", documents), ("2", documents[::-1])):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(script), *map(str, order)]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
        outputs.append(json.loads(result.stdout))
    assert len(outputs[0]) == len(documents)
    assert outputs[0] == outputs[1]


def test_a_changed_byte_changes_the_ids(parser: IsolatedParser) -> None:
    """The comparisons above can fail."""
    first, second = parsed(parser, pdfs.plain("One text.")), parsed(parser, pdfs.plain("Two texts."))
    assert first.parse_id != second.parse_id
    assert {element.id for element in first.elements}.isdisjoint(element.id for element in second.elements)
    assert fingerprint(first) != fingerprint(dataclasses.replace(first, parse_id=second.parse_id))


# ---- 8: nothing asks the network ----

PARSE_CHUNK_EMBED = """
import hashlib, sys
contacted = []

def watch(event, arguments):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"} and not isinstance(arguments[1], (str, bytes)):
        contacted.append((event, arguments[1]))
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"}:
        contacted.append((event, arguments[0]))

sys.addaudithook(watch)
from pathlib import Path
from ingestion.chunking import chunk_document
from parsers import parse
from parsers.formats import open_document
from parsers.policy import ParseOptions, ParsePolicy
from retrieval.embedding import load_embedder

def main():
    path, cache = Path(sys.argv[1]), Path(sys.argv[2])
    sha256, media_type = hashlib.sha256(path.read_bytes()).hexdigest(), "application/pdf"
    options = ParseOptions(policy=ParsePolicy.FAST)
    with open_document(path, media_type, options) as opened:
        inspection = parse.inspect(opened)
        readings = parse.read_pages(opened, 1, inspection.page_count, options)
    document = parse.assemble(
        inspection, readings, [], sha256=sha256, media_type=media_type, options=options
    ).document
    chunks = chunk_document(document, document_id="doc_" + "0" * 24, title="t")
    vectors = load_embedder(None, "auto", threads=1, cache_dir=cache).embed([chunk.text for chunk in chunks])
    print(len(chunks), len(vectors), contacted)

if __name__ == "__main__":
    main()
"""


def test_parsing_chunking_and_embedding_contact_nobody(tmp_path: Path) -> None:
    """An audit hook of the interpreter sees every connect and name lookup, those of third-party code too. It has no
    variables that switch analytics off, as a production environment may not."""
    script = tmp_path / "watched.py"
    script.write_text(PARSE_CHUNK_EMBED, encoding="utf-8")
    document = ROOT / "eval_data" / "documents" / "archive-salt-paper.pdf"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(script), str(document), str(tmp_path / "cache")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    chunks, vectors, contacted = result.stdout.splitlines()[-1].split(maxsplit=2)
    assert int(chunks) == int(vectors) > 0
    assert contacted == "[]"
