"""Tables on slides, each cell with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Final

from parsers.backends.docx_names import A, Element, number
from parsers.backends.docx_package import Relation
from parsers.backends.pptx_text import paragraph_text
from parsers.backends.sheet_headers import HeaderCell, count_header_rows
from parsers.model import Box, Derivation, Flag
from parsers.reading import CellReading, LinkReading, TableReading

_MOST_PLACES: Final = 100_000
_ON: Final = ("1", "true")


def read_table(
    table: Element, bbox: Box | None, relations: Mapping[str, Relation], derivation: Derivation, flags: tuple[Flag, ...]
) -> TableReading | None:
    """The table of an `a:tbl`, None where it holds no text (or is absurdly large)."""
    rows = table.findall(f"{A}tr")
    widths = [number(item.get("w")) for item in table.iterfind(f"{A}tblGrid/{A}gridCol")]
    columns = max([len(widths), *(len(row.findall(f"{A}tc")) for row in rows)], default=0)
    if not rows or not columns or len(rows) * columns > _MOST_PLACES:
        return None
    across = _edges(widths if len(widths) == columns else [1] * columns, bbox, 0)
    down = _edges([number(row.get("h")) for row in rows], bbox, 1)
    cells: list[CellReading] = []
    for at, row in enumerate(rows):
        for column, stored in enumerate(row.iterfind(f"{A}tc")):
            if stored.get("hMerge") in _ON or stored.get("vMerge") in _ON:
                continue
            row_span = min(max(1, number(stored.get("rowSpan"), 1)), len(rows) - at)
            column_span = min(max(1, number(stored.get("gridSpan"), 1)), columns - column)
            text, links = _cell_text(stored, relations)
            box = None
            if across and down:
                box = (across[column], down[at], across[column + column_span], down[at + row_span])
            cells.append(
                CellReading(
                    row=at, column=column, row_span=row_span, column_span=column_span, text=text, bbox=box, links=links
                )
            )
    if not any(cell.text for cell in cells):
        return None
    names = max(_stored_header(table), count_header_rows(_header_cells(cells, len(rows), columns)))
    named = tuple(replace(cell, header=True) if cell.row < names else cell for cell in cells)
    return TableReading(bbox=bbox, rows=len(rows), columns=columns, cells=named, derivation=derivation, flags=flags)


def _edges(sizes: list[int], bbox: Box | None, axis: int) -> list[float]:
    """Where rows (or columns) begin and end on the slide, with sizes in proportion; [] where that is not known."""
    total = sum(sizes)
    if bbox is None or total <= 0 or min(sizes) < 0:
        return []
    start, length = bbox[axis], bbox[axis + 2] - bbox[axis]
    return [round(start + length * size / total, 2) for size in accumulate(sizes, initial=0)]


def _stored_header(table: Element) -> int:
    properties = table.find(f"{A}tblPr")
    return 1 if properties is not None and properties.get("firstRow") in _ON else 0


def _cell_text(cell: Element, relations: Mapping[str, Relation]) -> tuple[str, tuple[LinkReading, ...]]:
    """The paragraphs of a cell on one line; links keep their anchors."""
    joined = ""
    links: list[LinkReading] = []
    for paragraph in cell.iterfind(f"{A}txBody/{A}p"):
        text, found, _ = paragraph_text(paragraph, relations)
        if text:
            joined += " " if joined else ""
            links += [replace(link, start=link.start + len(joined), end=link.end + len(joined)) for link in found]
            joined += text.replace("\n", " ")
    return joined, tuple(links)


def _header_cells(cells: list[CellReading], rows: int, columns: int) -> list[list[HeaderCell]]:
    grid = [[HeaderCell(text="")] * columns for _ in range(rows)]
    for cell in cells:
        shown = HeaderCell(text=cell.text, spans=cell.column_span > 1)
        grid[cell.row][cell.column : cell.column + cell.column_span] = [shown] * cell.column_span
    return grid
