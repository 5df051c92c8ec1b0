"""The JSON of the parse contract, its way back, the exports and the trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from parsers.contract import decode, encode, encode_document
from parsers.errors import UnreadableParse
from parsers.exports import html_table, to_html, to_markdown, to_text
from parsers.model import Cell, Document, ParseOutcome, Table
from parsers.trace import trace
from tests.support import pdfs
from tests.unit.parsers_text.making import page_reading, parse_file, reading_line

Sample = Callable[[str], Path]


@pytest.fixture
def outcome(sample_pdf: Sample) -> ParseOutcome:
    return parse_file(sample_pdf("ruled_table"))


def test_the_keys_are_those_of_the_contract(outcome: ParseOutcome) -> None:
    contract = json.loads(encode(outcome))
    assert contract["schema_version"] == 1
    assert set(contract["document"]) == {"sha256", "media_type", "title", "language", "page_count", "text"}
    assert set(contract["pages"][0]) == {"number", "width", "height", "rotation", "text_source", "name"}
    table = next(element for element in contract["elements"] if element["kind"] == "table")
    assert set(table) == {
        "id", "kind", "page", "bbox", "regions", "start", "end", "text", "section_path", "level", "parent", "table",
        "role", "flags", "links", "image", "derivation",
    }  # fmt: skip
    assert set(table["regions"][0]) == {"page", "bbox", "boxes", "start", "end"}
    assert set(table["table"]) == {"rows", "columns", "cells", "column_names"}
    assert set(table["table"]["cells"][0]) == {
        "row", "column", "row_span", "column_span", "header", "text", "page", "bbox", "boxes", "start", "end",
        "address", "formula", "value",
    }  # fmt: skip
    derivation = {"extractor", "version", "confidence", "reason", "cpu_seconds", "cost_usd", "attempts"}
    assert derivation <= set(table["derivation"])
    assert set(contract["ledger"]) == {
        "state", "pages_total", "pages_parsed", "text_coverage", "tables_found", "tables_extracted", "figures_found",
        "ocr_pages", "ocr_confidence", "findings",
    }  # fmt: skip


def test_a_table_names_its_cells_and_rows(outcome: ParseOutcome) -> None:
    document = outcome.document
    element = next(element for element in document.elements if element.table is not None)
    assert element.text == "\n".join("\t".join(row) for row in pdfs.RULED_ROWS)
    assert element.table is not None
    assert (element.table.rows, element.table.columns) == (5, 4)
    assert len(element.regions[0].boxes) == 5
    assert element.derivation.attempts[0].outcome == "accepted"


def test_both_encodings_lead_back_to_the_document(outcome: ParseOutcome) -> None:
    assert decode(encode(outcome)) == outcome.document
    assert decode(encode_document(outcome.document)) == outcome.document
    assert b"cpu_seconds" not in encode_document(outcome.document)


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b'{"schema_version": 1}', b'{"schema_version": 99}', b"[]"])
def test_what_is_no_parse_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableParse):
        decode(data)


def test_the_trace_tells_a_person_what_was_decided(outcome: ParseOutcome) -> None:
    text = trace(outcome)
    assert "table_grid" in text and "text_layer" in text
    assert "because: " in text and "accepted" in text
    assert "page 1" in text and "complete" in text


def test_markdown_has_headings_lists_and_tables(sample_pdf: Sample, outcome: ParseOutcome) -> None:
    headings = to_markdown(parse_file(sample_pdf("headings")).document)
    assert headings.startswith("# Handbook of the Harbour Office\n\n")
    assert "\n## 1 Arrivals\n" in headings
    assert "\n### 1.1 Reporting to the pilot\n" in headings
    assert "| Part | Material | Mass (g) | Tolerance |\n| --- | --- | --- | --- |\n| AX-100 |" in to_markdown(
        outcome.document
    )


def test_furniture_is_left_out_of_markdown_but_not_of_the_text(sample_pdf: Sample) -> None:
    document = parse_file(sample_pdf("furniture")).document
    assert pdfs.RUNNING_HEADER not in to_markdown(document)
    assert pdfs.RUNNING_HEADER in to_text(document)
    assert to_text(document) == document.text + "\n"


def from_lines(*texts: str) -> Document:
    from parsers.parse import Inspection, assemble
    from parsers.policy import ParseOptions, ParsePolicy

    lines = [reading_line(text, 60 + 40 * n) for n, text in enumerate(texts)]
    inspection = Inspection(page_count=1, title="A <b>title</b>", language="en")
    return assemble(
        inspection,
        [page_reading(1, *lines)],
        [],
        sha256="0" * 64,
        media_type="application/pdf",
        options=ParseOptions(policy=ParsePolicy.FAST),
    ).document


def test_exports_neutralise_markup_of_the_document() -> None:
    document = from_lines("<script>alert(1)</script> is text", "# no heading | no cell", "• item *one*")
    html, markdown = to_html(document), to_markdown(document)
    assert "<script>" not in html and "<b>title" not in html
    assert "&lt;script&gt;" in html
    assert r"\<script\>" in markdown and r"\# no heading \| no cell" in markdown
    assert "- item \\*one\\*" in markdown


class Balance(HTMLParser):
    """Fails when a tag is closed that is not the one opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("sample", ["headings", "ruled_table", "footnotes", "scanned", "furniture"])
def test_html_is_well_formed(sample_pdf: Sample, sample: str) -> None:
    balance = Balance()
    balance.feed(to_html(parse_file(sample_pdf(sample)).document))
    assert balance.open == []


def test_html_tables_have_spans_and_header_cells() -> None:
    def cell(row: int, column: int, text: str, *, span: int = 1, header: bool = False) -> Cell:
        return Cell(
            row=row,
            column=column,
            column_span=span,
            header=header,
            text=text,
            page=1,
            bbox=None,
            start=0,
            end=len(text),
        )

    table = Table(
        rows=2, columns=2, cells=(cell(0, 0, "Both <years>", span=2, header=True), cell(1, 0, "1"), cell(1, 1, "2"))
    )
    assert html_table(table) == (
        '<table>\n<tr><th colspan="2">Both &lt;years&gt;</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>\n'
    )


def test_an_empty_document_exports_to_nothing() -> None:
    document = from_lines()
    assert (to_text(document), to_markdown(document), document.elements) == ("", "", ())
