"""Does this page look like it has a table? Cheap enough to ask of every page (well below a millisecond).

Any of three signals is enough: drawn lines that form a grid or a frame of rules, numbers that stand under each other
in columns, and short texts that do, three or more side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from parsers.content import PageContent, PrintedLine, Ruling
from parsers.extractors.table_values import is_value

# Numbers ending within this many points of each other stand in one column.
_COLUMN_SNAP = 3.0
_COLUMN_NUMBERS = 3
_RULE_LENGTH = 24.0
# A single column of so many numbers, each with a text to its left, may be a list of labels and amounts.
_LABELLED_NUMBERS = 5
# So many rows of at least three texts, two of them of no more words than this and flush with those of other rows:
# addresses side by side have fewer.
_TEXT_ROWS = 5
_SHORT_TEXT = 5


def table_likely(page: PageContent) -> tuple[bool, str]:
    """Return whether the table finder should look at the page, and the reason for a person."""
    across, down = _rule_counts(page.rulings)
    if across >= 2 and down >= 2:
        return True, f"{across} horizontal and {down} vertical lines"
    columns, numbers = _number_columns(page)
    if columns >= 2:
        return True, f"{numbers} numbers aligned in {columns} columns"
    if columns == 1 and across >= 2:
        return True, f"{numbers} numbers aligned in a column, {across} horizontal lines"
    if across >= 3 and _same_extent(page.rulings):
        return True, f"{across} horizontal lines of the same width"
    rows = _rows(page)
    labelled = sum(1 for row in rows if len(row) == 2 and is_value(row[1].words[-1].text) and len(row[1].words) <= 2)
    if columns == 1 and labelled >= _LABELLED_NUMBERS:
        return True, f"{labelled} numbers aligned in a column, with labels"
    texts = _aligned_texts(rows)
    if texts >= _TEXT_ROWS:
        return True, f"{texts} rows of short texts in columns"
    return False, f"{across} horizontal and {down} vertical lines, {numbers} aligned numbers"


def _rule_counts(rulings: Iterable[Ruling]) -> tuple[int, int]:
    across = {round(rule.y0) for rule in rulings if rule.horizontal and rule.length >= _RULE_LENGTH}
    down = {round(rule.x0) for rule in rulings if not rule.horizontal and rule.length >= 8.0}
    return len(across), len(down)


def _number_columns(page: PageContent) -> tuple[int, int]:
    """How many columns of numbers there are, and numbers in them. Only short runs of words count: no running text."""
    edges: Counter[int] = Counter()
    for line in page.lines:
        if line.horizontal and len(line.words) <= 4 and is_value(line.words[-1].text):
            edges[round(line.bbox[2] / _COLUMN_SNAP)] += 1
    columns = numbers = 0
    for edge, count in sorted(edges.items()):
        together = count + edges.get(edge + 1, 0)
        if together >= _COLUMN_NUMBERS and edges.get(edge - 1, 0) < count:
            columns += 1
            numbers += count
    return columns, numbers


def _rows(page: PageContent) -> list[list[PrintedLine]]:
    """Lines that stand side by side, from the left; those with nothing beside them are left out."""
    rows: dict[int, list[PrintedLine]] = {}
    for line in page.lines:
        if line.horizontal and line.words:
            rows.setdefault(round(line.baseline), []).append(line)
    return [sorted(row, key=lambda line: line.bbox[0]) for row in rows.values() if len(row) >= 2]


def _aligned_texts(rows: Iterable[list[PrintedLine]]) -> int:
    """How many rows have at least three texts side by side, two short ones of them flush left or right with others."""
    wide = [row for row in rows if len(row) >= 3]
    lefts = Counter(round(line.bbox[0] / _COLUMN_SNAP) for row in wide for line in row[1:])
    rights = Counter(round(line.bbox[2] / _COLUMN_SNAP) for row in wide for line in row[1:])
    count = 0
    for row in wide:
        flush = sum(
            1
            for line in row[1:]
            if max(lefts[round(line.bbox[0] / _COLUMN_SNAP)], rights[round(line.bbox[2] / _COLUMN_SNAP)])
            >= _COLUMN_NUMBERS
        )
        short = sum(1 for line in row if len(line.words) <= _SHORT_TEXT)
        count += flush >= 2 and short >= 2
    return count


def _same_extent(rulings: Iterable[Ruling]) -> bool:
    extents = Counter(
        (round(rule.x0 / 4), round(rule.x1 / 4)) for rule in rulings if rule.horizontal and rule.length >= 100.0
    )
    return max(extents.values(), default=0) >= 3
