"""How much a proposed grid looks like a table, and what merely looks like one: columns of text, contents, lists.

A wrong table is worse than none, so each rule here turns down what a person would read as running text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from parsers.extractors.table_cells import GridCell, in_reading_order
from parsers.extractors.table_values import is_value, is_year

_LONG_CELL_WORDS = 9
_THIN = 0.45
_ALIGNED = 2.5
_CONTENTS_ROWS = 3
# Names under each other, signed in the manner of filings, are a page of signatures.
_SIGNED, _SIGNATURES = "/s/", 2
_SECTION = re.compile(r"(?:item|part|note)?\s*(?:\d+|[IVX]+)(?:\.\d+)*[A-Z]?\.?|\(?[a-z]\)", re.IGNORECASE)


def mark_headers(cells: Sequence[GridCell]) -> list[GridCell]:
    """Mark the heading rows and the column of labels.

    Heading rows are the first rows without figures beside the labels (years count as headings), if figures follow,
    or the first row when all of it is bold and the rest is not. The first column is labels when it has no figures and
    most cells beside it are figures; a label with nothing beside it heads a part of the table and is not marked.
    """
    rows = max(cell.row for cell in cells) + 1
    by_row: list[list[GridCell]] = [[] for _ in range(rows)]
    for cell in cells:
        by_row[cell.row].append(cell)
    headings = _heading_rows(by_row)
    body = [cell for row in by_row[headings:] for cell in row if cell.words]
    beside = [cell for cell in body if cell.column > 0]
    labels = [cell for cell in body if cell.column == 0]
    figures = sum(1 for cell in beside if _is_figure(cell))
    labelled = bool(labels) and not any(_is_figure(cell) for cell in labels) and figures >= 0.5 * len(beside)
    labelling = {cell.row for cell in beside} & {cell.row for cell in labels}
    return [
        replace(cell, header=cell.row < headings or (labelled and cell.column == 0 and cell.row in labelling))
        for cell in cells
    ]


def confidence_of(cells: Sequence[GridCell], *, drawn: bool, framed: bool = False) -> float:
    """From 0 to 1: filled cells, figures, aligned columns; rules and grids count for it. 0 for what is no table."""
    rows = max(cell.row + cell.row_span for cell in cells)
    columns = max(cell.column + cell.column_span for cell in cells)
    filled = [cell for cell in cells if cell.words]
    if rows < 2 or columns < 2 or len(filled) < 4 or len({cell.column for cell in filled}) < 2:
        return 0.0
    body = [cell for cell in filled if not (cell.header and cell.column > 0)]
    beside = [cell for cell in body if cell.column > 0]
    if not beside or _is_contents(filled, columns) or _is_list(filled, columns) or _is_scale(filled):
        return 0.0
    if sum(1 for cell in filled if cell.words[0].text == _SIGNED) >= _SIGNATURES:
        return 0.0
    fill = len(filled) / len(cells)
    figures = sum(1 for cell in beside if _is_figure(cell)) / len(beside)
    longs = sum(1 for cell in beside if len(cell.words) > _LONG_CELL_WORDS) / len(beside)
    if drawn:
        return round(min(1.0, 0.25 + 0.65 * fill + 0.2 * figures), 3)
    if longs > 0.25 and not framed:
        return 0.0
    aligned = _aligned_share(beside)
    crowded = sum(1 for cell in beside if _is_crowded(cell)) / len(beside)
    score = (
        0.15
        + 0.2 * min(1.0, fill / 0.6)
        + 0.4 * figures
        + 0.2 * aligned
        + (0.2 if framed else 0.0)
        - 0.5 * longs
        - 2.0 * crowded
    )
    if not framed and fill < _THIN and figures < 0.8:
        score -= 0.3
    if columns == 2 and not framed and (len({cell.row for cell in beside}) < 3 or figures < 0.7):
        score -= 0.3
    return round(max(0.0, min(1.0, score)), 3)


def _heading_rows(by_row: Sequence[Sequence[GridCell]]) -> int:
    has_figures = [
        any(_is_figure(cell) and not is_year(_text(cell)) for cell in row if cell.column > 0) for row in by_row
    ]
    if any(has_figures):
        first = has_figures.index(True)
        # A row with nothing but a label is the heading of a part ("Assets"), not of columns.
        over = [number for number, row in enumerate(by_row[:first]) if any(c.words for c in row if c.column > 0)]
        return over[-1] + 1 if over and over[-1] < max(4, len(by_row) // 2) else 0
    bold = [all(word.style.bold for cell in row for word in cell.words) for row in by_row]
    return 1 if bold[0] and len(by_row) > 1 and not all(bold) else 0


def _text(cell: GridCell) -> str:
    return " ".join(word.text for word in in_reading_order(cell.words) if not word.raised)


def _is_figure(cell: GridCell) -> bool:
    return 0 < len(cell.words) <= 5 and is_value(_text(cell))


def _is_crowded(cell: GridCell) -> bool:
    """Whether a cell holds several figures: columns were missed."""
    return not _is_figure(cell) and sum(1 for word in cell.words if len(word.text) > 2 and is_value(word.text)) > 1


def _aligned_share(cells: Sequence[GridCell]) -> float:
    """Share of cells that stand flush right, left or centred with most of their column."""
    columns: dict[int, list[tuple[float, float]]] = {}
    for cell in cells:
        if cell.column_span == 1:
            standing = [word for word in cell.words if not _hangs(word.text)] or cell.words
            box = (min(word.bbox[0] for word in standing), max(word.bbox[2] for word in standing))
            columns.setdefault(cell.column, []).append(box)
    total = sum(len(boxes) for boxes in columns.values())
    aligned = sum(
        max(
            _most_together([left for left, _ in boxes]),
            _most_together([right for _, right in boxes]),
            _most_together([(left + right) / 2 for left, right in boxes]),
        )
        for boxes in columns.values()
    )
    return aligned / total if total else 0.0


def _hangs(text: str) -> bool:
    return text in (")", "%", ")%")


def _most_together(places: Sequence[float]) -> int:
    """The largest number of places within the tolerance of one another."""
    ordered = sorted(places)
    best, start = 0, 0
    for end, place in enumerate(ordered):
        while place - ordered[start] > 2 * _ALIGNED:
            start += 1
        best = max(best, end - start + 1)
    return best


def _is_contents(filled: Sequence[GridCell], columns: int) -> bool:
    """A table of contents: the last column is page numbers that never go down, nothing before it is figures."""
    last = sorted((cell for cell in filled if cell.column == columns - 1), key=lambda cell: cell.row)
    numbers = [int(text) for cell in last if (text := _text(cell)).isdigit()]
    if len(numbers) < _CONTENTS_ROWS or len(numbers) < 0.8 * len(last):
        return False
    others = [cell for cell in filled if 0 < cell.column < columns - 1]
    figures = sum(1 for cell in others if _is_figure(cell))
    rising = sum(1 for before, after in pairwise(numbers) if before <= after)
    return (
        figures <= 0.2 * len(others)
        and max(numbers) < 2000
        and rising >= 0.9 * (len(numbers) - 1)
        and (numbers[-1] > numbers[0] or _are_sections(filled))
    )


def _are_sections(filled: Sequence[GridCell]) -> bool:
    return all(_SECTION.fullmatch(_text(cell)) for cell in filled if cell.column == 0)


def _is_list(filled: Sequence[GridCell], columns: int) -> bool:
    """Items of a list: marks or numbers in the first of two columns, running text in the second."""
    if columns != 2:
        return False
    first = [_text(cell) for cell in filled if cell.column == 0]
    second = [cell for cell in filled if cell.column == 1]
    short = sum(1 for text in first if len(text) <= 4)
    return short >= 0.8 * len(first) and sum(len(cell.words) for cell in second) > 5 * len(second)


def _is_scale(filled: Sequence[GridCell]) -> bool:
    """The scales of a chart: every column counts up or down in equal steps."""
    columns: dict[int, list[float]] = {}
    for cell in filled:
        text = _text(cell).replace(",", "").replace("%", "").replace("−", "-").replace("$", "").strip()
        try:
            columns.setdefault(cell.column, []).append(float(text))
        except ValueError:
            columns.setdefault(cell.column, [])
    for numbers in columns.values():
        steps = [after - before for before, after in pairwise(numbers)]
        if len(steps) < 3 or not steps[0] or any(abs(step - steps[0]) > 1e-6 for step in steps):
            return False
    return True
