"""The completeness ledger: what went in, what came out, and what a person may have to look at."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.model import Element, ElementKind, Finding, Ledger, LedgerState
from parsers.plain_text import count_characters
from parsers.reading import PageReading

# Below this share of the text layer in elements, something was lost on the way.
_COMPLETE_COVERAGE = 0.98
# Findings that tell of content that was not, or not well, understood.
_INCOMPLETE = frozenset(
    {
        "no_text_layer",
        "garbled_text",
        "ocr_uncertain",
        "vision_unchecked",
        "encrypted_body",
        "mail_parts_left_out",
        "child_unreadable",
        "children_left_out",
        "content_left_out",
        "pictures_left_out",
        "rows_left_out",
    }
)


def make_ledger(
    pages_total: int, readings: Sequence[PageReading], elements: Sequence[Element], findings: Sequence[Finding]
) -> Ledger:
    """Draw up the ledger. `readings` are the pages that came back, `findings` what was said of the others."""
    parsed = [reading for reading in readings if not reading.failed]
    characters = sum(reading.characters for reading in parsed)
    in_elements = sum(count_characters(element.text) for element in elements)
    coverage = round(min(in_elements / characters, 1.0), 4) if characters else 0.0
    everything = sorted(
        {*findings, *(finding for reading in readings for finding in reading.findings)},
        key=lambda finding: (finding.page or 0, finding.code, finding.message),
    )
    if coverage < _COMPLETE_COVERAGE and characters:
        message = f"Only {coverage:.1%} of the text layer's characters ended in elements."
        everything.insert(0, Finding(page=None, code="text_lost", message=message))
    shown = sum(count_characters(element.text) for element in elements if not element.flags)
    if not shown and all(finding.code == "second_reader" for finding in everything):
        everything.append(Finding(page=None, code="no_text", message="The document has no text."))
    return Ledger(
        state=_state(pages_total, len(parsed), shown, coverage, everything),
        pages_total=pages_total,
        pages_parsed=len(parsed),
        text_coverage=coverage,
        tables_found=sum(reading.tables_found for reading in parsed),
        tables_extracted=sum(1 for element in elements if element.kind is ElementKind.TABLE),
        figures_found=sum(1 for element in elements if element.kind is ElementKind.FIGURE),
        ocr_pages=sum(1 for reading in parsed if reading.ocr_confidence is not None),
        ocr_confidence=_ocr_confidence(parsed),
        findings=tuple(everything),
    )


def _ocr_confidence(readings: Sequence[PageReading]) -> float | None:
    """The mean over the pages that OCR read, weighted by their characters; None without such a page."""
    read = [(reading.ocr_confidence, reading.characters) for reading in readings if reading.ocr_confidence is not None]
    if not read:
        return None
    characters = sum(count for _, count in read) or len(read)
    return round(sum(confidence * (count or 1) for confidence, count in read) / characters, 4)


def _state(total: int, parsed: int, characters: int, coverage: float, findings: Sequence[Finding]) -> LedgerState:
    if characters == 0:
        return LedgerState.EMPTY
    if parsed < total or coverage < _COMPLETE_COVERAGE or any(finding.code in _INCOMPLETE for finding in findings):
        return LedgerState.PARTIAL
    return LedgerState.COMPLETE
