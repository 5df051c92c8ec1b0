"""Does this page look like it has a table? Cheap enough to ask of every page (well below a millisecond).

Either of two signals is enough: drawn lines that form a grid or a frame of rules, and numbers that stand under each
other in columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from parsers.content import PageContent, Ruling
from parsers.extractors.table_values import is_value

# Numbers ending within this many points of each other stand in one column.
_COLUMN_SNAP = 3.0
_COLUMN_NUMBERS = 3
_RULE_LENGTH = 24.0


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


def _same_extent(rulings: Iterable[Ruling]) -> bool:
    extents = Counter(
        (round(rule.x0 / 4), round(rule.x1 / 4)) for rule in rulings if rule.horizontal and rule.length >= 100.0
    )
    return max(extents.values(), default=0) >= 3
