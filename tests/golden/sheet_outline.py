"""A workbook or a presentation as a short, readable JSON: the outline of its text, with pages, places and addresses."""

from __future__ import annotations

import json
from typing import Any

from parsers.model import Document
from tests.golden.typed_outline import typed_outline


def sheet_outline(document: Document) -> str:
    """The typed outline, and names and sizes of pages, pages and boxes of elements, what is stored of cells."""
    outline: dict[str, Any] = json.loads(typed_outline(document))
    outline["pages"] = [[page.name, page.width, page.height] for page in document.pages]
    outline["findings"] = [[finding.page, finding.code] for finding in document.ledger.findings]
    for short, element in zip(outline["elements"], document.elements, strict=True):
        short["page"] = element.page
        if element.bbox is not None:
            short["bbox"] = [round(side) for side in element.bbox]
        cells = () if element.table is None else element.table.cells
        stored = [[cell.address, cell.formula, cell.value] for cell in cells if cell.formula or cell.value]
        if stored:
            short["stored"] = stored
        if cells and cells[0].address:
            short["range"] = [cells[0].address, cells[-1].address]
    return json.dumps(outline, indent=1, ensure_ascii=False) + "\n"
