"""A Document as a short, readable JSON: what a person would check by eye. Boxes are rounded to whole points."""

from __future__ import annotations

import json
from typing import Any

from parsers.model import Document, Element


def outline(document: Document) -> str:
    """Stable JSON, one element per entry."""
    parsed: dict[str, Any] = {
        "title": document.document.title,
        "pages": [[page.width, page.height, page.rotation, page.text_source.value] for page in document.pages],
        "ledger": [
            document.ledger.state.value,
            document.ledger.text_coverage,
            [[finding.page, finding.code] for finding in document.ledger.findings],
        ],
        "elements": [_element(element) for element in document.elements],
    }
    return json.dumps(parsed, indent=1, ensure_ascii=False) + "\n"


def _element(element: Element) -> dict[str, Any]:
    short: dict[str, Any] = {"kind": element.kind.value, "page": element.page, "text": element.text.split("\n")}
    if element.level is not None:
        short["level"] = element.level
    if element.section_path:
        short["section"] = " / ".join(element.section_path)
    short["boxes"] = [[round(side) for side in box] for region in element.regions for box in region.boxes]
    return short
