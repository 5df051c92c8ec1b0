"""Tables of a Document as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from parsers.model import Document, Element, Table

# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), and the full-width forms of it.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(
    r"[+-]?\s?\(?[$€£¥₹]?\s?\d[\d.,'\u2019\u00a0\u202f ]*\)?(?:[eE][+-]?\d+)?\s?[%‰]?[$€£¥₹]?\)?", re.ASCII
)
_DASHES: Final = re.compile(r"-+")


def tables_of(document: Document) -> Iterator[tuple[Element, Table]]:
    """The tables that a reader of the document sees, in their order."""
    for element in document.elements:
        if element.table is not None and not element.flags:
            yield element, element.table


def to_csv(document: Document) -> str:
    """Every table as CSV, one blank line between two. Empty for a document without tables."""
    return "\r\n".join(table_csv(table) for _, table in tables_of(document))


def table_csv(table: Table) -> str:
    """One table, its lines ended by CR LF. The text of a cell with spans stands in its first place.

    A cell that a spreadsheet would run as a formula has an apostrophe put before it; numbers are kept as they are.
    """
    grid = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        grid[cell.row][cell.column] = harmless(cell.text)
    lines = io.StringIO()
    csv.writer(lines).writerows(grid)
    return lines.getvalue()


def harmless(text: str) -> str:
    """
    >>> harmless("=1+1"), harmless("-12.5 %"), harmless("-")
    ("'=1+1", '-12.5 %', '-')
    """
    if not text.lstrip(" ").startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(text) or _DASHES.fullmatch(text):
        return text
    return f"'{text}"
