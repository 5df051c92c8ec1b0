"""Which rows at the top of a grid name its columns: told by what stands in them and what stands below.

Spreadsheets and CSV files do not say it (but for the defined tables of Excel). A row of names differs from the rows
below: it is text above numbers, it is set in bold, or it names every column with a text of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(
    r"[(+\-−–]?\s?(?:[A-Z]{3}|[$€£¥])?\s?[(+\-−]?\d[\d.,'’\s]*(?:[eE][+-]?\d+)?\s?(?:%|[A-Z]{3}|[$€£¥])?\)?"
)
_DATE = re.compile(
    r"""\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?  # ISO 8601
    | \d{1,2}[./-]\d{1,2}[./-]\d{2,4}
    | \d{1,2}:\d\d(?::\d\d)?""",
    re.VERBOSE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NOTHING = frozenset({"", "-", "–", "—", "n/a", "n.a.", "na", "null", "none", "nan"})

_SAMPLE_ROWS = 50
_MOST_HEADER_ROWS = 4
_LONG_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCell:
    """What tells names and values apart. `spans` is set where the cell reaches over several columns."""

    text: str
    bold: bool = False
    spans: bool = False


def is_value(text: str) -> bool:
    """A number, an amount, a share, a date or a time.

    >>> [is_value(text) for text in ("1,577", "(3.2%)", "2024-01-31", "Q3", "EUR 12.50")]
    [True, True, True, False, True]
    """
    return len(text) < 40 and (_NUMBER.fullmatch(text) is not None or _DATE.fullmatch(text) is not None)


def count_header_rows(rows: Sequence[Sequence[HeaderCell]]) -> int:
    """How many of the first rows are names of the columns; all rows have the same number of cells."""
    sample = rows[:_SAMPLE_ROWS]
    if len(sample) < 2 or not sample[0]:
        return 0
    names = _rows_of_names(sample)
    if names == 0 or names == len(sample):
        return 1 if _looks_like_names(sample, 0) else 0
    if names > 1 and names <= _MOST_HEADER_ROWS and all(_leaves_open(row) for row in sample[: names - 1]):
        return names
    return 1 if _looks_like_names(sample, 0) else 0


def _rows_of_names(rows: Sequence[Sequence[HeaderCell]]) -> int:
    """Rows above the first that holds values; years are names there."""
    for index, row in enumerate(rows):
        if any(is_value(cell.text) and not _YEAR.fullmatch(cell.text) for cell in row):
            return index
    return len(rows)


def _leaves_open(row: Sequence[HeaderCell]) -> bool:
    """A row that the next one completes: it spans columns, or it names only some of them."""
    filled = [cell for cell in row if cell.text]
    return any(cell.spans for cell in row) or len(filled) <= len(row) / 2 or all(cell.bold for cell in filled)


def _looks_like_names(rows: Sequence[Sequence[HeaderCell]], at: int) -> bool:
    head, body = rows[at], rows[at + 1 :]
    filled = [cell for cell in head if cell.text]
    if not filled or any(len(cell.text) > _LONG_NAME for cell in filled):
        return False
    for_names = against = 0
    for column, cell in enumerate(head):
        below = [row[column].text for row in body if row[column].text.lower() not in _NOTHING]
        if not below or not cell.text:
            continue
        values = sum(map(is_value, below)) / len(below)
        year = _YEAR.fullmatch(cell.text) is not None and not all(map(_YEAR.fullmatch, below))
        named = year or not is_value(cell.text)
        if named and values >= 0.7:
            for_names += 1
        elif not named:
            against += -1 if values <= 0.2 else 1
    if for_names or against:
        return for_names > against
    if all(cell.bold for cell in filled) and not all(cell.bold for cell in body[0] if cell.text):
        return True
    distinct = len({cell.text for cell in filled}) == len(filled)
    return distinct and len(filled) >= max(2, 0.8 * len(head)) and len(rows) >= 3
