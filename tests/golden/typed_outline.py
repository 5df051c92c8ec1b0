"""A Document without geometry as a short, readable JSON: what a person would check by eye."""

from __future__ import annotations

import json
from typing import Any

from parsers.model import Document, Element


def typed_outline(document: Document) -> str:
    """Stable JSON, one element per entry. Asserts on the way that every offset is exact."""
    parsed: dict[str, Any] = {
        "title": document.document.title,
        "language": document.document.language,
        "ledger": [document.ledger.state.value, document.ledger.text_coverage],
        "elements": [_element(document, element) for element in document.elements],
    }
    return json.dumps(parsed, indent=1, ensure_ascii=False) + "\n"


def _element(document: Document, element: Element) -> dict[str, Any]:
    assert document.text[element.start : element.end] == element.text
    short: dict[str, Any] = {"kind": element.kind.value, "text": element.text.split("\n")}
    if element.level is not None:
        short["level"] = element.level
    if element.section_path:
        short["section"] = " / ".join(element.section_path)
    if element.role is not None:
        short["role"] = element.role.value
    if element.flags:
        short["flags"] = [flag.value for flag in element.flags]
    if element.links:
        short["links"] = [[document.text[link.start : link.end], link.target] for link in element.links]
    if element.image is not None:
        short["image"] = [element.image.media_type, element.image.width, element.image.height]
    if element.table is not None:
        cells = element.table.cells
        assert all(document.text[cell.start : cell.end] == cell.text for cell in cells)
        short["grid"] = [element.table.rows, element.table.columns]
        short["headers"] = [[cell.row, cell.column] for cell in cells if cell.header]
        spans = [
            [cell.row, cell.column, cell.row_span, cell.column_span]
            for cell in cells
            if cell.row_span * cell.column_span > 1
        ]
        if spans:
            short["spans"] = spans
    return short
