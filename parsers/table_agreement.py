"""How far two readings of the same table agree: the quality score where nobody knows the truth.

Each non-blank cell is related to its next non-blank neighbour to the right and below; agreement is the F1 of the two
readings' relations, with text compared without white space. Source of the measure: Göbel, Hassan, Oro, Orsi,
"A Methodology for Evaluating Algorithms for Table Understanding in PDF Documents", DocEng 2012.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from parsers.extractors.base import ExtractedTable
from parsers.extractors.table_values import is_currency, is_number_tail, is_value
from parsers.reading import CellReading

Relations = Counter[tuple[str, str, bool]]


def relations(tables: Sequence[ExtractedTable]) -> Relations:
    """The relations of the cells of all `tables` together: text, the neighbour's text, whether that is to the right."""
    found: Relations = Counter()
    for table in tables:
        found.update(_relations(table.cells))
    return found


def agreement(first: Relations, second: Relations) -> float:
    """F1 of two sets of relations, from 0 to 1; 1 when both are empty."""
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0


def torn_share(tables: Sequence[ExtractedTable]) -> float:
    """Share of the filled cells that hold part of a figure: a currency sign, a percent sign or a bracket without it."""
    texts = [cell.text for table in tables for cell in table.cells if cell.text]
    return sum(1 for text in texts if _is_torn(text)) / len(texts) if texts else 0.0


def _is_torn(text: str) -> bool:
    words = text.split()
    if is_currency(words[-1]) or is_number_tail(words[0]):
        return True
    return len(words) > 1 and is_value(words[0]) and is_value(words[-1]) and not is_value(text)


def _relations(cells: Sequence[CellReading]) -> list[tuple[str, str, bool]]:
    filled = [(cell, "".join(cell.text.split())) for cell in cells]
    grid: dict[tuple[int, int], int] = {}
    for number, (cell, text) in enumerate(filled):
        if text:
            for row in range(cell.row, cell.row + cell.row_span):
                for column in range(cell.column, cell.column + cell.column_span):
                    grid.setdefault((row, column), number)
    by_row: dict[int, list[int]] = {}
    by_column: dict[int, list[int]] = {}
    for row, column in sorted(grid):
        by_row.setdefault(row, []).append(grid[row, column])
    for column, row in sorted((column, row) for row, column in grid):
        by_column.setdefault(column, []).append(grid[row, column])
    pairs: set[tuple[int, int, bool]] = set()
    for lines, across in ((by_row, True), (by_column, False)):
        for line in lines.values():
            pairs.update((a, b, across) for a, b in pairwise(line) if a != b)
    return [(filled[a][1], filled[b][1], across) for a, b, across in pairs]
