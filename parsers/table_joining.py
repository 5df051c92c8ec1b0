"""Tables that go on over a page break become one, each part on the page where it is printed.

A table goes on where it is the last thing on its page and the first on the next one, page furniture, footnotes and a
"continued" aside, with the same columns, and with the same heading rows or none. No row is left out, so that the text
can be read again on each page; heading rows that are repeated are marked as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from parsers.model import FURNITURE, ElementKind
from parsers.reading import CellReading, TableReading

if TYPE_CHECKING:
    from parsers.drafts import Draft

_BESIDE = FURNITURE | {ElementKind.FOOTNOTE}
_CONTINUED: Final = re.compile(r"\b(?:continued|cont[’']?d|cont\.|fortsetzung|suite)\b", re.IGNORECASE)
# Words of a line that says a table is continued; more of them are a paragraph.
_MOST_WORDS = 25
# Columns stand in the same place when their text overlaps after the pages were laid on each other (points of slack).
_SLACK = 6.0


def join_tables(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with tables that go on over pages joined into the first of their drafts. Order is kept."""
    joined: list[Draft] = []
    for draft in drafts:
        above = _open_table(joined, draft) if draft.tables else None
        if above is None:
            joined.append(draft)
        else:
            joined[above] = _join(joined[above], draft)
    return joined


def _open_table(before: Sequence[Draft], draft: Draft) -> int | None:
    """The index of the table that `draft` goes on with, or None."""
    page = draft.tables[0][0]
    for index in range(len(before) - 1, -1, -1):
        other = before[index]
        if other.tables:
            goes_on = other.tables[-1][0] == page - 1 and other.flags == draft.flags
            return index if goes_on and _same_table(other, draft.tables[0][1]) else None
        if other.kind not in _BESIDE and not (other.page == page and _says_continued(other)):
            return None
    return None


def _says_continued(draft: Draft) -> bool:
    text = " ".join(line.text for run in draft.runs for line in run)
    return len(text.split()) <= _MOST_WORDS and _CONTINUED.search(text) is not None


def _same_table(draft: Draft, part: TableReading) -> bool:
    first, last = draft.tables[0][1], draft.tables[-1][1]
    if part.bbox is None or last.bbox is None or part.columns != last.columns:
        return False
    heading = _heading(part)
    if heading and heading != _heading(first)[: len(heading)]:
        return False
    return _same_columns(last, part)


def _heading(table: TableReading) -> list[tuple[str, ...]]:
    """The texts of the heading rows at the top; a row is one when all of its cells beside the first column are."""
    rows = _rows(table)
    heading = []
    for row in rows:
        beside = [cell for cell in row if cell.column > 0 and cell.text]
        if not beside or not all(cell.header for cell in beside):
            break
        heading.append(tuple(cell.text for cell in row if cell.text))
    return heading


def _rows(table: TableReading) -> list[list[CellReading]]:
    rows: list[list[CellReading]] = [[] for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row].append(cell)
    return rows


def _same_columns(upper: TableReading, lower: TableReading) -> bool:
    """Whether the columns stand under each other, allowing for pages whose margins differ."""
    above, below = _extents(upper), _extents(lower)
    shared = sorted(above.keys() & below.keys())
    if len(shared) < 2 or upper.bbox is None or lower.bbox is None:
        return False
    shift = below[shared[-1]][1] - above[shared[-1]][1]
    moved = {column: (left + shift, right + shift) for column, (left, right) in above.items()}
    return all(
        min(moved[column][1], below[column][1]) - max(moved[column][0], below[column][0]) > -_SLACK for column in shared
    ) and all(_apart(moved, below, before, after) for before, after in pairwise(shared))


def _apart(
    above: dict[int, tuple[float, float]], below: dict[int, tuple[float, float]], before: int, after: int
) -> bool:
    """Whether neighbouring columns of one part do not reach into each other in the other part."""
    return above[before][0] < below[after][0] and below[before][0] < above[after][0]


def _extents(table: TableReading) -> dict[int, tuple[float, float]]:
    """Left and right of the text of each column; of cells in one column only."""
    extents: dict[int, tuple[float, float]] = {}
    for cell in table.cells:
        if cell.bbox is not None and cell.column_span == 1 and not cell.header:
            left, right = extents.get(cell.column, (cell.bbox[0], cell.bbox[2]))
            extents[cell.column] = (min(left, cell.bbox[0]), max(right, cell.bbox[2]))
    return extents


def _join(draft: Draft, more: Draft) -> Draft:
    heading = _heading(draft.tables[0][1])
    parts = tuple((page, _with_heading(table, heading)) for page, table in more.tables)
    page = parts[0][0]
    derivation = replace(
        draft.derivation,
        confidence=min(draft.derivation.confidence, more.derivation.confidence),
        reason=f"{draft.derivation.reason} It goes on at the top of page {page}, in the same columns.",
        price=round(draft.derivation.price + more.derivation.price, 4),
        attempts=draft.derivation.attempts + more.derivation.attempts,
    )
    return replace(draft, tables=draft.tables + parts, derivation=derivation)


def _with_heading(table: TableReading, heading: Sequence[tuple[str, ...]]) -> TableReading:
    """The part with rows that repeat the table's heading marked as heading."""
    repeated = 0
    for texts, row in zip(heading, _rows(table), strict=False):
        if tuple(cell.text for cell in row if cell.text) != texts:
            break
        repeated += 1
    cells = tuple(replace(cell, header=cell.header or cell.row < repeated) for cell in table.cells)
    return replace(table, cells=cells)
